import { describe, expect, it } from 'vitest';
import { newTile, TILE, type TileCells } from '../../../../src/core/picture/tile.js';
import { fit } from '../../../../webview/heatmap/camera.js';
import {
  cellOf,
  troubledCells,
  troubleOf,
  worstOfSquares,
} from '../../../../webview/heatmap/marks/markers.js';
import { ancestor, levelFor, visibleTiles } from '../../../../webview/heatmap/tiles/tiles.js';

const VIEW = { width: 1600, height: 900 };
const PICTURE = { width: 16384, height: 8192 };

/** The worst of each eight by eight cells. */
const markers = (cells: TileCells): { x: number; y: number; trouble: number }[] =>
  Array.from(worstOfSquares(cells, troubledCells(cells), 3), (packed) => ({
    x: cellOf(packed) % TILE,
    y: Math.floor(cellOf(packed) / TILE),
    trouble: troubleOf(packed),
  }));

describe('the tiles of a view', () => {
  it('come from the finest level whose cells are a device pixel wide or more', () => {
    expect(levelFor(1, 1, 6)).toBe(0);
    expect(levelFor(20, 1, 6)).toBe(0);
    expect(levelFor(0.99, 1, 6)).toBe(1);
    expect(levelFor(0.5, 1, 6)).toBe(1);
    expect(levelFor(0.5, 2, 6)).toBe(0);
    expect(levelFor(1e-6, 1, 6)).toBe(6);
  });

  it('cover the view and no more, the nearest to its middle first', () => {
    const camera = { x: 5000, y: 3000, scale: 1 };
    const places = visibleTiles(camera, PICTURE, VIEW, 0);
    expect(places).toHaveLength(7 * 5);
    expect(Math.min(...places.map(({ x }) => x))).toBe(Math.floor(4200 / TILE));
    expect(Math.max(...places.map(({ x }) => x))).toBe(Math.floor(5799 / TILE));
    expect(Math.min(...places.map(({ y }) => y))).toBe(Math.floor(2550 / TILE));
    expect(Math.max(...places.map(({ y }) => y))).toBe(Math.floor(3449 / TILE));
    expect(places[0]).toEqual({ level: 0, x: 19, y: 11 });
  });

  it('are few at any zoom', () => {
    const fitted = fit(PICTURE, VIEW).scale;
    for (let scale = fitted; scale < 96; scale *= 1.1) {
      const level = levelFor(scale, 1, 6);
      const places = visibleTiles({ x: 8000, y: 4000, scale }, PICTURE, VIEW, level);
      expect(places.length).toBeLessThanOrEqual(48);
    }
  });

  it('are part of a tile above them', () => {
    expect(ancestor({ level: 1, x: 5, y: 2 }, 0)).toEqual({
      place: { level: 1, x: 5, y: 2 },
      source: { x: 0, y: 0, size: 256 },
    });
    expect(ancestor({ level: 1, x: 5, y: 2 }, 2)).toEqual({
      place: { level: 3, x: 1, y: 0 },
      source: { x: 64, y: 128, size: 64 },
    });
  });
});

describe('trouble markers', () => {
  it('keep the worst of each neighbourhood, where it is', () => {
    const tile = newTile();
    tile.glyphs[3 * TILE + 17] = 10 | (1 << 5);
    tile.glyphs[5 * TILE + 18] = 10 | (3 << 5);
    tile.glyphs[200 * TILE + 255] = 2 << 5;
    expect(markers(tile)).toEqual([
      { x: 18, y: 5, trouble: 3 },
      { x: 255, y: 200, trouble: 2 },
    ]);
  });

  it('have a bound, even where all is in trouble', () => {
    expect(markers({ type: 'uniform', glyph: 1 << 5, mask: 1 << 15 })).toHaveLength(1024);
    expect(markers({ type: 'uniform', glyph: 0, mask: 1 << 15 })).toHaveLength(0);
  });
});
