import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CacheReplay } from '../../../src/core/caches/cacheReplay.js';
import type { MappableImage } from '../../../src/core/qcow2/image.js';
import { REQUEST_KINDS } from '../../../src/core/workload/request.js';
import { ImageBuilder, type ImageOptions } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { poke, poked } from '../../images/pokes.js';
import { openedMappable } from '../opened.js';
import { batchOf, replay, type Request } from './replayed.js';

const MIB = 2 ** 20;

/** 4 MiB of disk, in all the states that its clusters can have. */
function made(options: Partial<ImageOptions>, snapshot: boolean): MappableImage {
  const builder = new ImageBuilder({ virtualSize: 4 * MIB, clusterBits: 10, ...options });
  builder.write(0, 500).write(1000, 30).write(900, 40);
  if (options.version !== 2) builder.zero(600, 20).zero(640, 20, true);
  if (options.dataFile === undefined) builder.compress(700, new Uint8Array(1024).fill(3));
  builder.write(2000, 900);
  if (snapshot) builder.snapshot({ name: 'one' }).write(2100, 20);
  return openedMappable(layOut(builder));
}

const IMAGES: readonly MappableImage[] = [
  made({}, false),
  made({}, true),
  made({ version: 2 }, true),
  made({ clusterBits: 9, refcountOrder: 6 }, false),
  made({ lazyRefcounts: true }, false),
  made({ dataFile: { name: 'data', raw: false } }, false),
  made({ backing: { name: 'base', format: 'raw' } }, false),
];

const requests: fc.Arbitrary<Request[]> = fc.array(
  fc.record({
    kind: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('read' as const, 'write' as const) },
      fc.constantFrom(...REQUEST_KINDS),
    ),
    offset: fc.oneof(
      fc.nat(2 * MIB),
      fc.nat(4 * MIB),
      fc.nat(4000).map((n) => n * 1024),
    ),
    length: fc.oneof({ weight: 4, arbitrary: fc.nat(6000) }, fc.nat(300_000), fc.constant(2 ** 33)),
  }),
  { maxLength: 120 },
);

describe('requests that take a short way', () => {
  it('come to the same as all the way, look-up by look-up', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...IMAGES),
        requests,
        fc.constantFrom('writeback' as const, 'writethrough' as const),
        fc.record({
          l2CacheSize: fc.nat(20_000),
          l2CacheEntrySize: fc.constantFrom(512, undefined),
          refcountCacheSize: fc.nat(10_000),
        }),
        (image, list, cache, sizes) => {
          const batch = batchOf(list);
          const [quick, slow] = [false, true].map((slowly) => {
            const trail: number[] = [];
            const done = replay(image, batch, { cache, sizes, slowly }, ({ driver }) => {
              const { trail: followed } = driver.l2Cache;
              driver.l2Cache.trail = {
                lookedUp(table, count) {
                  for (let i = 0; i < count; i++) trail.push(table);
                  followed?.lookedUp(table, count);
                },
                givenBack: (table) => followed?.givenBack(table),
              };
            });
            const { failed, stopped, l2, refcount, windowCounts } = done;
            const distances = Object.values(done.distances).map((one) => [...one.hitsBySlots()]);
            return { failed, stopped, l2, refcount, windowCounts, distances, trail };
          });
          expect(quick).toEqual(slow);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('a replay', () => {
  const [image] = IMAGES;

  it('fails what QEMU fails, and goes on', () => {
    const list: Request[] = [
      { kind: 'read', offset: 4 * MIB, length: 1 },
      { kind: 'write', offset: 0, length: 2 ** 32 },
      { kind: 'read', offset: 2 ** 52, length: 512 },
      { kind: 'read', offset: 0, length: 512 },
    ];
    expect(replay(image, batchOf(list))).toMatchObject({
      failed: 3,
      requests: 4,
      l2: { lookups: 1, misses: 1 },
    });
  });

  it('is left to the driver where an entry is wrong, which ends as it does in QEMU', () => {
    const built = layOut(new ImageBuilder({ virtualSize: MIB }).write(0, 4));
    const entry = built.entryOffset(2);
    const broken = openedMappable(poked(built, [poke(entry, 0x8000000000000200n, 8)]));
    const list: Request[] = [
      { kind: 'read', offset: 0, length: 512 },
      { kind: 'read', offset: 2 * 65536, length: 512 },
      { kind: 'read', offset: 0, length: 512 },
    ];
    // The second marks the image corrupt, and the third finds it gone.
    expect(replay(broken, batchOf(list))).toMatchObject({ failed: 2, l2: { lookups: 2, hits: 1 } });
  });

  it('writes back what is dirty: on a flush, or on closing', () => {
    const write: Request = { kind: 'write', offset: 960 * 1024, length: 1024 };
    const flush: Request = { kind: 'flush', offset: 0, length: 0 };
    expect(replay(image, batchOf([write])).l2.writeBacks).toBe(1);
    expect(replay(image, batchOf([write, flush, write, flush])).l2.writeBacks).toBe(1);
    const other = { ...write, offset: 961 * 1024 };
    expect(replay(image, batchOf([write, flush, other])).l2.writeBacks).toBe(2);
    expect(replay(image, batchOf([write, other]), { cache: 'writethrough' }).l2.writeBacks).toBe(2);
  });

  it('is not told of an image that QEMU repairs first, or does not open', () => {
    const file = layOut(new ImageBuilder({ virtualSize: 4 * MIB }).write(0, 4));
    const refusalOf = (offset: number, value: number): string => {
      const opened = CacheReplay.open(openedMappable(poked(file, [poke(offset, value, 1)])), {
        cache: 'writeback',
        sizes: {},
        windows: undefined,
        surroundings: { allocatedBytes: undefined, inflate: undefined },
      });
      return opened.ok ? 'it opens' : opened.message;
    };
    expect(refusalOf(79, 1)).toContain('left dirty');
    expect(refusalOf(24, 0x7f)).toBe('Image is too big');
  });
});
