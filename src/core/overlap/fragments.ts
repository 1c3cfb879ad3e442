import { WINDOW_SIZE } from './typeRuns.js';
import type { TypeSet } from './types.js';

/** Bytes of one fragment, of one bitmap. */
export const FRAGMENT_BYTES = 4;
export const BITMAP_BYTES = WINDOW_SIZE;

const LONGEST = 256;

/**
 * A run of clusters with the same types, as the reference packs it into 4 bytes: types, clusters
 * less one, first cluster relative to the window (little end first).
 *
 *     31 … 16  first cluster
 *     15 …  8  clusters - 1
 *      7 …  0  types, never 0
 */
export type Fragment = number;

export const fragmentTypes = (fragment: Fragment): TypeSet => fragment & 0xff;
export const fragmentClusters = (fragment: Fragment): number => ((fragment >>> 8) & 0xff) + 1;
export const fragmentStart = (fragment: Fragment): number => fragment >>> 16;

/** Run-length encodes the 4096 type bytes of a window. Clusters without a type need no fragment. */
export function encodeFragments(bytes: Uint8Array): Uint32Array {
  const fragments = new Uint32Array(WINDOW_SIZE);
  let used = 0;
  for (let start = 0; start < WINDOW_SIZE;) {
    const types = bytes[start];
    let end = start + 1;
    while (end < WINDOW_SIZE && end - start < LONGEST && bytes[end] === types) end++;
    if (types !== 0) fragments[used++] = (start << 16) | ((end - start - 1) << 8) | types;
    start = end;
  }
  return fragments.slice(0, used);
}

/** The 4096 type bytes that fragments stand for. */
export function decodeFragments(fragments: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(WINDOW_SIZE);
  for (const fragment of fragments) {
    const start = fragmentStart(fragment);
    bytes.fill(fragmentTypes(fragment), start, start + fragmentClusters(fragment));
  }
  return bytes;
}

/**
 * How many fragments a list has room for after it has grown, one fragment at a time, to hold `used`.
 * Undefined when it would come to take as much memory as the bitmap: then the bitmap is kept.
 */
export function grownAllocation(allocated: number, used: number): number | undefined {
  let room = allocated;
  while (room < used) {
    room = ((3 * room) >>> 1) + 1;
    if (room * FRAGMENT_BYTES >= BITMAP_BYTES) return undefined;
  }
  return room;
}

/** Whether a list that has been written anew is cut down to what it uses. */
export const shrinks = (allocated: number, used: number): boolean => used < allocated >>> 1;
