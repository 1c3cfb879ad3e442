import type { KindName } from '../../map/kinds.js';
import type { HostCluster } from '../../units.js';

/** What can be the root of findings, or of a question; the order is that of equally bad ones. */
export const CAUSE_IDS = [
  'overwritten-l1',
  'two-owners',
  'two-writers',
  'refcounts-zero',
  'overwritten-l2',
  'cut-off',
  'stray-pointer',
  'broken-entries',
  'flag-bits',
  'lost-l2',
  'snapshot-table',
  'bitmap-directory',
  'wrong-compression',
  'own-backing-file',
  'unreadable',
  'repair-deletes-snapshots',
  'marked-corrupt',
  'dirty-lazy',
  'refcounts-wrong',
  'copied-flags',
  'leaks',
  'bitmap-in-use',
  'larger-than-disk',
  'refcount-table-large',
  'only-compressed',
  'other',
] as const;

export type CauseId = (typeof CAUSE_IDS)[number];

/** Worst first: what is there goes on being lost; is lost; costs space; is worth knowing. */
export const CAUSE_SEVERITIES = ['danger', 'damage', 'waste', 'note'] as const;

export type CauseSeverity = (typeof CAUSE_SEVERITIES)[number];

/** A range of a guest's disk, in bytes. */
export interface GuestRange {
  readonly start: number;
  readonly length: number;
  /** The snapshot's name; undefined: the active disk. Hostile text. */
  readonly snapshot: string | undefined;
  /** The place of the snapshot in its table: several may have one name. */
  readonly entry?: number | undefined;
}

/** A range of the file, in bytes. */
export interface HostRange {
  readonly offset: number;
  readonly length: number;
}

/** One of two that claim a cluster. */
export interface ClaimEnd {
  readonly kind: KindName;
  /** "guest 0x50000", "active L1", "L1 of snapshot 'a'". Hostile text. */
  readonly text: string;
  readonly guest: GuestRange | undefined;
}

/** Who claims what: left → cluster ← right. */
export interface ClaimPicture {
  readonly cluster: HostCluster;
  readonly left: ClaimEnd;
  readonly right: ClaimEnd;
}

/** What a cause loses, or lets be overwritten; no byte of it is in another cause's. */
export interface Danger {
  /** Of the guest's disk and of snapshots; a range that several share counts once in each. */
  readonly bytes: number;
  /** The same in words, a sentence without a full stop. Hostile text. */
  readonly text: string;
  /** Merged, ascending; the first 1000. */
  readonly guest: readonly GuestRange[];
  /** How many ranges there are. */
  readonly ranges: number;
  /** Names of the snapshots concerned. Hostile text. */
  readonly snapshots: readonly string[];
  /** The active disk as a whole hangs on it. */
  readonly wholeDisk: boolean;
}

/** Something to do, or not to. */
export interface Step {
  readonly text: string;
  /**
   * What to type, with places for words: `{image}`, `{copy}`, `{new}` and `{0}`, `{1}` … for `names`.
   * Only stepCommand (./stepCommand.ts) makes a command of it, quoted for a shell.
   */
  readonly command: string | undefined;
  /** Words that come from the image. */
  readonly names?: readonly string[];
}

/** One root cause with all that came of it. Every value survives a structured clone. */
export interface Cause {
  readonly id: CauseId;
  readonly severity: CauseSeverity;
  /** A line without a full stop. Hostile text, as all below. */
  readonly title: string;
  /** Whole sentences. */
  readonly explanation: string;
  readonly picture: ClaimPicture | undefined;
  readonly danger: Danger;
  readonly doNext: readonly Step[];
  readonly doNot: readonly Step[];
  /** Where in the file; the first 1000. */
  readonly host: readonly HostRange[];
  /** Findings that it explains. */
  readonly findings: number;
  /** QEMU's own lines about it, whole: the first 20. */
  readonly qemuLines: readonly string[];
  readonly qemuLineCount: number;
  readonly clusterToShow: HostCluster | undefined;
}

export interface Diagnosis {
  readonly verdict: 'healthy' | 'notes' | 'waste' | 'damaged' | 'unreadable';
  /** "Damaged: 5 causes. One puts the whole disk at risk." */
  readonly headline: string;
  /** Worst first. */
  readonly causes: readonly Cause[];
  /** Before anything else; undefined when there is nothing to do. */
  readonly firstStep: Step | undefined;
}
