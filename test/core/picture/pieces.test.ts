import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HilbertCurve } from '../../../src/core/picture/curve.js';
import { piecesOf, putPiece, turnedCell } from '../../../src/core/picture/pieces.js';

const BITS = 3;
const EDGE = 2 ** BITS;

/** The least cluster of each cell of a block plus 1, 0 where there is none. */
function block(curve: HilbertCurve, level: number, x: number, y: number): Uint16Array {
  const cells = new Uint16Array(EDGE * EDGE);
  for (let row = 0; row < EDGE; row++)
    for (let column = 0; column < EDGE; column++) {
      let least = Infinity;
      for (let dy = 0; dy < 2 ** level; dy++)
        for (let dx = 0; dx < 2 ** level; dx++) {
          const cluster = curve.cluster(
            (x * EDGE + column) * 2 ** level + dx,
            (y * EDGE + row) * 2 ** level + dy,
          );
          least = Math.min(least, cluster ?? Infinity);
        }
      if (least < Infinity) cells[row * EDGE + column] = least + 1;
    }
  return cells;
}

describe('the pieces of a block in another arrangement', () => {
  it('put together are what the arrangement has there, at every level', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.nat(3),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(3),
        (clusters, smaller, columns, level) => {
          const told = new HilbertCurve(clusters);
          const order = Math.max(0, told.order - smaller);
          fc.pre(level <= order);
          const squares = Math.ceil(clusters / 4 ** order);
          const arranged = new HilbertCurve(clusters, {
            order,
            columns: Math.min(columns, squares),
          });
          const width = EDGE * 2 ** level;
          for (let y = 0; y * width < arranged.height; y++)
            for (let x = 0; x * width < arranged.width; x++) {
              const made = new Uint16Array(EDGE * EDGE);
              for (const piece of piecesOf(arranged, told, { level, x, y }, BITS)) {
                const from = block(told, level, piece.block.x, piece.block.y);
                putPiece(piece, EDGE, from, made);
                const at = turnedCell(piece, piece.source.x, piece.source.y);
                expect(made[at.y * EDGE + at.x]).toBe(from[piece.source.y * EDGE + piece.source.x]);
              }
              expect(made).toEqual(block(arranged, level, x, y));
            }
        },
      ),
      { numRuns: 80 },
    );
  });
});
