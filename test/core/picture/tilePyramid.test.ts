import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { KINDS_SHIFT, troubleOf } from '../../../src/core/map/cell.js';
import { Budget } from '../../../src/core/map/budget.js';
import { CHUNK, ClusterMap } from '../../../src/core/map/clusterMap.js';
import { BIT, KINDS } from '../../../src/core/map/kinds.js';
import { createCurve, type Curve, type CurveName } from '../../../src/core/picture/curve.js';
import { cellAt, glyphOf } from '../../../src/core/picture/source.js';
import {
  DOMINANT_MASK,
  glyphOfKind,
  kindOfDominant,
  OUTSIDE,
  RANK,
  TILE,
  TILE_CELLS,
  topLevel,
  UNALLOCATED_BIT,
  type TileCells,
} from '../../../src/core/picture/tile.js';
import { holdings } from '../../../src/core/picture/layer.js';
import { mapLayer } from '../../../src/core/picture/mapLayers.js';
import { TilePyramid } from '../../../src/core/picture/tilePyramid.js';

const CURVES: readonly CurveName[] = ['hilbert', 'rows'];
const DATA = (BIT.data << KINDS_SHIFT) | 0x0101;
const L2 = (BIT.activeL2 << KINDS_SHIFT) | 0x0101;

interface Picked {
  readonly glyph: number;
  readonly mask: number;
}

/** Seeded cells in runs, as images have them, with overlaps and wrong refcounts among them. */
function randomMap(clusters: number, seed: number): ClusterMap {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const map = new ClusterMap(clusters, new Budget(2 ** 30));
  for (let index = 0; index < map.chunkCount; index++) {
    if (random(4) === 0) continue;
    const cells = map.writable(index);
    for (let i = 0; i < CHUNK;) {
      const kinds = random(9) === 0 ? random(1 << KINDS.length) : 1 << random(KINDS.length);
      const cell =
        random(5) === 0 ? 0 : ((kinds << KINDS_SHIFT) | (random(3) << 8) | random(3)) >>> 0;
      const end = i + 1 + random(40);
      cells.fill(cell, i, end);
      i = end;
    }
  }
  return map;
}

/** The picture at level 0, one cluster at a time. */
function naiveCell(map: ClusterMap, curve: Curve, x: number, y: number): Picked {
  const cluster = curve.cluster(x, y);
  if (cluster === undefined) return { glyph: OUTSIDE, mask: 0 };
  const cell = map.cell(cluster);
  const dominant = KINDS.filter((_, bit) => (cell >>> (KINDS_SHIFT + bit)) & 1)
    .map(glyphOfKind)
    .sort((a, b) => RANK[b] - RANK[a])
    .at(0);
  return {
    glyph: (dominant ?? 0) | (troubleOf(cell) << 5),
    mask: cell >>> KINDS_SHIFT || UNALLOCATED_BIT,
  };
}

function naiveParent(cells: readonly Picked[]): Picked {
  const inside = cells.map(({ glyph }) => glyph & 31).filter((value) => value !== OUTSIDE);
  const votes = (value: number): number => inside.filter((other) => other === value).length;
  const dominant = inside.sort((a, b) => votes(b) - votes(a) || RANK[b] - RANK[a]).at(0);
  return {
    glyph: (dominant ?? OUTSIDE) | (Math.max(...cells.map(({ glyph }) => glyph >>> 5)) << 5),
    mask: cells.reduce((mask, cell) => mask | cell.mask, 0),
  };
}

const pick = (tile: TileCells, index: number): Picked =>
  tile.type === 'uniform'
    ? { glyph: tile.glyph, mask: tile.mask }
    : { glyph: tile.glyphs[index], mask: tile.masks[index] };

function expectWholePyramid(map: ClusterMap, curve: Curve): void {
  const pyramid = new TilePyramid(mapLayer('kinds', map), curve);
  let edge = TILE * 2 ** topLevel(curve);
  let naive: Picked[] = [];
  for (let level = 0; level <= topLevel(curve); level++, edge /= 2) {
    const below = naive;
    naive = new Array<Picked>(edge * edge);
    for (let y = 0; y < edge; y++) {
      for (let x = 0; x < edge; x++) {
        const at = 4 * y * edge + 2 * x;
        naive[y * edge + x] =
          level === 0
            ? naiveCell(map, curve, x, y)
            : naiveParent([
                below[at],
                below[at + 1],
                below[at + 2 * edge],
                below[at + 2 * edge + 1],
              ]);
      }
    }
    for (let ty = 0; ty < edge / TILE; ty++) {
      for (let tx = 0; tx < edge / TILE; tx++) {
        const tile = pyramid.tile(level, tx, ty);
        let wrong = 0;
        for (let i = 0; i < TILE_CELLS; i++) {
          const is = pick(tile, i);
          const should = naive[(ty * TILE + Math.floor(i / TILE)) * edge + tx * TILE + (i % TILE)];
          if (is.glyph !== should.glyph || is.mask !== should.mask) wrong++;
        }
        expect(wrong, `${curve.name}, level ${level}, tile ${tx}, ${ty}`).toBe(0);
      }
    }
  }
}

