import type { GuestClusterDetail } from '../core/guest/clusterDetail.js';
import type {
  ClusterDetail,
  FindingsPage,
  FindingsQuery,
  ScanSummary,
} from '../core/inspect/inspection.js';
import type { Located } from '../core/inspect/locate.js';
import type { Mapped } from '../core/inspect/referredTo.js';
import type { CurveName } from '../core/picture/curve.js';
import type { Picture } from '../core/picture/layer.js';
import type { ImageFacts } from '../core/qcow2/facts.js';
import type { StructurePage, StructureQuery } from '../core/tree/node.js';
import type {
  CellCounts,
  CellsQuery,
  Hit,
  MixedCells,
  LocateQuery,
  NextQuery,
  RangesPage,
  RangesQuery,
} from './navigation.js';
import type { DiagnosisAnswer, DiagnosisQuery } from './diagnosis.js';
import type {
  OpenedWindow,
  OverlapAdvice,
  OverlapAnswer,
  OverlapEventsPage,
  OverlapEventsQuery,
  OverlapQuery,
  OverlapTimeline,
  OverlapWindowQuery,
  OverlapWindowsPage,
  OverlapWindowsQuery,
} from './overlap.js';
import type {
  DifferenceAnswer,
  MarksAnswer,
  MarksQuery,
  SimulateAnswer,
  SimulatedOverlap,
  SimulateQuery,
  StepsPage,
  StepsQuery,
  SweepAnswer,
  SweepQuery,
  VerdictAnswer,
} from './simulation.js';

export type {
  CheckCounts,
  ClusterDetail,
  FindingsPage,
  FindingsQuery,
  ScanSummary,
} from '../core/inspect/inspection.js';
export type { Mapped } from '../core/inspect/referredTo.js';
export type { GuestClusterDetail } from '../core/guest/clusterDetail.js';
export type { Geometry, ImageFacts } from '../core/qcow2/facts.js';
export type { Problem } from '../core/qcow2/problem.js';
export type { StructureNode, StructurePage, StructureQuery } from '../core/tree/node.js';

/** What can be asked of one open image, and what is answered. Every value survives a structured clone. */
interface Exchanges {
  /** One tile of a picture. */
  tile: { query: TileQuery; answer: Tile };
  /** The whole file in a column of pixels. */
  strip: { query: StripQuery; answer: Strip };
  /** How far a picture is; asking sets it going. To be asked again while it is computing. */
  layer: { query: Picture; answer: LayerAnswer };
  /** Everything known about one host cluster, with every owner. */
  cluster: { query: ClusterQuery; answer: ClusterDetail };
  /** Everything known about one cluster of the guest's disk. */
  guestCluster: { query: GuestClusterQuery; answer: GuestClusterDetail };
  /** A page of findings, for a virtual list. */
  findings: { query: FindingsQuery; answer: FindingsPage };
  /** What is wrong, in words; asking sets it going. To be asked again while it is computing. */
  diagnosis: { query: DiagnosisQuery; answer: DiagnosisAnswer };
  /** A page of what lies below a node of the structures tree. */
  structure: { query: StructureQuery; answer: StructurePage };
  /** The next run of clusters of a kind, or in trouble; undefined when there is none. */
  next: { query: NextQuery; answer: Hit | undefined };
  /** Stored and counted refcounts of a block of the picture. */
  cells: { query: CellsQuery; answer: CellCounts };
  /** The subclusters of a block of the guest's disk, where they differ within a cluster. */
  subclusters: { query: CellsQuery; answer: MixedCells };
  /** The clusters that the tables in a cluster refer to. */
  mapped: { query: ClusterQuery; answer: Mapped };
  /** A page of the runs that the file consists of. */
  ranges: { query: RangesQuery; answer: RangesPage };
  /** Where a guest offset or an entry of a table leads to. */
  locate: { query: LocateQuery; answer: Located };
  /** The overlap structures as opening leaves them, or on the way there. */
  overlap: { query: OverlapQuery; answer: OverlapAnswer };
  /** How they came to be. */
  overlapTimeline: { query: OverlapQuery; answer: OverlapTimeline };
  /** A page of their windows, sorted. */
  overlapWindows: { query: OverlapWindowsQuery; answer: OverlapWindowsPage };
  /** One window, opened; undefined for one that was never touched. */
  overlapWindow: { query: OverlapWindowQuery; answer: OpenedWindow | undefined };
  /** A page of memory-limit events. */
  overlapEvents: { query: OverlapEventsQuery; answer: OverlapEventsPage };
  /** Which settings would be better. To be asked again while it is computing. */
  overlapAdvice: { query: OverlapQuery; answer: OverlapAdvice };
  /** What comes of a list of operations, which becomes that of all panels. */
  simulate: { query: SimulateQuery; answer: SimulateAnswer };
  /** What every check says of its last operation. To be asked again while it is computing. */
  simulateVerdict: { query: SimulateQuery; answer: VerdictAnswer };
  /** A page of what QEMU does in one of them. */
  simulateSteps: { query: StepsQuery; answer: StepsPage };
  /** Where on the map that is. */
  simulateMarks: { query: MarksQuery; answer: MarksAnswer };
  /** What is different in the file after the operations. */
  simulateDifference: { query: SimulateQuery; answer: DifferenceAnswer };
  /** The conflict map; it becomes a picture. To be asked again while it is computing. */
  simulateSweep: { query: SweepQuery; answer: SweepAnswer };
  /** The overlap structures after the operations. */
  simulateOverlap: { query: SimulateQuery; answer: SimulatedOverlap };
}

