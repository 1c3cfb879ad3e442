import { describe, expect, it } from 'vitest';
import {
  cacheCoverage,
  cacheSlots,
  type CacheSizes,
} from '../../../../src/core/simulate/copy/cacheSlots.js';

const KIB = 1024;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

const IMAGE = {
  clusterSize: 64 * KIB,
  l2EntrySize: 8,
  diskSize: 20 * GIB,
  refcountBits: 16,
  fileSize: 10 * GIB,
};

/** What comes of sizes that QEMU takes. */
function covered(
  options: Parameters<typeof cacheCoverage>[1],
  changes: Partial<typeof IMAGE> = {},
) {
  const result = cacheCoverage({ ...IMAGE, ...changes }, options);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

describe('what the metadata caches cover', () => {
  it('is 8 GiB of the disk for a MiB of L2 cache at 64 KiB, in slices of 4 KiB', () => {
    expect(covered({ l2CacheSize: MIB })).toMatchObject({
      l2: { bytes: MIB, covered: 8 * GIB, of: 20 * GIB },
      sliceBytes: 4 * KIB,
    });
  });

  it('is half of that with extended L2 entries, and all once it is large enough', () => {
    expect(covered({ l2CacheSize: MIB }, { l2EntrySize: 16 }).l2.covered).toBe(4 * GIB);
    expect(covered({ l2CacheSize: 3 * MIB })).toMatchObject({
      l2: { bytes: 2.5 * MIB, covered: 20 * GIB },
      sliceBytes: 64 * KIB,
    });
  });

  it('is what QEMU takes by itself: 32 MiB at most, and four refcount blocks', () => {
    expect(covered({}, { diskSize: 2 ** 40 })).toMatchObject({
      l2: { bytes: 32 * MIB, covered: 256 * GIB },
      refcount: { bytes: 256 * KIB, covered: 8 * GIB, of: 10 * GIB },
    });
    expect(covered({}, { refcountBits: 64 }).refcount.covered).toBe(2 * GIB);
  });

  it('is QEMU’s refusal where the sizes do not fit together', () => {
    expect(cacheCoverage(IMAGE, { cacheSize: MIB, l2CacheSize: 2 * MIB })).toEqual({
      ok: false,
      message: 'l2-cache-size may not exceed cache-size',
    });
    expect(cacheCoverage(IMAGE, { l2CacheEntrySize: 700 }).ok).toBe(false);
  });
});

describe('the caches that QEMU makes', () => {
  const DISK = { clusterSize: 64 * KIB, l2EntrySize: 8, diskSize: 20 * GIB };

  // Slots as read_cache_sizes makes them; the texts as qemu-io 7.2 says them.
  it.each<[CacheSizes, string]>([
    [{}, '40 of 64, 4'],
    [{ l2CacheSize: 2.5 * MIB - 1 }, '639 of 4, 4'],
    [{ l2CacheSize: 0 }, '2 of 4, 4'],
    [{ l2CacheSize: 100 }, '2 of 4, 4'],
    [{ cacheSize: 0 }, '2 of 4, 4'],
    [{ l2CacheSize: 1000 * MIB }, '40 of 64, 4'],
    [{ l2CacheSize: MIB, l2CacheEntrySize: 512 }, '2048 of 0.5, 4'],
    [{ l2CacheSize: MIB, l2CacheEntrySize: 64 * KIB }, '16 of 64, 4'],
    [{ refcountCacheSize: 100 }, '40 of 64, 4'],
    [{ refcountCacheSize: MIB + 1 }, '40 of 64, 16'],
    [{ cacheSize: MIB }, '192 of 4, 4'],
    [{ cacheSize: 3 * MIB }, '40 of 64, 8'],
    [{ cacheSize: 2.75 * MIB }, '40 of 64, 4'],
    [{ cacheSize: 2.75 * MIB - 1 }, '639 of 4, 4'],
    [{ cacheSize: 2 * MIB, l2CacheSize: MIB }, '256 of 4, 16'],
    [{ cacheSize: 2 * MIB, refcountCacheSize: MIB }, '256 of 4, 16'],
    [
      { cacheSize: MIB, l2CacheSize: 1, refcountCacheSize: 1 },
      'cache-size, l2-cache-size and refcount-cache-size may not be set at the same time',
    ],
    [{ cacheSize: MIB, l2CacheSize: 2 * MIB }, 'l2-cache-size may not exceed cache-size'],
    [
      { cacheSize: MIB, refcountCacheSize: 2 * MIB },
      'refcount-cache-size may not exceed cache-size',
    ],
    ...[256, 700, 128 * KIB].map((l2CacheEntrySize): [CacheSizes, string] => [
      { l2CacheEntrySize },
      'L2 cache entry size must be a power of two between 512 and the cluster size (65536)',
    ]),
  ])('%o: %s', (options, expected) => {
    const made = cacheSlots(DISK, options);
    const text = made.ok
      ? `${made.value.slots.l2} of ${made.value.sliceBytes / KIB}, ${made.value.slots.refcount}`
      : made.message;
    expect(text).toBe(expected);
  });
});
