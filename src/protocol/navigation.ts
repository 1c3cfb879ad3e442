import type { FileRun, RunFilter } from '../core/inspect/fileRuns.js';
import type { Place } from '../core/inspect/locate.js';
import type { SearchTarget } from '../core/inspect/search.js';
import type { CurveName } from '../core/picture/curve.js';

/** The next run of what is looked for, on this side of a cluster. */
export interface NextQuery {
  readonly target: SearchTarget;
  /** Undefined: from the end of the file that the direction starts at. */
  readonly from: number | undefined;
  readonly direction: 1 | -1;
}

export interface Hit {
  /** Where the run starts, and its clusters. */
  readonly cluster: number;
  readonly clusters: number;
  /** Its number among all, from 0. */
  readonly position: number;
  readonly total: number;
  /** The search went on at the other end of the file. */
  readonly wrapped: boolean;
}

/** A block of 64 × 64 cells of the picture. */
export interface CellsQuery {
  readonly curve: CurveName;
  /** Column and row of the block. */
  readonly x: number;
  readonly y: number;
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

/** Where a place is. */
export interface LocateQuery {
  readonly place: Place | SelectedTableEntry;
}

/** An entry of the L2 table that is selected, or that refers to the cluster that is. */
export interface SelectedTableEntry {
  readonly type: 'selected-l2';
  readonly l2Index: number;
  readonly selected: number;
}

export interface RangesQuery {
  /** Undefined: all. */
  readonly filter: RunFilter | undefined;
  readonly from: number;
  readonly count: number;
  /** A cluster whose run is wanted too. */
  readonly at: number | undefined;
}

/** A page of the runs that `qcow2-lens layout` prints. */
export interface RangesPage {
  readonly total: number;
  readonly runs: readonly FileRun[];
  /** Number of the run in which the cluster asked for lies, or of the last one before it. */
  readonly position: number | undefined;
}
