import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINDS_SHIFT, ONE_REFERENCE } from '../../../src/core/map/cell.js';
import { ClusterMap } from '../../../src/core/map/clusterMap.js';
import { KINDS } from '../../../src/core/map/kinds.js';
import { HilbertCurve } from '../../../src/core/picture/curve.js';
import { mapLayer } from '../../../src/core/picture/mapLayers.js';
import { AS_DOMINANT, Rarity } from '../../../src/core/picture/rarity.js';
import { cellAt, countValues, glyphOf } from '../../../src/core/picture/source.js';
import {
  DOMINANT_MASK,
  glyphOfKind,
  maskOfValue,
  OUTSIDE,
  TILE,
} from '../../../src/core/picture/tile.js';
import { TilePyramid } from '../../../src/core/picture/tilePyramid.js';

const HOST = { view: 'host', layer: 'kinds' } as const;
const CLUSTERS = 700 * 700;
const LEVELS = [0, 1, 2, 3];

const finish = <Result>(steps: Generator<unknown, Result>): Result => {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
};

/** What a cell of a level must be painted with, by looking at each of its clusters. */
function byHand(values: readonly number[], counts: readonly number[], level: number): number {
  const cells = CLUSTERS / 4 ** level;
  const painting = [...new Set(values)].filter((value) => counts[value] <= cells / 4);
  return painting.sort((a, b) => counts[a] - counts[b])[0];
}

describe('a cell that stands for many clusters', () => {
  it('is painted with its rarest value at every level, as looking at each cluster says', () => {
    const run = fc.record({
      bit: fc.nat(KINDS.length - 1),
      at: fc.nat(CLUSTERS - 1),
      clusters: fc.oneof(fc.constant(1), fc.nat(300), fc.nat(90_000)),
    });
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 30 }), (runs) => {
        const map = new ClusterMap(CLUSTERS);
        for (const { bit, at, clusters } of runs)
          map.fill(
            at,
            Math.min(CLUSTERS, at + clusters),
            ((1 << bit) << KINDS_SHIFT) | ONE_REFERENCE | 1,
          );
        const source = mapLayer('kinds', map);
        const counts = finish(countValues(source));
        // A tie has no rarest.
        const held = counts.filter((count) => count > 0);
        fc.pre(new Set(held).size === held.length);
        const rarity = new Rarity(HOST, CLUSTERS, counts);
        const curve = new HilbertCurve(CLUSTERS);
        const pyramid = new TilePyramid(source, curve);
        for (const { at } of runs)
          for (const level of LEVELS) {
            const point = curve.point(at);
            const [x, y] = [point.x >>> level, point.y >>> level];
            const tile = pyramid.tile(level, Math.floor(x / TILE), Math.floor(y / TILE));
            const place = (y % TILE) * TILE + (x % TILE);
            const mask = tile.type === 'uniform' ? tile.mask : tile.masks[place];
            const glyph = tile.type === 'uniform' ? tile.glyph : tile.glyphs[place];
            const painted = rarity.table(level)[mask];
            const clusters: number[] = [];
            for (let row = y << level; row < (y + 1) << level; row++)
              for (let column = x << level; column < (x + 1) << level; column++) {
                const cluster = curve.cluster(column, row);
                if (cluster !== undefined)
                  clusters.push(glyphOf(cellAt(source, cluster)) & DOMINANT_MASK);
              }
            const wanted = level === 0 ? undefined : byHand(clusters, counts, level);
            if (wanted !== undefined) expect(painted).toBe(wanted);
            else {
              expect(painted).toBe(AS_DOMINANT);
              expect(clusters).toContain(glyph & DOMINANT_MASK);
            }
          }
      }),
      { numRuns: 30 },
    );
  });
});

describe('what is rare', () => {
  const counts = new Array<number>(32).fill(0);
  counts[glyphOfKind('main-header')] = 1;
  counts[glyphOfKind('active-l2')] = 768;
  counts[glyphOfKind('data')] = 390_000;
  counts[glyphOfKind('unallocated')] = 2447;
  const rarity = new Rarity(HOST, 393_216, counts);
  const bits = (...kinds: Parameters<typeof glyphOfKind>[0][]): number =>
    kinds.reduce((mask, kind) => mask | maskOfValue(glyphOfKind(kind)), 0);

  it('wins over what is more frequent, and what no cluster counts as never does', () => {
    const table = rarity.table(2);
    expect(table[bits('data', 'active-l2', 'main-header')]).toBe(glyphOfKind('main-header'));
    expect(table[bits('data', 'active-l2')]).toBe(glyphOfKind('active-l2'));
    expect(table[bits('data', 'inactive-l2')]).toBe(AS_DOMINANT);
    expect(table[bits('data')]).toBe(AS_DOMINANT);
    expect(table[0]).toBe(AS_DOMINANT);
  });

  it('does not paint where it would hide more than a quarter of the picture', () => {
    const isPainted = (level: number): boolean =>
      rarity.table(level)[bits('data', 'active-l2')] !== AS_DOMINANT;
    expect([1, 2, 3, 4, 5].map(isPainted)).toEqual([true, true, true, false, false]);
  });

  it('is structures, before anything has been counted', () => {
    const early = new Rarity(HOST, 393_216, undefined);
    const table = early.table(3);
    expect(table[bits('data', 'active-l2', 'active-l1')]).toBe(glyphOfKind('active-l1'));
    expect(table[bits('data', 'compressed')]).toBe(AS_DOMINANT);
    expect(early.marked & bits('data', 'compressed', 'unallocated')).toBe(0);
  });

  it('is not looked for outside the file', () => {
    expect(rarity.order).not.toContain(OUTSIDE);
  });
});