export type Method = keyof Exchanges;
export type Query<M extends Method> = Exchanges[M]['query'];
export type Answer<M extends Method> = Exchanges[M]['answer'];

/**
 * What one open image answers. The scan worker implements it; the extension host forwards it to
 * the webview after validating each question.
 */
export type ImageService = { readonly [M in Method]: (query: Query<M>) => Answer<M> };

export type Curve = CurveName;

/** A tile is 256 × 256 cells in picture order; at level n a cell stands for 4^n clusters. */
export interface TileQuery extends Picture {
  readonly curve: Curve;
  readonly level: number;
  readonly x: number;
  readonly y: number;
}

export interface Tile {
  /** Counts up as the picture changes: a tile of an older generation may be stale. */
  readonly generation: number;
  /** See core/picture/tile.ts: one cell for all, or deflated cells. */
  readonly cells: UniformCells | DeflatedCells;
}
export interface UniformCells {
  readonly type: 'uniform';
  readonly glyph: number;
  readonly mask: number;
}
export interface DeflatedCells {
  readonly type: 'deflated';
  /** Raw deflate of 65,536 glyph bytes, then 65,536 presence masks as little-endian 16-bit words. */
  readonly bytes: Uint8Array;
}

/** How many rows of pixels the file is to be told in, from its start to its end. */
export interface StripQuery {
  readonly rows: number;
}

export interface Strip {
  /** As of a tile. */
  readonly generation: number;
  /** Dominant kind and worst trouble of each row, see core/picture/tile.ts. */
  readonly glyphs: readonly number[];
}
export type LayerAnswer =
  /** Part of the whole done, 0 … 1; nothing before the scan is over. */
  | { readonly state: 'computing'; readonly done: number }
  | {
      readonly state: 'ready';
      readonly generation: number;
      /** Clusters by value; undefined until they have been counted. */
      readonly counts: readonly number[] | undefined;
      /** Of the snapshots or bitmaps that have a value of their own. Hostile text. */
      readonly names: readonly string[];
    }
  | { readonly state: 'failed'; readonly message: string };

export interface ClusterQuery {
  readonly cluster: number;
}

export interface GuestClusterQuery {
  /** Number of the cluster on the disk. */
  readonly cluster: number;
}

/** What the scan worker says unasked. */
export type ImageEvent =
  | { readonly type: 'facts'; readonly facts: ImageFacts }
  | {
      readonly type: 'progress';
      readonly generation: number;
      /** What is being read, for people: "L2 tables". */
      readonly phase: string;
      /** 0 … 1 */
      readonly done: number;
    }
  | { readonly type: 'scanned'; readonly generation: number; readonly summary: ScanSummary }
  | { readonly type: 'cancelled'; readonly generation: number }
  /** The list of simulated operations is now this one. */
  | { readonly type: 'operations'; readonly operations: readonly string[] }
  /** How the file fares meanwhile; said at the beginning and whenever it is something else. */
  | ({ readonly type: 'file' } & FileStatus)
  /** The file could not be read. */
  | { readonly type: 'failed'; readonly message: string };

export interface FileStatus {
  /**
   * Whether the file is still as it was opened: what is shown may mix two states of it when it
   * changed during the scan, and be out of date when it changed since.
   */
  readonly changed: 'no' | 'during-scan' | 'since';
  readonly use: FileUse;
}

/**
 * What another process does with the file, as its locks tell: it has the file open, or open for
 * writing. They do not tell of everybody.
 */
export type FileUse = 'unknown' | 'open' | 'writing';
