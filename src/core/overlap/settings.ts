import type { TypeSet } from './types.js';

/**
 * What to do when the memory limit refuses a bitmap: give up at once (`fail`), or evict cached
 * windows, oldest first, until there is room (`evict`).
 */
export type LimitPolicy = 'evict' | 'fail';

/** The options of the structures (`overlap-structures.*`). Sizes in bytes. */
export interface StructureSettings {
  /** Guarded types. The structures know no more than STRUCTURE_TYPES. */
  readonly guarded: TypeSet;
  readonly bitmapSize: number;
  /** NO_LIMIT when there is none. */
  readonly totalSizeLimit: number;
  readonly policy: LimitPolicy;
}

/** What the structures are made for. */
export interface StructureGeometry {
  readonly clusterBits: number;
  /** Bytes. */
  readonly fileLength: number;
}

/** SIZE_MAX, or rather the number next to it. */
export const NO_LIMIT = 2 ** 64;
export const DEFAULT_BITMAP_SIZE = 65536;

export function isLimitPolicy(word: string): word is LimitPolicy {
  return word === 'evict' || word === 'fail';
}
