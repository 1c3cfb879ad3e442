import { DEFAULT_CACHES, DEFAULT_OVERLAP } from './defaults.js';
import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../src/core/byteSource.js';
import { type Layer, LAYERS, valuesOf, VIEWS, type Picture } from '../../src/core/picture/layer.js';
import { WINDOW_SIZE } from '../../src/core/overlap/typeRuns.js';
import { markOfCode } from '../../src/core/overlap/windowMarks.js';
import { DOMINANT_MASK, OUTSIDE } from '../../src/core/picture/tile.js';
import { ImageSession } from '../../src/session/imageSession.js';
import type { LayerAnswer } from '../../src/protocol/imageService.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut, type BuiltImage } from '../images/layOut.js';
import { fileBytes } from '../images/pieces.js';
import { MACHINE } from './machine.js';
import { guestCluster } from '../../src/core/units.js';

const GUESTS = 4096;

/** 16 MiB with 4 KiB clusters, a snapshot, a bitmap. */
function built(): BuiltImage {
  const image = new ImageBuilder({ virtualSize: GUESTS * 4096, clusterBits: 12 });
  image.write(0, 300).snapshot({ name: 'before' }).write(100, 50).zero(1000, 20);
  image.bitmap({ name: 'backup', granularityBits: 16, dirty: [[2, 3]] });
  return layOut(image);
}

const image = built();
const bytes = fileBytes(image);

function opened(): ImageSession {
  const session = new ImageSession(memorySource(bytes), 'a.qcow2', () => undefined, MACHINE);
  session.start();
  return session;
}

function finished(): ImageSession {
  const session = opened();
  while (session.advance(10));
  session.service.overlap({ options: DEFAULT_OVERLAP });
  return session;
}

/** Asks until the picture is there and counted. */
function counted(session: ImageSession, picture: Picture): Record<string, number> {
  for (let turn = 0; turn < 1000; turn++) {
    const answer = session.service.layer(picture);
    if (answer.state === 'failed') throw new Error(answer.message);
    if (answer.state === 'ready' && answer.counts) {
      const { counts } = answer;
      return Object.fromEntries(
        valuesOf(picture).flatMap((name, value) =>
          counts[value] > 0 ? [[name, counts[value]] as const] : [],
        ),
      );
    }
    session.advance(1);
  }
  throw new Error('never ready');
}

