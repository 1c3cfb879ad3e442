import { describe, expect, it } from 'vitest';
import { guestMap } from '../../../src/core/guest/guestMap.js';
import type { GuestRun } from '../../../src/core/guest/guestRun.js';
import { type GuestLayer, layeredMap } from '../../../src/core/guest/backingChain.js';
import { ImageBuilder, type ImageOptions } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { poke, poked } from '../../images/pokes.js';
import { openedMappable } from '../opened.js';

const CLUSTER = 65_536;
const MIB = 2 ** 20;
/** Bytes that an L2 table of 64 KiB clusters maps. */
const PER_TABLE = 512 * MIB;

/** Kind, first guest cluster, clusters. */
type Brief = readonly [kind: GuestRun['kind'], first: number, clusters: number];

function briefly(run: GuestRun): Brief {
  return [run.kind, run.start / CLUSTER, run.length / CLUSTER];
}

function builder(options: Partial<ImageOptions> = {}): ImageBuilder {
  return new ImageBuilder({ virtualSize: 4 * MIB, ...options });
}

function mapped(image: ImageBuilder, from = 0): GuestRun[] {
  return [...guestMap(openedMappable(layOut(image)), from)];
}

describe('guestMap', () => {
  it('tells the five kinds of entries apart, and where they lie', () => {
    const text = new Uint8Array(CLUSTER).fill(7);
    const image = builder().write(0, 3).zero(3, 2).zero(5, 1, true).compress(6, text).write(8, 2);
    const runs = mapped(image);
    expect(runs.map(briefly)).toEqual([
      ['normal', 0, 3],
      ['zero-plain', 3, 2],
      ['zero-allocated', 5, 1],
      ['compressed', 6, 1],
      ['unallocated', 7, 1],
      ['normal', 8, 2],
      ['unallocated', 10, 54],
    ]);
    const offsets = runs.flatMap((run) => ('hostOffset' in run ? [run.hostOffset] : []));
    expect(offsets.map((offset) => offset % CLUSTER)).toEqual([0, 0, 0]);
    expect(new Set(offsets).size).toBe(3);
  });

  it('splits a run where the file does not go on', () => {
    const runs = mapped(builder().write(1).write(0).write(2));
    expect(runs.map(briefly).slice(0, 3)).toEqual([
      ['normal', 0, 1],
      ['normal', 1, 1],
      ['normal', 2, 1],
    ]);
  });

  it('ends at the end of a disk that is no multiple of the cluster', () => {
    const runs = mapped(builder({ virtualSize: CLUSTER + 512 }).write(0, 2));
    expect(runs).toMatchObject([{ kind: 'normal', start: 0, length: CLUSTER + 512 }]);
  });

  it('joins what has no tables, over as many of them as there are', () => {
    const clusters = 3 * (PER_TABLE / CLUSTER);
    const runs = mapped(builder({ virtualSize: 3 * PER_TABLE }).write(clusters - 1));
    expect(runs.map(briefly)).toEqual([
      ['unallocated', 0, 2 * (PER_TABLE / CLUSTER)],
      ['unallocated', 2 * (PER_TABLE / CLUSTER), PER_TABLE / CLUSTER - 1],
      ['normal', clusters - 1, 1],
    ]);
  });

  it('reads subclusters', () => {
    const image = builder({ extendedL2: true, virtualSize: MIB });
    image.writeSubclusters(0, { allocated: 0xff, zero: 0xffff0000 }).zeroSubclusters(1, 0b11);
    const sub = CLUSTER / 32;
    const runs = mapped(image);
    expect(runs.map((run) => [run.kind, run.start / sub, run.length / sub])).toEqual([
      ['normal', 0, 8],
      ['unallocated-allocated', 8, 8],
      ['zero-allocated', 16, 16],
      ['zero-plain', 32, 2],
      ['unallocated', 34, 30],
      ['unallocated', 64, 512 - 64],
    ]);
    const [first, second] = runs.flatMap((run) => ('hostOffset' in run ? [run.hostOffset] : []));
    expect(second - first).toBe(8 * sub);
  });

  it('begins at the cluster asked for', () => {
    const image = builder().write(0, 8);
    expect(mapped(image, 3 * CLUSTER + 5).map(briefly)).toEqual([
      ['normal', 3, 5],
      ['unallocated', 8, 56],
    ]);
    expect(mapped(image, 4 * MIB)).toEqual([]);
  });

  it('goes on behind a damaged entry, and says what QEMU says', () => {
    const file = layOut(builder().write(0, 3));
    const image = openedMappable(file);
    const l2 = Number(image.l1.entry(0) & 0x00ffffff_fffffe00n);
    const [, damaged, after] = guestMap(
      openedMappable(poked(file, [poke(l2 + 8, 0x8000_0000_0005_0200n)])),
    );
    expect(damaged).toEqual({
      kind: 'damaged',
      start: CLUSTER,
      length: CLUSTER,
      message: `Cluster allocation offset 0x50200 unaligned (L2 offset: 0x${l2.toString(16)}, L2 index: 0x1)`,
    });
    expect(briefly(after)).toEqual(['normal', 2, 1]);
  });

  it('takes a damaged L1 entry for a stretch as long as its table', () => {
    const file = layOut(builder({ virtualSize: PER_TABLE + MIB }).write(0));
    const l1 = openedMappable(file).l1.offset;
    const image = openedMappable(poked(file, [poke(l1, 0x8000_0000_0005_0200n)]));
    expect([...guestMap(image)]).toEqual([
      {
        kind: 'damaged',
        start: 0,
        length: PER_TABLE,
        message: 'L2 table offset 0x50200 unaligned (L1 index: 0)',
      },
      { kind: 'unallocated', start: PER_TABLE, length: MIB },
    ]);
  });
});

