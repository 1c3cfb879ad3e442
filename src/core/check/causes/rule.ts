import type { Finding } from '../finding.js';
import type { CauseId, CauseSeverity, ClaimPicture, GuestRange, Step } from './cause.js';
import type { ClusterRuns } from './clusterRuns.js';
import type { EntryFault } from './entryFault.js';
import type { Evidence } from './evidence.js';
import type { CellGroup } from './troubledCells.js';

/** What is known of a suspect's danger when it is put into words. */
export interface CauseExtent {
  readonly bytes: number;
  readonly guest: readonly GuestRange[];
  readonly ranges: number;
  readonly snapshots: readonly string[];
  readonly wholeDisk: boolean;
  readonly findings: number;
  /** The findings put down to it that are kept; the first few. */
  readonly examples: readonly Finding[];
}

/** A cause in words. */
export interface CauseText {
  readonly severity: CauseSeverity;
  readonly title: string;
  readonly explanation: string;
  /** What is in danger, if it is more or less than the ranges say. */
  readonly danger?: string;
  /** Bytes of the guest that nothing leads to any more, so that no range can be told. */
  readonly unseenBytes?: number;
  readonly doNext: readonly Step[];
  readonly doNot: readonly Step[];
  readonly picture?: ClaimPicture | undefined;
  readonly clusterToShow?: number | undefined;
}

/** What a rule thinks that happened. The first suspect that claims something has it. */
export interface Suspect {
  readonly id: CauseId;
  /** Clusters whose refcounts it explains; the check tells of so many of them. */
  readonly groups?: readonly CellGroup[];
  /** Clusters that it endangers, with all that hangs on them. */
  readonly endangers?: readonly ClusterRuns[];
  /** Broken entries that it explains. */
  readonly faults?: readonly EntryFault[];
  /** L2 tables, by host offset, of which it leaves nothing. */
  readonly garbage?: Iterable<number>;
  /** All compressed data is lost to it. */
  readonly compressed?: boolean;
  /** The active disk as a whole is lost to it. */
  readonly disk?: boolean;
  /** Other findings that it explains. */
  readonly takes?: (finding: Finding) => boolean;
  /** It is told though nothing is put down to it. */
  readonly always?: boolean;
  /** Names of snapshots that it endangers as a whole. */
  readonly snapshots?: readonly string[];
  tell(seen: CauseExtent): CauseText;
}

/** One kind of root cause: what it recognises, and its words. */
export interface CauseRule {
  suspects(evidence: Evidence): readonly Suspect[];
}
