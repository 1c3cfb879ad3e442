import { describe, expect, it } from 'vitest';
import { newTile, OUTSIDE, TILE } from '../../../src/core/picture/tile.js';
import { countInView } from '../../../webview/heatmap/inView.js';
import { StoredTile } from '../../../webview/heatmap/tiles/storedTile.js';

const VIEW = { width: 100, height: 50 };
const whole = { x: 0, y: 0, size: TILE };

/** A tile at a place of the view, with cells so many pixels wide. */
const at = (tile: StoredTile, left: number, top: number, cell: number) => ({
  tile,
  source: whole,
  left,
  top,
  right: left + TILE * cell,
  bottom: top + TILE * cell,
});

describe('what is in view', () => {
  it('is counted cell by cell, with trouble or without', () => {
    const cells = newTile();
    cells.glyphs.fill(3);
    cells.glyphs[5 * TILE + 7] = 4 | (2 << 5);
    cells.glyphs[49 * TILE + 99] = OUTSIDE;
    const tile = new StoredTile({ level: 0, x: 0, y: 0 }, cells, 1);
    const { counts, exact } = countInView([at(tile, 0, 0, 1)], VIEW);
    expect(exact).toBe(true);
    expect([counts[3], counts[4], counts[OUTSIDE]]).toEqual([100 * 50 - 2, 1, 0]);
  });

  it('is a part of a tile that reaches beyond', () => {
    const tile = new StoredTile(
      { level: 0, x: 0, y: 0 },
      { type: 'uniform', glyph: 3, mask: 4 },
      1,
    );
    expect(countInView([at(tile, -2535, -2550, 10)], VIEW).counts[3]).toBe(3);
    expect(countInView([at(tile, 100, 0, 10)], VIEW).counts[3]).toBe(0);
  });

  it('is an estimate from afar', () => {
    const tile = new StoredTile(
      { level: 2, x: 0, y: 0 },
      { type: 'uniform', glyph: 3, mask: 4 },
      1,
    );
    const { counts, exact } = countInView([at(tile, 0, 0, 10)], VIEW);
    expect(exact).toBe(false);
    expect(counts[3]).toBe(10 * 5 * 16);
  });
});
