import type { Geometry } from './geometry.js';

/** QEMU's L2 cache without options of its own (block/qcow2.h, DEFAULT_L2_CACHE_MAX_SIZE). */
const DEFAULT_CACHE_BYTES = 32n * 2n ** 20n;
const SLICE_BYTES = 4096;

/**
 * Entries of an L2 table that QEMU loads at once (read_cache_sizes): the table, or 4 KiB of it when
 * the default cache cannot hold the tables of the whole disk. Its messages count from there.
 */
export function l2SliceEntries(geometry: Geometry): number {
  const { clusterSize, l2EntrySize, l2Entries, virtualSize } = geometry;
  const cluster = BigInt(clusterSize);
  const guestClusters = (virtualSize + cluster - 1n) / cluster;
  const tables = (guestClusters + BigInt(l2Entries) - 1n) / BigInt(l2Entries);
  if (tables * cluster <= DEFAULT_CACHE_BYTES) return l2Entries;
  return Math.min(clusterSize, SLICE_BYTES) / l2EntrySize;
}
