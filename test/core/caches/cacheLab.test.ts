import { describe, expect, it } from 'vitest';
import { adviseCaches } from '../../../src/core/caches/advice.js';
import { CacheLab } from '../../../src/core/caches/cacheLab.js';
import { finish } from '../../../src/core/work.js';
import { type Curve, hitsAt, thinned } from '../../../src/core/caches/curve.js';
import { optionTexts } from '../../../src/core/caches/optionText.js';
import { diskOf, rulesOfThumb } from '../../../src/core/caches/rulesOfThumb.js';
import type { MappableImage } from '../../../src/core/qcow2/image.js';
import { cacheSlots } from '../../../src/core/simulate/copy/cacheSlots.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { openedMappable } from '../opened.js';
import { lab, patternOn, replay, WINDOWS } from './replayed.js';

const MIB = 2 ** 20;
const KIB = 1024;

/** 32 MiB in clusters of 8 KiB: four L2 tables in eight slices; a snapshot makes writes allocate. */
const SIZE = 32 * MIB;
function image(snapshot: boolean): MappableImage {
  const builder = new ImageBuilder({ virtualSize: SIZE, clusterBits: 13 }).write(0, 4096);
  if (snapshot) builder.snapshot({ name: 'one' });
  return openedMappable(layOut(builder));
}

/** 8 MiB in clusters of 512 bytes: 256 L2 tables, 80 refcount blocks, 5 windows. */
const SMALL = openedMappable(
  layOut(
    new ImageBuilder({ virtualSize: 8 * MIB, clusterBits: 9 })
      .write(0, 16384)
      .snapshot({ name: 'one' }),
  ),
);
const WORK = patternOn('mixed:ops=1500,block=512,reads=50,seed=3', 8 * MIB);

const saying = (words: string): unknown => expect.stringContaining(words);
const thirty = (step: number): number[] => Array.from({ length: 30 }, (_, index) => index * step);

describe('a curve', () => {
  const { l2, refcount, windows } = lab(SMALL, WORK).result;
  const curveOfWindows = (): Curve => {
    if (typeof windows === 'string') throw new Error(windows);
    return windows.curve;
  };

  it.each(thirty(3.3 * KIB))('of L2 tables is what a cache of %d bytes does', (bytes) => {
    const l2CacheSize = Math.floor(bytes);
    expect(hitsAt(l2.curve, l2CacheSize)).toBe(
      replay(SMALL, WORK, { sizes: { l2CacheSize } }).l2.hits,
    );
  });

  it.each(thirty(1.5 * KIB))('of refcount blocks is what a cache of %d bytes does', (bytes) => {
    const refcountCacheSize = Math.floor(bytes);
    const { hits } = replay(SMALL, WORK, { sizes: { refcountCacheSize } }).refcount;
    expect(hitsAt(refcount.curve, refcountCacheSize)).toBe(hits);
  });

  it.each(thirty(1.1 * KIB))('of windows is what bitmaps of %d bytes do', (bytes) => {
    const bitmapSize = Math.floor(bytes);
    const counts = replay(SMALL, WORK, { windows: { ...WINDOWS, bitmapSize } }).windowCounts;
    expect(hitsAt(curveOfWindows(), bitmapSize)).toBe(counts?.hits);
  });

  it('has something to tell in each of them', () => {
    for (const { hits } of [l2.curve, refcount.curve, curveOfWindows()]) {
      expect(hits.length).toBeGreaterThan(3);
      expect(hits[hits.length - 1]).toBeGreaterThan(hits[0] + 100);
    }
  });

  it('jumps where QEMU takes whole tables, at full coverage', () => {
    const disk = image(false);
    const batch = patternOn('uniform:ops=800,block=512', SIZE);
    const found = lab(disk, batch).result.l2;
    expect(found.marks).toEqual({ now: 32 * KIB, standard: 32 * KIB, full: 32 * KIB });
    for (const l2CacheSize of [0, 8, 12, 16, 20, 28, 32, 40].map((size) => size * KIB)) {
      const { hits } = replay(disk, batch, { sizes: { l2CacheSize } }).l2;
      expect([l2CacheSize, hitsAt(found.curve, l2CacheSize)]).toEqual([l2CacheSize, hits]);
    }
    expect(hitsAt(found.curve, 32 * KIB)).toBe(800 - 4);
    expect(hitsAt(found.curve, 32 * KIB - 1)).toBeLessThan(800 - 4);
  });

  it('is one where the size of entries is set', () => {
    const disk = image(true);
    const batch = patternOn('uniform:ops=300,block=512,reads=30', SIZE);
    const found = lab(disk, batch, { sizes: { l2CacheEntrySize: 2048 } }).result.l2;
    expect(found.entries).toHaveLength(1);
    for (const l2CacheSize of [0, 4, 6, 10, 18, 30, 32].map((size) => size * KIB)) {
      const sizes = { l2CacheSize, l2CacheEntrySize: 2048 };
      expect(hitsAt(found.curve, l2CacheSize)).toBe(replay(disk, batch, { sizes }).l2.hits);
    }
  });

  it('says when it is not exact', () => {
    const limited = { ...WINDOWS, totalSizeLimit: 12_000, bitmapSize: 65536 };
    const found = lab(SMALL, WORK, { windows: limited }).result.windows;
    expect(found).toMatchObject({ curve: { doubts: [expect.stringContaining('memory limit')] } });
    expect(curveOfWindows().doubts).toEqual([]);
  });
});

