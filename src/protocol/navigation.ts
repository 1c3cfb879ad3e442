import type { FileRun } from '../core/inspect/fileRuns.js';
import type { RangeTotals } from '../core/picture/rangeTotals.js';
import type { Stretch } from '../core/picture/stretch.js';
import type { HostCluster } from '../core/units.js';

export interface Hit {
  /** Where the run starts, and its clusters. */
  readonly cluster: HostCluster;
  readonly clusters: number;
  /** Its number among all, from 0. */
  readonly position: number;
  readonly total: number;
  /** The search went on at the other end of the file. */
  readonly wrapped: boolean;
}

export interface CellCounts {
  /** See TileQuery. */
  readonly generation: number;
  /**
   * Row after row: a value and for how many cells it holds, in turn. The value is the stored
   * refcount, and 256 times the references counted; each is 255 for "255 or more".
   */
  readonly runs: readonly number[];
}

/** The subclusters of a block of the guest's disk. */
export interface MixedCells {
  /**
   * Four numbers for each cell whose subclusters differ: its own, row after row from 0; 1 if its
   * cluster has a place in the file and 0 if not; then as in an extended L2 entry the bits of the
   * subclusters that read as zeros, and of those that have data.
   */
  readonly cells: readonly number[];
}

/** A page of the runs that `qcow2-lens layout` prints. */
export interface RangesPage {
  readonly total: number;
  readonly runs: readonly FileRun[];
  /** Number of the run in which the cluster asked for lies, or of the last one before it. */
  readonly position: number | undefined;
}

/** What is in a range of clusters. */
export type RangeAnswer =
  /** Part of the whole done, 0 … 1. */
  | { readonly state: 'computing'; readonly done: number }
  | { readonly state: 'known'; readonly totals: RangeTotals }
  | { readonly state: 'failed'; readonly message: string };

/** An active L2 table, and the guest clusters that it maps. */
export interface TableRange {
  readonly table: HostCluster;
  readonly guest: Stretch;
}
