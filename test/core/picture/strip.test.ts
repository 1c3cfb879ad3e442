import { describe, expect, it } from 'vitest';
import { KINDS_SHIFT, ONE_REFERENCE } from '../../../src/core/map/cell.js';
import { ClusterMap } from '../../../src/core/map/clusterMap.js';
import { BIT } from '../../../src/core/map/kinds.js';
import { HilbertCurve } from '../../../src/core/picture/curve.js';
import { mapLayer } from '../../../src/core/picture/mapLayers.js';
import { FileStrip, type StripRows } from '../../../src/core/picture/strip.js';
import { glyphOfKind, maskOfValue, TROUBLE_SHIFT } from '../../../src/core/picture/tile.js';
import { TilePyramid } from '../../../src/core/picture/tilePyramid.js';

const ONCE = ONE_REFERENCE | 1;
const DATA = (BIT.data << KINDS_SHIFT) | ONCE;
const COMPRESSED = (BIT.compressed << KINDS_SHIFT) | ONCE;
const LEAK = 1;

function rowsOf(map: ClusterMap, rows: number): StripRows {
  const curve = new HilbertCurve(map.clusters);
  const source = mapLayer('kinds', map);
  return new FileStrip(new TilePyramid(source, curve), curve, source.ranks).rows(rows);
}

const strip = (map: ClusterMap, rows: number): readonly number[] => rowsOf(map, rows).glyphs;

describe('the strip of the whole file', () => {
  it('tells every cluster when there are as many rows', () => {
    const map = new ClusterMap(7);
    map.fill(2, 5, DATA);
    map.fill(6, 7, LEAK);
    const [data, free] = [glyphOfKind('data'), glyphOfKind('unallocated')];
    const leak = free | (1 << TROUBLE_SHIFT);
    expect(strip(map, 7)).toEqual([free, free, data, data, data, free, leak]);
    expect(strip(map, 14)).toEqual(
      [free, free, data, data, data, free, leak].flatMap((glyph) => [glyph, glyph]),
    );
  });

  it.each([3, 40_000, 5_000_000, 100_000_000])('has %i clusters in file order', (clusters) => {
    const map = new ClusterMap(clusters);
    map.fill(0, Math.ceil(clusters / 3), DATA);
    map.fill(Math.ceil((clusters * 2) / 3), clusters, COMPRESSED);
    const rows = 300;
    const glyphs = strip(map, rows);
    expect(glyphs).toHaveLength(rows);
    for (const [row, kind] of [
      [0, 'data'],
      [95, 'data'],
      [105, 'unallocated'],
      [195, 'unallocated'],
      [205, 'compressed'],
      [299, 'compressed'],
    ] as const)
      expect(glyphs[row]).toBe(glyphOfKind(kind));
  });

  it('shows a single leak in a large file, at its place', () => {
    const clusters = 20_000_000;
    const map = new ClusterMap(clusters);
    map.fill(0, clusters, DATA);
    const leaked = 13_333_333;
    map.fill(leaked, leaked + 1, LEAK);
    const rows = 900;
    const glyphs = strip(map, rows);
    const marked = glyphs.flatMap((glyph, row) => (glyph >>> TROUBLE_SHIFT === LEAK ? [row] : []));
    const row = Math.floor((leaked / clusters) * rows);
    expect(marked).toContain(row);
    expect(marked.length).toBeLessThanOrEqual(2);
    expect(new Set(glyphs.map((glyph) => glyph & 31))).toEqual(new Set([glyphOfKind('data')]));
  });

  it('says of every row what is in it, however rare', () => {
    const clusters = 20_000_000;
    const map = new ClusterMap(clusters);
    map.fill(0, clusters, DATA);
    map.fill(13_333_333, 13_333_334, COMPRESSED);
    const { glyphs, masks } = rowsOf(map, 900);
    const bit = maskOfValue(glyphOfKind('compressed'));
    const rows = masks.flatMap((mask, row) => ((mask & bit) === 0 ? [] : [row]));
    expect(rows).toContain(600);
    expect(rows.length).toBeLessThanOrEqual(2);
    expect(glyphs[600]).toBe(glyphOfKind('data'));
  });
});