describe('a disk that is written all over', () => {
  it('stops at a bound of memory, with all curves of the same requests', () => {
    const empty = openedMappable(
      layOut(new ImageBuilder({ virtualSize: 2 ** 34, clusterBits: 13 })),
    );
    const opened = CacheLab.open(
      empty,
      {
        sizes: {},
        cache: 'writeback',
        windows: undefined,
        surroundings: { allocatedBytes: 2 ** 20, inflate: undefined },
      },
      4 * MIB,
    );
    if (!opened.ok) throw new Error(opened.message);
    finish(opened.value.run(patternOn('uniform:ops=4000,reads=0,block=4K', 2 ** 34)));
    const { requests, stopped, l2 } = opened.value.result;
    expect(stopped).toContain('more than 4 MiB of memory');
    expect(requests).toBeGreaterThan(100);
    expect(requests).toBeLessThan(4000);
    for (const { curve } of l2.entries) {
      expect(curve.hits.every((hits) => hits <= curve.lookups)).toBe(true);
      expect(curve.lookups).toBeGreaterThanOrEqual(3 * requests);
    }
    for (const bytes of l2.curve.bytes)
      expect(l2.curve.lookups - hitsAt(l2.curve, bytes)).toBeGreaterThanOrEqual(0);
  });
});