/** The same from the tile of the whole. */
function drawn(session: ImageSession, { view, layer }: Picture): Record<string, number> {
  const { cells } = session.service.tile({ view, layer, curve: 'rows', level: 0, x: 0, y: 0 });
  if (cells.type === 'uniform') throw new Error('expected a tile of unlike cells');
  const counts: Record<string, number> = {};
  for (const glyph of inflateRawSync(cells.bytes).subarray(0, 65_536)) {
    if ((glyph & DOMINANT_MASK) === OUTSIDE) continue;
    const name = valuesOf({ view, layer })[glyph & DOMINANT_MASK];
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Layers of what a workload has looked up. */
const HEATS: readonly Layer[] = ['heat', 'windowHeat'];

/** A workload has been run, to be shown. */
async function heated(text: string): Promise<ImageSession> {
  const session = finished();
  const caches = DEFAULT_CACHES;
  const workload = { kind: 'pattern', text } as const;
  const query = {
    workload,
    caches,
    overlap: DEFAULT_OVERLAP,
    cache: 'writeback',
    onMap: true,
  } as const;
  while ((await session.service.caches(query)).state === 'computing') session.advance(10);
  return session;
}

/** Layers of what repairs would do. */
const REPAIRS: readonly Layer[] = ['repairLeaks', 'repairAll'];
const REPAIRED: readonly Layer[] = ['afterLeaks', 'afterAll'];

const pictures = VIEWS.flatMap((view) =>
  LAYERS.filter((layer) => !['simulation', ...HEATS, ...REPAIRS, ...REPAIRED].includes(layer)).map(
    (layer): Picture => ({
      view,
      layer,
    }),
  ),
);

describe('a picture', () => {
  test.each(pictures)('has the tiles that its counts tell of: $view $layer', (picture) => {
    const session = finished();
    const counts = counted(session, picture);
    expect(drawn(session, picture)).toEqual(counts);
  });

  test('knows what a workload looks up, after it has been run', async () => {
    for (const layer of HEATS)
      expect(finished().service.layer({ view: 'host', layer })).toEqual({
        state: 'failed',
        message: 'run a workload in the Caches tab first',
      });
    // 512 clusters have an L2 table in common: of the first and the third there are 1000 look-ups.
    const session = await heated('strided:ops=2000,reads=0,stride=4M,size=8M,block=4K');
    const disk = { view: 'guest', layer: 'heat' } as const;
    const counts = counted(session, disk);
    expect(counts).toEqual({ none: GUESTS - 1024, 'heat-7': 1024 });
    expect(drawn(session, disk)).toEqual(counts);
    const answer = session.service.layer(disk);
    if (answer.state !== 'ready') throw new Error(answer.state);
    expect(answer.names.at(-1)).toMatch(/^\d+–1,\d{3}$/);
    const file = { view: 'host', layer: 'heat' } as const;
    const onHost = counted(session, file);
    expect(drawn(session, file)).toEqual(onHost);
    // The data of the first 300 clusters, which lie under the first table, and tables.
    expect(onHost['heat-7']).toBeGreaterThan(250);
    const ofWindows = { view: 'host', layer: 'windowHeat' } as const;
    const windows = counted(session, ofWindows);
    expect(drawn(session, ofWindows)).toEqual(windows);
    expect(Object.keys(windows)).toEqual(['heat-7']);
    const another = await heated('sequential:ops=1,block=4K');
    expect(counted(another, disk)).toEqual({ none: GUESTS - 512, 'heat-1': 512 });
  });

  test('knows what a repair would do, once it has been simulated', async () => {
    const session = finished();
    for (const layer of [...REPAIRS, ...REPAIRED])
      expect(session.service.layer({ view: 'host', layer })).toEqual({
        state: 'failed',
        message: 'preview the repair on the Overview first',
      });
    while ((await session.service.repairs({})).state === 'computing') session.advance(10);
    for (const view of VIEWS)
      for (const layer of REPAIRS) {
        const counts = counted(session, { view, layer });
        expect(drawn(session, { view, layer })).toEqual(counts);
        // With a bitmap about, any repair deletes the snapshot: what was shared is the disk's alone.
        expect(counts.refcount).toBeGreaterThanOrEqual(250);
      }
    for (const layer of REPAIRED) {
      // What the snapshot alone needed is given free, with its tables; the disk reads as before.
      const host = { view: 'host', layer } as const;
      const kinds = counted(session, host);
      const before = counted(session, { view: 'host', layer: 'kinds' });
      expect(drawn(session, host)).toEqual(kinds);
      expect(kinds['inactive-l1'] ?? 0).toBe(0);
      expect(before['inactive-l1']).toBeGreaterThan(0);
      expect(kinds.unallocated).toBeGreaterThanOrEqual(50);
      expect(counted(session, { view: 'guest', layer })).toEqual({
        normal: 300,
        'zero-plain': 20,
        unallocated: GUESTS - 320,
      });
    }
  });

  test('knows what the guest has', () => {
    expect(counted(finished(), { view: 'guest', layer: 'kinds' })).toEqual({
      normal: 50,
      shared: 250,
      'zero-plain': 20,
      unallocated: GUESTS - 320,
    });
  });

  test('knows what a snapshot alone keeps, and names it', () => {
    const session = finished();
    const picture = { view: 'host', layer: 'snapshots' } as const;
    // What was written over, and the snapshot's own L1 table and L2 table.
    expect(counted(session, picture)).toMatchObject({ 'only-1': 52, 'with-1': 250 });
    expect(session.service.layer(picture)).toMatchObject({ state: 'ready', names: ['before'] });
  });

  test('knows what is dirty, on the disk and in the file', () => {
    const session = finished();
    expect(counted(session, { view: 'guest', layer: 'bitmaps' })).toEqual({
      'only-1': 48,
      clean: GUESTS - 48,
    });
    expect(counted(session, { view: 'host', layer: 'bitmaps' })).toMatchObject({
      'only-1': 48,
      clean: 252,
    });
  });

  test('is computed after the scan, the one asked for last first', () => {
    const session = opened();
    const first = { view: 'guest', layer: 'kinds' } as const;
    const last = { view: 'host', layer: 'fragmentation' } as const;
    const state = (picture: Picture): LayerAnswer['state'] => session.service.layer(picture).state;
    expect(state(first)).toBe('computing');
    expect(() => session.service.tile({ ...first, curve: 'rows', level: 0, x: 0, y: 0 })).toThrow(
      'the layer kinds is being computed',
    );
    expect(session.service.layer({ view: 'host', layer: 'differences' }).state).toBe('ready');
    for (let turn = 0; turn < 1000 && state(last) === 'computing'; turn++) session.advance(0);
    expect(session.service.layer(last).state).toBe('ready');
    while (session.advance(10));
    expect(state(first)).toBe('ready');
  });

  test('is refused when the scan was cancelled, unless the map tells', () => {
    const session = opened();
    session.cancel();
    expect(session.service.layer({ view: 'guest', layer: 'kinds' })).toEqual({
      state: 'failed',
      message: 'the scan was cancelled',
    });
    expect(session.service.layer({ view: 'host', layer: 'refcounts' }).state).toBe('ready');
  });

  test('is refused for a disk of too many clusters', () => {
    const huge = bytes.slice();
    new DataView(huge.buffer).setBigUint64(24, 2n ** 62n);
    const session = new ImageSession(memorySource(huge), 'a.qcow2', () => undefined, MACHINE);
    session.start();
    while (session.advance(10));
    expect(session.service.layer({ view: 'guest', layer: 'fragmentation' })).toMatchObject({
      state: 'failed',
      message: 'the disk has more clusters than a picture can show',
    });
  });
});

test('damage of any kind ends in pictures, or in a reason why there is none', () => {
  const { l1, refcountTable, refcountBlocks, snapshotL1s, bitmapTables } = image.places;
  const tables = [l1, refcountTable, ...refcountBlocks, ...snapshotL1s, ...bitmapTables];
  const entry = fc.oneof(
    fc.constantFrom(...tables).chain((table) => fc.nat(3).map((index) => table + index * 8)),
    fc.nat(511).map((guest) => image.entryOffset(guest)),
  );
  const words = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.nat(bytes.length).map((offset) => (1n << 63n) | BigInt(offset)),
    fc.nat(400).map((cluster) => BigInt(cluster * 4096)),
    fc.nat(bytes.length).map((offset) => (1n << 62n) | BigInt(offset)),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(entry, words), { minLength: 1, maxLength: 6 }), (pokes) => {
      const damaged = bytes.slice();
      for (const [at, value] of pokes) new DataView(damaged.buffer).setBigUint64(at, value);
      const session = new ImageSession(memorySource(damaged), 'a.qcow2', () => undefined, MACHINE);
      session.start();
      for (const picture of pictures) session.service.layer(picture);
      while (session.advance(10));
      session.service.overlap({ options: DEFAULT_OVERLAP });
      for (const picture of pictures) {
        session.service.layer(picture);
        while (session.advance(10));
        const answer = session.service.layer(picture);
        if (answer.state === 'failed') continue;
        expect(answer.state).toBe('ready');
        expect(drawn(session, picture)).toEqual(counted(session, picture));
      }
      for (const [, value] of pokes)
        session.service.guestCluster({ cluster: guestCluster(Number(BigInt.asUintN(12, value))) });
    }),
    { numRuns: 40 },
  );
});

