import type { ParseResult } from '../../size.js';
import type { Geometry } from '../../qcow2/geometry.js';
import { MAX_REFCOUNT_TABLE_BYTES } from '../../qcow2/limits.js';
import { SUBCLUSTERS } from '../../qcow2/subclusters.js';
import { cacheSlots, type CacheSizes, type CacheSlots } from './cacheSlots.js';

/** The image's geometry as the driver works with it. */
export interface Sizes extends Geometry {
  /** Bytes of the virtual disk, exact: QEMU takes none past 2^63, and numbers lose nothing of its sectors. */
  readonly diskSize: number;
  readonly subclusters: number;
  readonly subclusterSize: number;
  /** An L2 slice is the unit of look-up, eviction and write-back. */
  readonly sliceBytes: number;
  readonly sliceEntries: number;
  /** Guest bytes that an L2 table maps. */
  readonly tableSpan: number;
  readonly refcountTableLimit: number;
}

/** What the caches look like with these options, or QEMU's refusal. */
export function sizesOf(
  geometry: Geometry,
  options: CacheSizes,
): ParseResult<{ readonly sizes: Sizes; readonly slots: CacheSlots }> {
  const { clusterSize, l2EntrySize } = geometry;
  const diskSize = Number(geometry.virtualSize);
  const made = cacheSlots({ clusterSize, l2EntrySize, diskSize }, options);
  if (!made.ok) return made;
  const { sliceBytes, slots } = made.value;
  const subclusters = geometry.extendedL2 ? SUBCLUSTERS : 1;
  return {
    ok: true,
    value: {
      sizes: {
        ...geometry,
        diskSize,
        subclusters,
        subclusterSize: clusterSize / subclusters,
        sliceBytes,
        sliceEntries: sliceBytes / l2EntrySize,
        tableSpan: clusterSize * geometry.l2Entries,
        refcountTableLimit: MAX_REFCOUNT_TABLE_BYTES,
      },
      slots,
    },
  };
}

/** Cluster that a host or guest offset lies in. */
export const clusterNumber = ({ clusterSize }: Geometry, offset: number): number =>
  Math.floor(offset / clusterSize);

export const startOfCluster = (geometry: Geometry, offset: number): number =>
  clusterNumber(geometry, offset) * geometry.clusterSize;

export const intoCluster = ({ clusterSize }: Geometry, offset: number): number =>
  offset % clusterSize;
