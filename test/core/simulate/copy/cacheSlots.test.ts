import { describe, expect, it } from 'vitest';
import { cacheCoverage } from '../../../../src/core/simulate/copy/cacheSlots.js';

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
