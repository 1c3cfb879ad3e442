/** Limits that QEMU enforces (block/qcow2.h, block/qcow2-bitmap.c). Sizes in bytes. */
export const MIN_CLUSTER_BITS = 9;
export const MAX_CLUSTER_BITS = 21;
export const MAX_L1_BYTES = 32 * 2 ** 20;
export const MAX_REFCOUNT_TABLE_BYTES = 8 * 2 ** 20;
export const MAX_SNAPSHOTS = 65536;
export const MAX_SNAPSHOT_EXTRA_DATA = 1024;
export const MAX_SNAPSHOT_TABLE_BYTES = 64 * 2 ** 20;
export const MAX_BITMAPS = 65535;
export const MAX_BITMAP_DIRECTORY_BYTES = 1024 * MAX_BITMAPS;
export const MAX_BITMAP_TABLE_ENTRIES = 2 ** 27;
export const MAX_BITMAP_BYTES = 512 * 2 ** 20;
export const MIN_GRANULARITY_BITS = 9;
export const MAX_GRANULARITY_BITS = 31;
export const MAX_BITMAP_NAME = 1023;
export const MAX_BACKING_NAME = 1023;
/** A check counts clusters in an int. */
export const MAX_CHECKED_CLUSTERS = 2 ** 31 - 1;
/** The longest node QEMU's block layer takes (block/io.c, BDRV_MAX_LENGTH). */
export const MAX_NODE_LENGTH = 2n ** 63n - 2n ** 30n;
export const INT64_MAX = 2n ** 63n - 1n;