describe('advice', () => {
  const result = lab(SMALL, WORK, { sizes: { l2CacheSize: 4096 } }).result;
  const advice = adviseCaches(result);
  const enough = (option: string) => {
    const found = advice.find((one) => one.option === option && one.purpose === 'enough');
    if (!found) throw new Error(`no advice on ${option}`);
    return found;
  };

  it.each(['l2-cache-size', 'refcount-cache-size', 'overlap-structures.bitmap-size'] as const)(
    'on %s is the smallest size that finds enough',
    (option) => {
      const { bytes, misses } = enough(option);
      const hitsWith = (size: number): number => {
        if (option === 'l2-cache-size')
          return replay(SMALL, WORK, { sizes: { l2CacheSize: size } }).l2.hits;
        if (option === 'refcount-cache-size')
          return replay(SMALL, WORK, { sizes: { refcountCacheSize: size } }).refcount.hits;
        return (
          replay(SMALL, WORK, { windows: { ...WINDOWS, bitmapSize: size } }).windowCounts?.hits ?? 0
        );
      };
      const most = hitsWith(2 ** 30);
      expect(hitsWith(bytes)).toBeGreaterThanOrEqual(0.99 * most);
      expect(hitsWith(bytes - 1)).toBeLessThan(hitsWith(bytes));
      expect(misses).toBeLessThan(enough(option).missesNow + 1);
    },
  );

  it('names the smallest sizes at which nothing is evicted', () => {
    const evictions = {
      'l2-cache-size': (bytes: number) => replay(flat, reads, { sizes: { l2CacheSize: bytes } }).l2,
      'refcount-cache-size': (bytes: number) =>
        replay(SMALL, WORK, { sizes: { refcountCacheSize: bytes } }).refcount,
      'overlap-structures.bitmap-size': (bytes: number) =>
        replay(SMALL, WORK, { windows: { ...WINDOWS, bitmapSize: bytes } }).windowCounts,
    };
    const flat = openedMappable(
      layOut(new ImageBuilder({ virtualSize: 8 * MIB, clusterBits: 9 }).write(0, 16384)),
    );
    const reads = patternOn('hotset:ops=2000,block=512,heat=100', 8 * MIB);
    const ofReads = adviseCaches(lab(flat, reads, { sizes: { l2CacheSize: 0 } }).result);
    const found = [...ofReads.filter(({ option }) => option === 'l2-cache-size'), ...advice].filter(
      ({ purpose }) => purpose === 'no-eviction',
    );
    // Tables that are copied for a snapshot are looked up beside all others: no L2 cache has room.
    expect(found.map(({ option }) => option)).toEqual(Object.keys(evictions));
    for (const { option, bytes } of found) {
      if (option === 'l2-cache-entry-size' || option === 'cache-size') continue;
      if (option === 'overlap-structures.total-size-limit') continue;
      expect(evictions[option](bytes)?.evictions).toBe(0);
      expect(evictions[option](bytes - 1)?.evictions).toBeGreaterThan(0);
    }
  });

  it('on cache-size is divided by QEMU as it says', () => {
    const made = cacheSlots(diskOf(SMALL), { cacheSize: enough('cache-size').bytes });
    const apart = cacheSlots(diskOf(SMALL), { l2CacheSize: enough('l2-cache-size').bytes });
    if (!made.ok || !apart.ok) throw new Error('QEMU refuses');
    expect(made.value.slots.l2).toBe(apart.value.slots.l2);
    expect(made.value.slots.refcount).toBe(4);
  });

  it('is written as QEMU and libvirt take it', () => {
    const l2 = enough('l2-cache-size').bytes;
    const texts = optionTexts(advice, () => 512);
    expect(JSON.parse(texts.blockdev)).toMatchObject({ driver: 'qcow2', 'l2-cache-size': l2 });
    expect(texts.drive).toMatch(/^l2-cache-size=\d+K?,/);
    expect(texts.libvirt).toContain(
      `<max_size unit='bytes'>${enough('cache-size').bytes}</max_size>`,
    );
  });

  it('has nothing to say where nothing is looked up', () => {
    const idle = adviseCaches(
      lab(SMALL, patternOn('uniform:ops=1,reads=100,block=512', 8 * MIB)).result,
    );
    expect(idle.find(({ option }) => option === 'refcount-cache-size')).toMatchObject({
      bytes: 2048,
      now: 2048,
      reason: saying('any size will do'),
    });
  });

  it('stands beside QEMU’s rules of thumb', () => {
    expect(rulesOfThumb(image(false))).toMatchObject([
      {
        option: 'l2-cache-size',
        bytes: 32 * KIB,
        rule: saying('1 MiB per 1 GiB'),
      },
      { option: 'refcount-cache-size', bytes: 32 * KIB },
    ]);
  });
});

describe('a curve of few points', () => {
  const lookups = 100_000;
  // One large step among thousands of small ones.
  const points = Array.from({ length: 5000 }, (_, index) => ({
    bytes: (index + 1) * 4096,
    hits: index * 3 + (index >= 1717 ? 40_000 : 0),
  }));
  const curve: Curve = {
    bytes: Float64Array.from(points, ({ bytes }) => bytes),
    hits: Float64Array.from(points, ({ hits }) => hits),
    lookups,
    doubts: ['who knows'],
  };
  const sizes = [3333, 2000, 4321].map((index) => points[index].bytes);
  const thin = thinned(curve, 100, sizes);

  it('is exact at the sizes that matter, at its ends and at every jump', () => {
    expect(thin.bytes.length).toBeLessThanOrEqual(100);
    expect(thin.bytes.length).toBeGreaterThan(50);
    expect(thin).toMatchObject({ lookups, doubts: ['who knows'] });
    const ends = [points[0].bytes, points[4999].bytes];
    for (const size of [...sizes, ...ends, points[1716].bytes, points[1717].bytes])
      expect([size, hitsAt(thin, size)]).toEqual([size, hitsAt(curve, size)]);
    for (const [index, bytes] of thin.bytes.entries())
      expect(thin.hits[index]).toBe(hitsAt(curve, bytes));
    expect(thin.bytes).toEqual([...new Set(thin.bytes)].sort((a, b) => a - b));
  });

  it('is nowhere far from the whole one, and is the whole one where that is short', () => {
    for (const { bytes, hits } of points.slice(200))
      expect(hits - hitsAt(thin, bytes)).toBeLessThan(3 * 500);
    expect(thinned(curve, 5001, []).hits).toEqual([...curve.hits]);
  });
});
