import { describe, expect, it, vi } from 'vitest';
import type { Tile } from '../../../../src/protocol/imageService.js';
import { TileStore } from '../../../../webview/heatmap/tiles/tileStore.js';
import type { Query } from '../../../../src/protocol/questions.js';

const KINDS = { view: 'host', layer: 'kinds' } as const;

interface Asked {
  readonly query: Query<'tile'>;
  answer(generation: number): Promise<void>;
  fail(): Promise<void>;
}

/** A store over 2^24 clusters (4096 × 4096 cells, four levels above 0) and what it asks for. */
function openStore(): { store: TileStore; asked: Asked[]; arrived: () => void } {
  const asked: Asked[] = [];
  const arrived = vi.fn();
  const store = new TileStore(
    (query) =>
      new Promise<Tile>((resolve, reject) => {
        const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
        asked.push({
          query,
          answer: (generation) => {
            resolve({ generation, cells: { type: 'uniform', glyph: 10, mask: 1 << 9 } });
            return turn();
          },
          fail: () => {
            reject(new Error('gone'));
            return turn();
          },
        });
      }),
    arrived,
  );
  store.reset({ ...KINDS, curve: 'hilbert', clusters: 2 ** 24 });
  store.setGeneration(1);
  return { store, asked, arrived };
}

const row = (y: number): { level: number; x: number; y: number }[] =>
  Array.from({ length: 16 }, (_, x) => ({ level: 0, x, y }));

describe('the tile store', () => {
  it('has at most eight requests on their way, the most urgent first', async () => {
    const { store, asked } = openStore();
    store.want(row(0));
    expect(asked.map(({ query }) => query.x)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await asked[3].answer(1);
    expect(asked).toHaveLength(9);
  });

  it('drops what only an older view wanted', async () => {
    const { store, asked } = openStore();
    store.want(row(0));
    store.want(row(5));
    expect(asked).toHaveLength(8);
    for (const each of asked.slice(0, 8)) await each.answer(1);
    expect(asked.slice(8).every(({ query }) => query.y === 5)).toBe(true);
  });

  it('draws what is above a tile until the tile arrives', async () => {
    const { store, asked, arrived } = openStore();
    const place = { level: 0, x: 9, y: 2 };
    expect(store.best(place, () => true)).toBeUndefined();
    store.want([{ level: 4, x: 0, y: 0 }, place]);
    await asked[0].answer(1);
    expect(arrived).toHaveBeenCalledTimes(1);
    expect(store.best(place, () => true)).toMatchObject({ source: { x: 144, y: 32, size: 16 } });
    await asked[1].answer(1);
    expect(store.best(place, () => true)).toMatchObject({ source: { x: 0, y: 0, size: 256 } });
  });

  it('draws the best that is not refused, or else what there is', async () => {
    const { store, asked } = openStore();
    const place = { level: 0, x: 0, y: 0 };
    store.want([{ level: 4, x: 0, y: 0 }, place]);
    await asked[0].answer(1);
    await asked[1].answer(1);
    const [above, old] = [store.get({ level: 4, x: 0, y: 0 }), store.get(place)];
    expect(store.best(place, (tile) => tile === above)?.tile).toBe(above);
    expect(store.best(place, () => false)?.tile).toBe(old);
    store.setGeneration(2);
    store.want([place]);
    await asked[2].answer(2);
    const fresh = store.get(place);
    expect(fresh).not.toBe(old);
    // Finer than the one above, though it is stale; gone when its successor has been drawn.
    expect(store.best(place, (tile) => tile !== fresh)?.tile).toBe(old);
    expect(store.best(place, () => true)?.tile).toBe(fresh);
    expect(store.best(place, (tile) => tile !== fresh)?.tile).toBe(above);
  });

  it('asks again for a stale tile, and keeps it until its successor arrives', async () => {
    const { store, asked } = openStore();
    const place = { level: 0, x: 0, y: 0 };
    store.want([place]);
    await asked[0].answer(1);
    store.want([place]);
    expect(asked).toHaveLength(1);
    store.setGeneration(2);
    store.want([place]);
    expect(asked).toHaveLength(2);
    expect(store.get(place)?.generation).toBe(1);
    await asked[1].answer(2);
    expect(store.get(place)?.generation).toBe(2);
  });

  it('does not ask again for what failed before the scan has come further', async () => {
    const { store, asked } = openStore();
    const place = { level: 0, x: 0, y: 0 };
    store.want([place]);
    await asked[0].fail();
    store.want([place]);
    expect(asked).toHaveLength(1);
    store.setGeneration(2);
    store.want([place]);
    expect(asked).toHaveLength(2);
  });

  it('forgets what comes in for another curve', async () => {
    const { store, asked } = openStore();
    const place = { level: 0, x: 0, y: 0 };
    store.want([place]);
    store.reset({ ...KINDS, curve: 'rows', clusters: 2 ** 24 });
    await asked[0].answer(1);
    expect(store.get(place)).toBeUndefined();
  });

  it('turns to another picture when it has a tile of it, and to the last one asked for', async () => {
    const { store, asked } = openStore();
    const next = { view: 'guest', layer: 'bitmaps', curve: 'rows', clusters: 2 ** 20 } as const;
    const superseded = store.first({ ...next, layer: 'kinds' });
    const first = store.first(next);
    expect(asked.map(({ query }) => query)).toMatchObject([
      { view: 'guest', layer: 'kinds', curve: 'rows', level: 2, x: 0, y: 0 },
      { view: 'guest', layer: 'bitmaps', curve: 'rows', level: 2, x: 0, y: 0 },
    ]);
    expect(store.picture).toEqual(KINDS);
    await asked[1].answer(5);
    await asked[0].answer(5);
    expect(await superseded).toBeUndefined();
    const tile = (await first)?.tile;
    expect(tile?.generation).toBe(5);
    store.reset(next, tile);
    expect(store.picture).toEqual({ view: 'guest', layer: 'bitmaps' });
    expect(store.get({ level: store.top, x: 0, y: 0 })).toBe(tile);
  });

  it('turns to a picture of which no tile can be had', async () => {
    const { store, asked } = openStore();
    const first = store.first({ ...KINDS, curve: 'rows', clusters: 100 });
    await asked[0].fail();
    expect(await first).toEqual({ tile: undefined });
  });
});
