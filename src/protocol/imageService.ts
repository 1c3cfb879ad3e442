import type { ScanSummary } from '../core/inspect/inspection.js';
import type { StripRows } from '../core/picture/strip.js';
import type { ImageFacts } from '../core/qcow2/facts.js';

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
  /**
   * Raw deflate of 65,536 glyph bytes, then 65,536 presence masks as little-endian 16-bit words, then
   * 65,536 shares if they were asked for.
   */
  readonly bytes: Uint8Array;
}

export interface Strip extends StripRows {
  /** As of a tile. */
  readonly generation: number;
}
export type LayerAnswer =
  /** Part of the whole done, 0 … 1; nothing before the scan is over. */
  | { readonly state: 'computing'; readonly done: number }
  | {
      readonly state: 'ready';
      readonly generation: number;
      /** Clusters by value; undefined until they have been counted. */
      readonly counts: readonly number[] | undefined;
      /** Of the snapshots or bitmaps that have a value of their own (hostile text), or numbers of look-ups. */
      readonly names: readonly string[];
    }
  | { readonly state: 'failed'; readonly message: string };

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
