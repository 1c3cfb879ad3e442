import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WINDOW_SIZE } from '../../../src/core/overlap/typeRuns.js';
import { createCurve } from '../../../src/core/picture/curve.js';
import { WindowGrid } from '../../../src/core/picture/windowGrid.js';
import { windowOf } from '../../../src/core/picture/windowNumber.js';

const MOST = 2 ** 31;
const names = fc.constantFrom('hilbert', 'rows');
const grids = fc
  .tuple(names, fc.oneof(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 1, max: MOST })))
  .map(([name, clusters]) => new WindowGrid(createCurve(name, clusters)));
const part = fc.double({ min: 0, max: 1, noNaN: true });
const pick = (where: number, length: number): number =>
  Math.min(length - 1, Math.floor(where * length));

/** What is visited when nothing but one place is to be. */
function blockAt(grid: WindowGrid, level: number, column: number, row: number): number {
  const found: number[] = [];
  const span = { left: column, top: row, right: column + 1, bottom: row + 1 };
  grid.visit(level, span, (block, x, y) => {
    expect([x, y]).toEqual([column, row]);
    found.push(block);
  });
  expect(found).toHaveLength(1);
  return found[0];
}

describe('the grid of windows', () => {
  it('has every cluster of a window at its place, and none else', () => {
    fc.assert(
      fc.property(grids, part, part, part, (grid, where, right, down) => {
        const { curve } = grid;
        const window = pick(where, grid.windows);
        const { x, y, width, height } = grid.place(window);
        expect(x + width).toBeLessThanOrEqual(curve.width);
        const { first, end } = grid.stretch(window);
        const inside = curve.point(first + pick(right, end - first));
        expect(inside.x >= x && inside.x < x + width).toBe(true);
        expect(inside.y >= y && inside.y < y + height).toBe(true);
        const cluster = curve.cluster(x + pick(right, width), y + pick(down, height));
        if (cluster === undefined) expect(grid.isCut(window)).toBe(true);
        else expect(windowOf(cluster)).toBe(window);
      }),
      { numRuns: 500 },
    );
  });

  it('has as many cells in a window as clusters', () => {
    fc.assert(
      fc.property(grids, part, (grid, where) => {
        const window = pick(where, grid.windows);
        const cells = grid
          .rectangles(window)
          .reduce((sum, { width, height }) => sum + width * height, 0);
        const { first, end } = grid.stretch(window);
        expect(cells).toBe(end - first);
        expect(grid.isCut(window)).toBe(end - first < WINDOW_SIZE);
      }),
    );
  });

  it('finds each window where it is', () => {
    fc.assert(
      fc.property(grids, part, (grid, where) => {
        const window = pick(where, grid.windows);
        const { x, y, width, height } = grid.place(window);
        expect(blockAt(grid, 0, x / width, y / height)).toBe(window);
      }),
    );
  });

  it('joins windows to blocks that lie where their windows do', () => {
    fc.assert(
      fc.property(grids, part, part, (grid, where, high) => {
        const window = pick(where, grid.windows);
        const { x, y } = grid.place(window);
        const level = pick(high, grid.top + 1);
        let block = window;
        for (let up = 0; up < level; up++) block = grid.parent(block);
        const size = grid.blockSize(level);
        const [column, row] = [Math.floor(x / size.width), Math.floor(y / size.height)];
        expect(blockAt(grid, level, column, row)).toBe(block);
        expect(block).toBeLessThan(grid.blocks(level));
      }),
    );
  });

  it('has nothing outside the file', () => {
    for (const name of ['hilbert', 'rows'] as const) {
      const grid = new WindowGrid(createCurve(name, 100_000));
      const found: number[] = [];
      grid.visit(0, { left: -1, top: -1, right: 99, bottom: 99 }, (window) => {
        found.push(window);
      });
      expect(found.sort((a, b) => a - b)).toEqual([...Array(25).keys()]);
    }
  });
});
