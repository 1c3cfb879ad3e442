import { roundUp } from '../../bytes.js';
import { type ParseResult } from '../../size.js';
import type { Geometry } from '../../qcow2/geometry.js';
import { MAX_REFCOUNT_TABLE_BYTES } from '../../qcow2/limits.js';
import { SUBCLUSTERS } from '../../qcow2/subclusters.js';

/** Sizes of the metadata caches in bytes, as QEMU's options have them. */
export interface CacheSizes {
  readonly cacheSize?: number | undefined;
  readonly l2CacheSize?: number | undefined;
  readonly l2CacheEntrySize?: number | undefined;
  readonly refcountCacheSize?: number | undefined;
}

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

/** Slots of the two metadata caches. */
export interface CacheSlots {
  readonly l2: number;
  readonly refcount: number;
}

/** QEMU's L2 cache without options of its own (DEFAULT_L2_CACHE_MAX_SIZE on Linux). */
const DEFAULT_L2_BYTES = 32 * 2 ** 20;
const DEFAULT_SLICE_BYTES = 4096;
const LEAST_L2_SLOTS = 2;
const LEAST_REFCOUNT_SLOTS = 4;

/** What the caches look like with these options, or QEMU's refusal (read_cache_sizes). */
export function sizesOf(
  geometry: Geometry,
  options: CacheSizes,
): ParseResult<{ readonly sizes: Sizes; readonly slots: CacheSlots }> {
  const { clusterSize, l2EntrySize } = geometry;
  const diskSize = Number(geometry.virtualSize);
  const most = roundUp(Math.ceil(diskSize / clusterSize) * l2EntrySize, clusterSize);
  const parsed = cacheBytes(options, most, clusterSize);
  if (!parsed.ok) return parsed;
  const { l2, refcount } = parsed.value;
  const set = options.l2CacheEntrySize;
  if (set !== undefined && (set < 512 || set > clusterSize || (set & (set - 1)) !== 0))
    return {
      ok: false,
      message: `L2 cache entry size must be a power of two between 512 and the cluster size (${clusterSize})`,
    };
  const sliceBytes = set ?? (l2 < most ? Math.min(clusterSize, DEFAULT_SLICE_BYTES) : clusterSize);
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
      slots: {
        l2: Math.max(LEAST_L2_SLOTS, Math.floor(l2 / sliceBytes)),
        refcount: Math.max(LEAST_REFCOUNT_SLOTS, Math.floor(refcount / clusterSize)),
      },
    },
  };
}

function cacheBytes(
  { cacheSize, l2CacheSize, refcountCacheSize }: CacheSizes,
  most: number,
  clusterSize: number,
): ParseResult<{ readonly l2: number; readonly refcount: number }> {
  const wrong = (message: string) => ({ ok: false, message }) as const;
  const right = (l2: number, refcount: number) => ({ ok: true, value: { l2, refcount } }) as const;
  const l2 = Math.min(most, l2CacheSize ?? DEFAULT_L2_BYTES);
  if (cacheSize === undefined) return right(l2, refcountCacheSize ?? 0);
  if (l2CacheSize !== undefined && refcountCacheSize !== undefined)
    return wrong(
      'cache-size, l2-cache-size and refcount-cache-size may not be set at the same time',
    );
  if (l2CacheSize !== undefined && l2CacheSize > cacheSize)
    return wrong('l2-cache-size may not exceed cache-size');
  if (refcountCacheSize !== undefined && refcountCacheSize > cacheSize)
    return wrong('refcount-cache-size may not exceed cache-size');
  if (l2CacheSize !== undefined) return right(l2, cacheSize - l2);
  if (refcountCacheSize !== undefined)
    return right(cacheSize - refcountCacheSize, refcountCacheSize);
  const least = LEAST_REFCOUNT_SLOTS * clusterSize;
  if (cacheSize >= most + least) return right(most, cacheSize - most);
  const refcount = Math.min(cacheSize, least);
  return right(cacheSize - refcount, refcount);
}

/** Cluster that a host or guest offset lies in. */
export const clusterNumber = ({ clusterSize }: Geometry, offset: number): number =>
  Math.floor(offset / clusterSize);

export const startOfCluster = (geometry: Geometry, offset: number): number =>
  clusterNumber(geometry, offset) * geometry.clusterSize;

export const intoCluster = ({ clusterSize }: Geometry, offset: number): number =>
  offset % clusterSize;