/** A layer of these runs, which counts how often it is asked for them. */
class FakeLayer implements GuestLayer {
  starts: number[] = [];
  readonly size: number;

  constructor(
    readonly list: readonly GuestRun[],
    readonly step = Infinity,
  ) {
    this.size = list.reduce((end, run) => Math.max(end, run.start + run.length), 0);
  }

  *runs(from: number): Generator<GuestRun, void, void> {
    this.starts.push(from);
    yield* this.list.filter((run) => run.start + run.length > from);
  }
}

describe('layeredMap', () => {
  const hole = (start: number, length: number): GuestRun => ({
    kind: 'unallocated',
    start,
    length,
  });
  const data = (start: number, length: number): GuestRun => ({
    kind: 'normal',
    start,
    length,
    hostOffset: 10_000 + start,
  });

  it('looks below where a layer has nothing, as far as the one below reaches', () => {
    const top = new FakeLayer([data(0, 100), hole(100, 300), data(400, 100), hole(500, 500)]);
    const below = new FakeLayer([data(0, 200), hole(200, 400)]);
    expect([...layeredMap([top, below])]).toEqual([
      { run: data(0, 100), depth: 0 },
      { run: data(100, 100), depth: 1 },
      { run: hole(200, 200), depth: 1 },
      { run: data(400, 100), depth: 0 },
      { run: hole(500, 100), depth: 1 },
      { run: hole(600, 400), depth: 0 },
    ]);
    expect(below.starts).toEqual([100]);
  });

  it('does not go through what is covered when it can skip it', () => {
    const top = new FakeLayer([hole(0, 1), data(1, 999), hole(1000, 1)]);
    const below = new FakeLayer([data(0, 2000)].flatMap(tenths), 200);
    expect([...layeredMap([top, below])].map(({ depth }) => depth)).toEqual([1, 0, 1]);
    expect(below.starts).toEqual([0, 1000]);
  });

  function tenths(run: GuestRun): GuestRun[] {
    return Array.from({ length: 10 }, (_, i) => data(run.start + (i * run.length) / 10, 200));
  }
});
