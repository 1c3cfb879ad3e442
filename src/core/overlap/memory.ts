import { BITMAP_BYTES, FRAGMENT_BYTES } from './fragments.js';
import type { WindowForm } from './windowTable.js';

/** Bytes of the reference's C structures, on a 64-bit host. */
export const LIST_BYTES = 56;
export const WINDOW_BYTES = 32;
export const SLOT_BYTES = 4;

/** What the structures take, in bytes. */
export interface MemoryUse {
  readonly list: number;
  readonly windows: number;
  readonly slots: number;
  readonly bitmaps: number;
  /** Allocated, whether in use or not. */
  readonly fragments: number;
  /** The sum of the above: what is really taken. */
  readonly held: number;
  /** What the reference believes it takes, and holds against the limit. */
  readonly accounted: number;
  /** What it never gives back in its books when it cuts a fragment list down. */
  readonly shrinkSlip: number;
  /** What it never gives back when it drops a list for want of memory. */
  readonly dropSlip: number;
  readonly limit: number;
}

/** Numbers of things in the structures. */
export interface Holdings {
  readonly windows: number;
  readonly slots: number;
  readonly bitmaps: number;
  readonly allocatedFragments: number;
}

/** Their memory, summed from what is there. */
export function heldBytes(holdings: Holdings) {
  const list = LIST_BYTES;
  const windows = WINDOW_BYTES * holdings.windows;
  const slots = SLOT_BYTES * holdings.slots;
  const bitmaps = BITMAP_BYTES * holdings.bitmaps;
  const fragments = FRAGMENT_BYTES * holdings.allocatedFragments;
  const held = list + windows + slots + bitmaps + fragments;
  return { list, windows, slots, bitmaps, fragments, held };
}

/** Bytes that a window takes beside its place in the array. */
export const heldByWindow = (form: WindowForm, allocatedFragments: number): number =>
  (form === 'cached' || form === 'kept' ? BITMAP_BYTES : 0) + FRAGMENT_BYTES * allocatedFragments;