describe('the overlap windows', () => {
  // 512-byte clusters: a few windows of 2 MiB.
  const file = fileBytes(
    layOut(
      new ImageBuilder({ virtualSize: 2 ** 24, clusterBits: 9 })
        .write(0, 12_000)
        .snapshot({ name: 'a' })
        .write(100, 9000)
        .write(14_000, 3000),
    ),
  );
  const windowed = (): ImageSession => {
    const session = new ImageSession(memorySource(file), 'a.qcow2', () => undefined, MACHINE);
    session.start();
    while (session.advance(10));
    return session;
  };
  const picture: Picture = { view: 'host', layer: 'windows' };
  const generation = (session: ImageSession): number => {
    const answer = session.service.layer(picture);
    return answer.state === 'ready' ? answer.generation : -1;
  };

  test.each([
    [{ ...DEFAULT_OVERLAP, bitmapSize: '8K' }, undefined],
    [
      { ...DEFAULT_OVERLAP, bitmapSize: '8K', totalSizeLimit: '9000', limitPolicy: 'fail' },
      undefined,
    ],
    [DEFAULT_OVERLAP, 20],
  ])('give each cluster the state of its own: %o after %s operations', (options, position) => {
    const session = windowed();
    const answer = session.service.overlap({ options, position });
    if (answer.state !== 'built') throw new Error(answer.state);
    const expected: Record<string, number> = {};
    const clusters = file.length / 512;
    for (let i = 0, from = 0; i < answer.marks.length; from += answer.marks[i + 1], i += 2) {
      const { form, exposure } = markOfCode(answer.marks[i]);
      const end = Math.min((from + answer.marks[i + 1]) * WINDOW_SIZE, clusters);
      const name = exposure ?? form;
      expected[name] = (expected[name] ?? 0) + end - from * WINDOW_SIZE;
    }
    expect(Object.keys(expected).length).toBeGreaterThan(1);
    expect(counted(session, picture)).toEqual(expected);
    expect(drawn(session, picture)).toEqual(expected);
  });

  test('are those that were asked for last, under a new generation if they differ', () => {
    const session = windowed();
    expect(session.service.layer(picture).state).toBe('computing');
    session.service.overlap({ options: DEFAULT_OVERLAP });
    const first = generation(session);
    session.service.overlap({ options: DEFAULT_OVERLAP, position: undefined });
    expect(generation(session)).toBe(first);
    session.service.overlap({ options: { ...DEFAULT_OVERLAP, bitmapSize: '8K' } });
    expect(generation(session)).toBeGreaterThan(first);
    expect(counted(session, { view: 'guest', layer: 'windows' })).toHaveProperty('cached');
  });

  test('are not there where nothing is guarded', () => {
    const session = windowed();
    const guest: Picture = { view: 'guest', layer: 'windows' };
    session.service.overlap({ options: DEFAULT_OVERLAP });
    counted(session, guest);
    session.service.overlap({ options: { ...DEFAULT_OVERLAP, overlapCheck: 'none' } });
    const failed = { state: 'failed', message: 'nothing is guarded' };
    expect(session.service.layer(picture)).toEqual(failed);
    expect(session.service.layer(guest)).toEqual(failed);
    session.service.overlap({ options: DEFAULT_OVERLAP });
    expect(counted(session, picture)).toHaveProperty('cached');
  });
});

