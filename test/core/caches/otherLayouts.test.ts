import { describe, expect, it } from 'vitest';
import {
  type LayoutNeed,
  type OtherLayouts,
  otherLayouts,
} from '../../../src/core/caches/otherLayouts.js';
import type { MappableImage } from '../../../src/core/qcow2/image.js';
import type { Work } from '../../../src/core/work.js';
import type { RequestBatch } from '../../../src/core/workload/request.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { openedMappable } from '../opened.js';
import { lab, patternOn } from './replayed.js';

const MIB = 2 ** 20;
const DISK = 32 * MIB;
/** Two slices of 4 KiB. */
const L2_BYTES = 8192;

/** The disk, all of it allocated. */
function disk(clusterBits: number, extendedL2 = false): MappableImage {
  const builder = new ImageBuilder({ virtualSize: DISK, clusterBits, extendedL2 });
  return openedMappable(layOut(builder.write(0, DISK / 2 ** clusterBits)));
}

function done<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

function computed(image: MappableImage, l2Bytes: number, batch: RequestBatch, most = Infinity) {
  let isGiven = false;
  return done(
    otherLayouts(image, l2Bytes, most, {
      fill(into) {
        if (isGiven) return false;
        isGiven = true;
        for (let at = 0; at < batch.size; at++)
          into.add(batch.kinds[at], batch.offsets[at], batch.lengths[at]);
        return true;
      },
      close: () => undefined,
    }),
  );
}

function needOf({ layouts }: OtherLayouts, clusterSize: number, extendedL2: boolean): LayoutNeed {
  const need = layouts.find(
    (each) => each.clusterSize === clusterSize && each.extendedL2 === extendedL2,
  );
  if (!need) throw new Error(`no layout of ${clusterSize}`);
  return need;
}

const WORK = patternOn('uniform:ops=3000,block=8K,reads=100,seed=5', DISK);
const WRITES = patternOn('zipf:ops=2000,block=12K,reads=40,seed=9', DISK);

describe('another layout', () => {
  it.each([
    [12, false],
    [14, false],
    [16, false],
    [18, false],
    [16, true],
  ])('is what an image of 2^%d bytes a cluster does (extended L2: %s)', (bits, extendedL2) => {
    for (const work of [WORK, WRITES])
      for (const l2CacheSize of [L2_BYTES, 2 * MIB]) {
        const real = lab(disk(bits, extendedL2), work, { sizes: { l2CacheSize } }).result.l2;
        const need = needOf(computed(disk(16), l2CacheSize, work), 2 ** bits, extendedL2);
        expect(need).toMatchObject({
          misses: real.counts.misses,
          full: real.marks.full,
          isPresent: bits === 16 && !extendedL2,
        });
        // A write from one slice into the next may look once more, which hits.
        const acrossSlices = work === WORK ? 0 : need.lookups - work.size;
        expect(real.counts.lookups).toBeGreaterThanOrEqual(need.lookups);
        expect(real.counts.lookups).toBeLessThanOrEqual(need.lookups + acrossSlices);
      }
  });

  it('needs what the advice says for the layout that there is', () => {
    const { curve } = lab(disk(12), WORK, { sizes: { l2CacheSize: L2_BYTES } }).result.l2;
    const { enough } = needOf(computed(disk(12), L2_BYTES, WORK), 4096, false);
    const most = Math.max(...curve.hits);
    expect(curve.bytes[curve.hits.findIndex((hits) => hits >= 0.99 * most)]).toBe(enough);
  });

  it('looks at no more requests than were carried out', () => {
    const { layouts } = computed(disk(16), L2_BYTES, WORK, 10);
    expect(layouts.every(({ lookups }) => lookups >= 10 && lookups <= 20)).toBe(true);
  });

  it('has the refcounts of the whole disk by their width', () => {
    const { widths, layouts } = computed(disk(16), L2_BYTES, WORK);
    expect(widths).toEqual([
      { refcountBits: 1, isPresent: false, refcounts: 64 },
      { refcountBits: 4, isPresent: false, refcounts: 256 },
      { refcountBits: 16, isPresent: true, refcounts: 1024 },
      { refcountBits: 64, isPresent: false, refcounts: 4096 },
    ]);
    expect(layouts.map(({ refcounts }) => refcounts)).toEqual([
      16_384, 4096, 1024, 256, 64, 32, 1024,
    ]);
  });
});
