import { expect, test } from 'vitest';
import { parseCacheOptions } from '../../../../src/core/simulate/copy/cacheOptions.js';
import { Simulation } from '../../../../src/core/simulate/verdict/simulation.js';
import { mappableImage } from '../../opened.js';

const NONE = { cacheSize: '', l2CacheSize: '', l2CacheEntrySize: '', refcountCacheSize: '' };

test('sizes are read as QEMU spells them; what is empty is not set', () => {
  expect(parseCacheOptions(NONE)).toEqual({ ok: true, value: {} });
  expect(parseCacheOptions({ ...NONE, l2CacheSize: '1M', refcountCacheSize: '0x40000' })).toEqual({
    ok: true,
    value: { l2CacheSize: 1048576, refcountCacheSize: 262144 },
  });
});

test('what is no size is refused under the option’s name', () => {
  const parsed = parseCacheOptions({ ...NONE, l2CacheEntrySize: 'large' });
  expect(parsed.ok ? '' : parsed.message).toContain("Parameter 'l2-cache-entry-size' expects");
});

test.each([
  [
    { ...NONE, cacheSize: '1M', l2CacheSize: '512K', refcountCacheSize: '512K' },
    'cache-size, l2-cache-size and refcount-cache-size may not be set at the same time',
  ],
  [{ ...NONE, cacheSize: '64K', l2CacheSize: '128K' }, 'l2-cache-size may not exceed cache-size'],
  [
    { ...NONE, cacheSize: '64K', refcountCacheSize: '128K' },
    'refcount-cache-size may not exceed cache-size',
  ],
  [
    { ...NONE, l2CacheEntrySize: '3000' },
    'L2 cache entry size must be a power of two between 512 and the cluster size (65536)',
  ],
])('%j is refused at opening', (options, message) => {
  const sizes = parseCacheOptions(options);
  if (!sizes.ok) throw new Error(sizes.message);
  const { opened } = Simulation.open(mappableImage({ virtualSize: 2 ** 30 }), {
    guarded: 0,
    engine: { type: 'today' },
    cache: 'writethrough',
    sizes: sizes.value,
    discardNoUnref: false,
    surroundings: { allocatedBytes: undefined, inflate: undefined },
  });
  expect(opened).toEqual({ ok: false, message });
});
