import { roundUp } from '../../bytes.js';
import type { ParseResult } from '../../size.js';

/** Sizes of the metadata caches in bytes, as QEMU's options have them. */
export interface CacheSizes {
  readonly cacheSize?: number | undefined;
  readonly l2CacheSize?: number | undefined;
  readonly l2CacheEntrySize?: number | undefined;
  readonly refcountCacheSize?: number | undefined;
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

/** What the sizes of the caches go by. */
export interface CachedDisk {
  readonly clusterSize: number;
  readonly l2EntrySize: number;
  /** Bytes of the virtual disk. */
  readonly diskSize: number;
}

/** Bytes of the L2 tables of the whole disk: no L2 cache is made larger. */
export const fullCoverage = ({ clusterSize, l2EntrySize, diskSize }: CachedDisk): number =>
  roundUp(Math.ceil(diskSize / clusterSize) * l2EntrySize, clusterSize);

/** Bytes of an L2 cache's entry when nothing is set: below full coverage, and at it. */
export const usualEntries = (clusterSize: number): readonly [below: number, full: number] => [
  Math.min(clusterSize, DEFAULT_SLICE_BYTES),
  clusterSize,
];

/** The caches that QEMU makes, or its refusal (read_cache_sizes). */
export function cacheSlots(
  disk: CachedDisk,
  options: CacheSizes,
): ParseResult<{ readonly sliceBytes: number; readonly slots: CacheSlots }> {
  const { clusterSize } = disk;
  const most = fullCoverage(disk);
  const parsed = cacheBytes(options, most, clusterSize);
  if (!parsed.ok) return parsed;
  const { l2, refcount } = parsed.value;
  const set = options.l2CacheEntrySize;
  if (set !== undefined && (set < 512 || set > clusterSize || (set & (set - 1)) !== 0))
    return {
      ok: false,
      message: `L2 cache entry size must be a power of two between 512 and the cluster size (${clusterSize})`,
    };
  const sliceBytes = set ?? usualEntries(clusterSize)[l2 < most ? 0 : 1];
  return {
    ok: true,
    value: {
      sliceBytes,
      slots: {
        l2: Math.max(LEAST_L2_SLOTS, Math.floor(l2 / sliceBytes)),
        refcount: Math.max(LEAST_REFCOUNT_SLOTS, Math.floor(refcount / clusterSize)),
      },
    },
  };
}

/** A metadata cache, and how much of what it is for it can hold at once. */
export interface CacheCoverage {
  readonly bytes: number;
  /** Bytes of the disk, or of the file. */
  readonly covered: number;
  readonly of: number;
}

/** What the caches cover: the L2 tables of the disk, the refcounts of the file. */
export function cacheCoverage(
  image: CachedDisk & { readonly refcountBits: number; readonly fileSize: number },
  options: CacheSizes,
): ParseResult<{
  readonly l2: CacheCoverage;
  readonly sliceBytes: number;
  readonly refcount: CacheCoverage;
}> {
  const made = cacheSlots(image, options);
  if (!made.ok) return made;
  const { clusterSize, l2EntrySize, diskSize, refcountBits, fileSize } = image;
  const { slots, sliceBytes } = made.value;
  const coverage = (bytes: number, entries: number, of: number): CacheCoverage => ({
    bytes,
    covered: Math.min(of, Math.floor(entries) * clusterSize),
    of,
  });
  const l2 = slots.l2 * sliceBytes;
  const refcount = slots.refcount * clusterSize;
  return {
    ok: true,
    value: {
      l2: coverage(l2, l2 / l2EntrySize, diskSize),
      sliceBytes,
      refcount: coverage(refcount, (refcount * 8) / refcountBits, fileSize),
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
