import type { L2EntryKind } from './l2Entry.js';

/** With extended L2 entries, a cluster has so many subclusters. */
export const SUBCLUSTERS = 32;

/**
 * What a stretch of the guest disk is: the kinds of an L2 entry, and a subcluster without data in a
 * cluster that has a place in the file (qcow2_get_subcluster_type).
 */
export type SubclusterKind = L2EntryKind | 'unallocated-allocated';

/** What the bitmap of an extended entry says of its subclusters; bit n for subcluster n. */
export interface SubclusterBitmap {
  /** Subclusters that read as zeros. */
  readonly zeroes: number;
  /** Subclusters that have data. */
  readonly allocated: number;
}

/** An entry that says of a subcluster what cannot be: QEMU does not use any of it. */
export function contradicts(hasOffset: boolean, { zeroes, allocated }: SubclusterBitmap): boolean {
  return hasOffset ? (zeroes & allocated) !== 0 : allocated !== 0;
}

/** All 32 subclusters are alike. */
export function isUniform({ zeroes, allocated }: SubclusterBitmap): boolean {
  if (zeroes === 0) return allocated === 0 || allocated === 0xffffffff;
  return zeroes === 0xffffffff;
}

/** Kind of one subcluster of an extended entry that is not compressed and not contradictory. */
export function subclusterKind(
  hasOffset: boolean,
  { zeroes, allocated }: SubclusterBitmap,
  index: number,
): SubclusterKind {
  if (((zeroes >>> index) & 1) !== 0) return hasOffset ? 'zero-allocated' : 'zero-plain';
  if (!hasOffset) return 'unallocated';
  return ((allocated >>> index) & 1) !== 0 ? 'normal' : 'unallocated-allocated';
}
