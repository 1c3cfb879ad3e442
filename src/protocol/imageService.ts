import type { Finding, FindingCode, Severity } from '../core/layout/finding.js';
import type { KindName } from '../core/layout/kinds.js';
import type { Owner } from '../core/layout/owner.js';

/**
 * What one open image answers. The scan worker implements it; the extension host forwards it to
 * the webview after validating each question. Every value survives a structured clone.
 */
export interface ImageService {
  /** One tile of the map. */
  tile(query: TileQuery): Tile;
  /** Everything known about one host cluster, with every owner. */
  cluster(query: ClusterQuery): ClusterDetail;
  /** A page of findings, for a virtual list. */
  findings(query: FindingsQuery): FindingsPage;
}

export type Method = keyof ImageService;
export type Query<M extends Method> = Parameters<ImageService[M]>[0];
export type Answer<M extends Method> = ReturnType<ImageService[M]>;

export type Curve = 'hilbert' | 'rows';

/** What the header says, known before the scan starts. */
export interface ImageFacts {
  readonly fileName: string;
  /** Bytes. */
  readonly fileSize: number;
  /** Known when the header could be understood far enough to lay the file out in clusters. */
  readonly geometry: Geometry | undefined;
  /** What is wrong with the header or with a table it points to, gravest first. */
  readonly problems: readonly Problem[];
}

export interface Geometry {
  readonly version: number;
  readonly clusterBits: number;
  /** Host clusters in the file, the last one perhaps partial. */
  readonly hostClusters: number;
  /** Bytes. */
  readonly virtualSize: number;
  readonly refcountBits: number;
  readonly snapshots: number;
  readonly bitmaps: number;
  readonly extendedL2: boolean;
  readonly dirty: boolean;
  readonly corrupt: boolean;
  readonly lazyRefcounts: boolean;
  readonly encryption: 'none' | 'aes' | 'luks';
  readonly compression: 'zlib' | 'zstd';
  /** Names that the image gives; undefined when it has none. Hostile text: show it, never follow it unasked. */
  readonly backingFile: string | undefined;
  readonly dataFile: string | undefined;
}

/** Something wrong with a field: what, where, found, expected. */
export interface Problem {
  /** One sentence: what is wrong, where in hex, what was found and what was expected. */
  readonly message: string;
  /** The field, as the specification calls it. */
  readonly field: string;
  /** Host offset of the field in bytes. */
  readonly offset: number;
  /** QEMU's own refusal text, when QEMU would refuse the image for it. */
  readonly refusal: string | undefined;
}

/** A tile is 256 × 256 cells in picture order; at level n a cell stands for 4^n clusters. */
export interface TileQuery {
  readonly curve: Curve;
  readonly level: number;
  readonly x: number;
  readonly y: number;
}

export interface Tile {
  /** Counts up as the scan goes on: a tile of an older generation may be stale. */
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

export interface ClusterQuery {
  readonly cluster: number;
}

export interface ClusterDetail {
  readonly cluster: number;
  /** Host offset in bytes. */
  readonly offset: number;
  readonly kinds: readonly KindName[];
  /** The refcount stored in the image, in decimal (it may have 64 bits); undefined if its block is unreadable. */
  readonly stored: string | undefined;
  /** References counted by the scan. */
  readonly references: number;
  readonly claimedTwice: boolean;
  readonly owners: readonly Owner[];
  /** There are more owners than listed. */
  readonly more: boolean;
  readonly findings: readonly Finding[];
}

export interface FindingsQuery {
  readonly from: number;
  readonly count: number;
  /** Only these; undefined for all. */
  readonly severity: Severity | undefined;
}

export interface FindingsPage {
  /** How many there are in all under the query's filter. */
  readonly total: number;
  readonly findings: readonly Finding[];
}

/** QEMU's counts (`qemu-img check --output=json`). */
export interface CheckCounts {
  readonly checkErrors: number;
  readonly corruptions: number;
  readonly leaks: number;
  /** Bytes. */
  readonly imageEndOffset: number;
  readonly totalClusters: number;
  readonly allocatedClusters: number;
  readonly fragmentedClusters: number;
  readonly compressedClusters: number;
}

/** What the finished scan knows. */
export interface ScanSummary {
  /** Clusters that hold each kind; a cluster with two kinds counts under both. */
  readonly clusters: Readonly<Record<KindName, number>>;
  readonly claimedTwice: number;
  /** Undefined when QEMU would refuse to open the image: then it has no counts. */
  readonly counts: CheckCounts | undefined;
  readonly findingsByCode: Readonly<Partial<Record<FindingCode, number>>>;
  readonly milliseconds: number;
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
  /** The file could not be read. */
  | { readonly type: 'failed'; readonly message: string };