describe('pictures that have not been used for long', () => {
  const first: Picture = { view: 'guest', layer: 'kinds' };
  const others: readonly Picture[] = [
    { view: 'host', layer: 'refcounts' },
    { view: 'host', layer: 'snapshots' },
    { view: 'guest', layer: 'bitmaps' },
    { view: 'host', layer: 'differences' },
  ];
  const place = { curve: 'rows', level: 0, x: 0, y: 0 } as const;

  test('are given up, and computed again when they are asked for', () => {
    const session = finished();
    const before = counted(session, first);
    for (const picture of others) counted(session, picture);
    for (const picture of others) expect(session.service.layer(picture).state).toBe('ready');
    expect(session.service.layer(first).state).toBe('computing');
    expect(counted(session, first)).toEqual(before);
    expect(session.service.layer({ view: 'host', layer: 'kinds' }).state).toBe('ready');
  });

  test('are drawn at once where a panel shows them still', () => {
    const session = finished();
    counted(session, first);
    const before = session.service.tile({ ...first, ...place });
    for (const picture of others) counted(session, picture);
    expect(session.service.tile({ ...first, ...place })).toEqual(before);
    expect(session.service.layer(first).state).toBe('ready');
  });

  test('stay while their tiles are asked for', () => {
    const session = finished();
    counted(session, first);
    for (const picture of others) {
      counted(session, picture);
      session.service.tile({ ...first, ...place });
    }
    const answer = session.service.layer(first);
    expect(answer.state === 'ready' && answer.counts !== undefined).toBe(true);
  });
});

