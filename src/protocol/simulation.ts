import type { Owner } from '../core/map/owner.js';
import type { ChangeRow } from '../core/repair/changeRows.js';
import type { ChangeKind } from '../core/repair/changes.js';
import type { RepairedFirst } from '../core/repair/repairedFirst.js';
import type { FateCount } from '../core/simulate/verdict/sweep.js';
import type { Disagreement } from '../core/simulate/verdict/disagreement.js';
import type { ClusterMark } from '../core/simulate/verdict/marks.js';
import type { CacheCounts, CacheName, LaterMessage, Step } from '../core/simulate/copy/outcome.js';
import type { Verdict } from '../core/simulate/verdict/verdict.js';
import type { Cell } from '../core/simulate/verdict/verdictTable.js';
import type { OverlapAnswer } from './overlap.js';
import type { EngineName } from './shapes.js';
import type { Bytes, HostCluster } from '../core/units.js';

export type SimulateAnswer =
  /** A setting or an operation makes no sense, or the image is not opened; in QEMU's words. */
  | { readonly state: 'refused'; readonly message: string }
  | {
      /** `computing`: to be asked again: it goes on with each question. */
      readonly state: 'computing' | 'done';
      /** Undefined while the image is being opened. */
      readonly opening: OpeningAnswer | undefined;
      readonly outcomes: readonly OperationOutcome[];
    };

/** What opening the image for writing has done. */
export interface OpeningAnswer {
  /** What QEMU prints, the first lines. */
  readonly messages: readonly string[];
  readonly messageCount: number;
  /** What a dirty image was repaired of first. */
  readonly repair: OpeningChanges | undefined;
}

interface OpeningChanges extends RepairedFirst {
  /** In QEMU's order; the first ones. */
  readonly changes: readonly ChangeRow[];
  /** All changes, those that are not told too; of freed clusters: clusters. */
  readonly totals: readonly (readonly [ChangeKind, number])[];
}

/** What came of one operation. */
export interface OperationOutcome {
  readonly verdict: Verdict;
  /** What QEMU prints. */
  readonly messages: readonly string[];
  readonly laterMessages: readonly LaterMessage[];
  /** Why another run of QEMU might do it in another way. */
  readonly doubts: readonly string[];
  readonly caches: Readonly<Record<CacheName, CacheCounts>>;
  readonly tally: Tally;
}

/** How much was done. */
export interface Tally {
  readonly steps: number;
  /** Steps that were too many to be kept. */
  readonly leftOut: number;
  readonly writes: number;
  /** Host clusters. */
  readonly allocated: number;
  readonly freed: number;
}

export type SweepAnswer =
  | { readonly state: 'refused'; readonly message: string }
  /** Part done, 0 … 1. To be asked again: it goes on with each question. */
  | { readonly state: 'computing'; readonly done: number }
  | {
      readonly state: 'known';
      readonly counts: readonly FateCount[];
      /** Writes that were simulated; all others are like one of them. */
      readonly judged: number;
    };

/** The structures after some operations. While they are computed, to be asked again. */
export type SimulatedOverlap = { readonly state: 'computing' } | OverlapAnswer;

/** What every check says of the last operation of a list. */
export type VerdictAnswer =
  | { readonly state: 'refused'; readonly message: string }
  | {
      /** While it is computing, cells are missing; to be asked again: it goes on with each question. */
      readonly state: 'computing' | 'known';
      readonly rows: readonly VerdictRow[];
      /** Who owns what is lost in some cell: by host cluster. Undefined while it is computing. */
      readonly owners: readonly ClusterOwners[] | undefined;
    };

export interface VerdictRow {
  /** What `overlap-check` says; undefined for a set of types that no template has. */
  readonly template: string | undefined;
  readonly yours: boolean;
  readonly cells: Readonly<Record<EngineName, VerdictCell | undefined>>;
  /** Why the engines do not agree, when they do not. */
  readonly disagreement: Disagreement | undefined;
}

export type VerdictCell = Cell;

export interface ClusterOwners {
  readonly cluster: HostCluster;
  readonly owners: readonly Owner[];
}

export interface StepsPage {
  readonly total: number;
  readonly steps: readonly Step[];
}

/** Clusters of the file that an operation touched, for the map. */
export interface MarksAnswer {
  readonly marks: readonly ClusterMark[];
  /** Steps that are not on the map for their number. */
  readonly leftOut: number;
}

/** What is different in the file after the operations; of long lists only the first lines. */
export type DifferenceAnswer =
  /** To be asked again: it goes on with each question. */
  { readonly state: 'computing' } | ({ readonly state: 'known' } & DiskDifference);

export interface DiskDifference {
  readonly fileLength: Bytes;
  readonly parts: readonly DifferencePart[];
  /** What cannot be compared, since nobody knows what lies there now. */
  readonly unknown: readonly string[];
}

export interface DifferencePart {
  readonly what: 'header' | 'l1' | 'l2' | 'refcountTable' | 'refcounts';
  readonly total: number;
  readonly lines: readonly { readonly name: string; readonly old: string; readonly new: string }[];
}