describe('the tile pyramid', () => {
  it.each(CURVES)('equals a naive reduction, cell for cell (%s)', (name) => {
    for (const [clusters, seed] of [
      [1, 1],
      [20, 2],
      [40_000, 3],
      [3 * CHUNK + 77, 4],
      [11 * CHUNK - 1, 5],
    ]) {
      expectWholePyramid(randomMap(clusters, seed), createCurve(name, clusters));
    }
  });

  it.each(CURVES)(
    'never reads cells of a uniform map: 2^31 clusters are one value (%s)',
    (name) => {
      const map = new ClusterMap(2 ** 31, new Budget(0));
      const cell = vi.spyOn(map, 'cell');
      const curve = createCurve(name, map.clusters);
      const top = new TilePyramid(mapLayer('kinds', map), curve).tile(topLevel(curve), 0, 0);
      const empty = { glyph: 0, mask: UNALLOCATED_BIT };
      expect(pick(top, 0)).toEqual(empty);
      expect(pick(top, (TILE / 2) * TILE - 1)).toEqual(empty);
      expect(cell).not.toHaveBeenCalled();
    },
  );

  it.each(CURVES)('shows one bad cluster in two thousand million at the top level (%s)', (name) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (bad) => {
        const map = new ClusterMap(2 ** 31, new Budget(2 ** 16));
        map.writable(Math.floor(bad / CHUNK))[bad % CHUNK] = L2 | DATA;
        const curve = createCurve(name, map.clusters);
        const level = topLevel(curve);
        const top = new TilePyramid(mapLayer('kinds', map), curve).tile(level, 0, 0);
        const { x, y } = curve.point(bad);
        const at = Math.floor(y / 2 ** level) * TILE + Math.floor(x / 2 ** level);
        expect(pick(top, at)).toEqual({
          glyph: 3 << 5,
          mask: UNALLOCATED_BIT | BIT.activeL2 | BIT.data,
        });
      }),
      { numRuns: 5 },
    );
  });

  it('keeps tiles until it is told that the map changed', () => {
    const map = new ClusterMap(4 * CHUNK, new Budget(2 ** 24));
    const pyramid = new TilePyramid(mapLayer('kinds', map), createCurve('hilbert', map.clusters));
    expect(pick(pyramid.tile(1, 0, 0), 0).glyph).toBe(0);
    map.writable(0).fill(DATA);
    expect(pick(pyramid.tile(1, 0, 0), 0).glyph).toBe(0);
    pyramid.invalidate();
    expect(kindOfDominant(pick(pyramid.tile(1, 0, 0), 0).glyph)).toBe('data');
  });

  it('gives the same tiles when nothing fits its budget', () => {
    const map = randomMap(20 * CHUNK, 6);
    const curve = createCurve('hilbert', map.clusters);
    const level = topLevel(curve);
    expect(new TilePyramid(mapLayer('kinds', map), curve, undefined, 0).tile(level, 0, 0)).toEqual(
      new TilePyramid(mapLayer('kinds', map), curve).tile(level, 0, 0),
    );
  });
});

describe('the share of a cell that holds anything', () => {
  const HOLDS = holdings({ view: 'host', layer: 'kinds' });

  it.each(['hilbert', 'rows'] as const)('is that of its clusters, cell for cell (%s)', (name) => {
    const map = randomMap(3000 * CHUNK, 3);
    const curve = createCurve(name, map.clusters);
    const source = mapLayer('kinds', map);
    const pyramid = new TilePyramid(source, curve, HOLDS);
    const level = topLevel(curve);
    const tile = pyramid.tile(level, 0, 0);
    if (tile.type === 'uniform' || !tile.shares) throw new Error('there are no shares');
    const edge = 2 ** level;
    let seen = 0;
    for (let place = 0; place < TILE * TILE; place++) {
      const [x, y] = [(place % TILE) * edge, Math.floor(place / TILE) * edge];
      let holding = 0;
      for (let dy = 0; dy < edge; dy++)
        for (let dx = 0; dx < edge; dx++) {
          const cluster = curve.cluster(x + dx, y + dy);
          if (cluster === undefined) continue;
          if (HOLDS[glyphOf(cellAt(source, cluster)) & DOMINANT_MASK]) holding++;
        }
      const share = (255 * holding) / edge ** 2;
      // Each level rounds once.
      expect(Math.abs(tile.shares[place] - share)).toBeLessThanOrEqual(Math.max(1, level / 2));
      expect(tile.shares[place] > 0).toBe(holding > 0);
      if (holding > 0 && share < 255) seen++;
    }
    expect(seen).toBeGreaterThan(100);
  });

  it('is not nothing for one cluster in two thousand million', () => {
    const map = new ClusterMap(2 ** 31 - 1, new Budget(2 ** 24));
    map.fill(1_234_567_890, 1_234_567_891, DATA);
    const curve = createCurve('hilbert', map.clusters);
    const tile = new TilePyramid(mapLayer('kinds', map), curve, HOLDS).tile(topLevel(curve), 0, 0);
    if (tile.type === 'uniform' || !tile.shares) throw new Error('there are no shares');
    expect([...tile.shares].filter((share) => share > 0)).toEqual([1]);
  });
});

describe('the dominant kind', () => {
  it('is guarded metadata before other metadata before contents before nothing', () => {
    const order = [
      'main-header',
      'inactive-l2',
      'crypto-header',
      'bitmap-data',
      'data',
      'unallocated',
    ] as const;
    const ranks = order.map((kind) => RANK[glyphOfKind(kind)]);
    expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
    expect(new Set(RANK.subarray(0, KINDS.length + 1)).size).toBe(KINDS.length + 1);
  });
});