describe('the conflict map', () => {
  const swept = (session: ImageSession, overlapCheck: string) => {
    const options = {
      overlap: { ...DEFAULT_OVERLAP, overlapCheck },
      caches: DEFAULT_CACHES,
      engine: 'today',
      cache: 'writethrough',
      discardNoUnref: false,
    } as const;
    for (;;) {
      const answer = session.service.simulateSweep({ options });
      if (answer.state !== 'computing') return answer;
    }
  };

  test('is shown on the disk and in the file, once there is one', () => {
    const session = finished();
    const picture: Picture = { view: 'guest', layer: 'simulation' };
    expect(session.service.layer(picture)).toEqual({
      state: 'failed',
      message: 'sweep the disk in the Simulate tab first',
    });
    const answer = swept(session, 'cached');
    if (answer.state !== 'known') throw new Error(answer.state);
    const told = answer.counts.filter(({ clusters }) => clusters > 0);
    expect(counted(session, picture)).toEqual(
      Object.fromEntries(told.map(({ fate, clusters }) => [fate, clusters])),
    );
    expect(counted(session, picture)).toEqual({ safe: GUESTS });
    expect(counted(session, { view: 'host', layer: 'simulation' }).safe).toBeGreaterThan(20);
  });

  test('is replaced by the next, under a new generation', () => {
    const session = finished();
    const generation = (): number => {
      const picture: Picture = { view: 'guest', layer: 'simulation' };
      counted(session, picture);
      const answer = session.service.layer(picture);
      return answer.state === 'ready' ? answer.generation : -1;
    };
    swept(session, 'cached');
    const before = generation();
    swept(session, 'none');
    expect(generation()).toBeGreaterThan(before);
  });
});

describe('a guest cluster', () => {
  test('is told with its entry, its place and who shares it', () => {
    const session = finished();
    const detail = session.service.guestCluster({ cluster: guestCluster(7) });
    expect(detail).toMatchObject({
      guestOffset: 7 * 4096,
      kind: 'shared',
      l1Index: 0,
      l2Index: 7,
      copied: false,
      stored: '2',
      sharedByCount: 1,
      sharedBy: [{ index: 0, name: 'before' }],
      subclusters: [],
    });
    const [host] = detail.hostClusters;
    expect(detail.dataOffset).toBe(host * 4096);
    const owners = session.service.cluster({ cluster: host }).owners;
    expect(owners).toContainEqual(
      expect.objectContaining({
        type: 'l2-entry',
        guestOffset: 7 * 4096,
        entryOffset: detail.entryOffset,
      }),
    );
    expect(session.service.guestCluster({ cluster: guestCluster(120) })).toMatchObject({
      kind: 'normal',
      copied: true,
      sharedByCount: 0,
    });
  });

  test('past the end of the disk is named with both numbers', () => {
    expect(() => finished().service.guestCluster({ cluster: guestCluster(GUESTS) })).toThrow(
      'guest cluster 4096: expected one below 4096, the end of the disk',
    );
  });
});
