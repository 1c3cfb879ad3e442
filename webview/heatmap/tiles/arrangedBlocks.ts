import { HilbertCurve, type Curve } from '../../../src/core/picture/curve.js';
import {
  isWhole,
  piecesOf,
  putPiece,
  turnedCell,
  type Piece,
} from '../../../src/core/picture/pieces.js';
import type { MixedCells } from '../../../src/protocol/navigation.js';
import { BLOCK_EDGE } from '../../../src/protocol/limits.js';
import type { Query } from '../../../src/protocol/questions.js';

const BLOCK_BITS = Math.log2(BLOCK_EDGE);

/** Asks for the blocks that a block of the picture as it is arranged is made of, and puts them together. */
async function arranged<Block>(
  curve: Curve,
  query: Query<'cells'>,
  ask: (query: Query<'cells'>) => Promise<Block>,
  putTogether: (pieces: readonly Piece[], told: readonly Block[]) => Block,
): Promise<Block> {
  if (curve.name === 'rows') return ask(query);
  const place = { level: 0, x: query.x, y: query.y };
  const pieces = piecesOf(curve, new HilbertCurve(curve.clusters), place, BLOCK_BITS);
  const asked = new Map<string, Promise<Block>>();
  const told = pieces.map(({ block: { x, y } }) => {
    const known = asked.get(`${x} ${y}`) ?? ask({ curve: query.curve, x, y });
    asked.set(`${x} ${y}`, known);
    return known;
  });
  const all = await Promise.all(told);
  return isWhole(pieces, BLOCK_EDGE) ? all[0] : putTogether(pieces, all);
}

/** One number for each cell. */
export const arrangedNumbers = (
  curve: Curve,
  query: Query<'cells'>,
  ask: (query: Query<'cells'>) => Promise<Uint16Array>,
): Promise<Uint16Array> =>
  arranged(curve, query, ask, (pieces, told) => {
    const made = new Uint16Array(BLOCK_EDGE * BLOCK_EDGE);
    pieces.forEach((piece, index) => {
      putPiece(piece, BLOCK_EDGE, told[index], made);
    });
    return made;
  });

/** The subclusters of some cells, see MixedCells. */
export const arrangedMixed = (
  curve: Curve,
  query: Query<'cells'>,
  ask: (query: Query<'cells'>) => Promise<MixedCells>,
): Promise<MixedCells> =>
  arranged(curve, query, ask, (pieces, told) => ({
    cells: pieces.flatMap((piece, index) => {
      const { source, size } = piece;
      const { cells } = told[index];
      const made: number[] = [];
      for (let i = 0; i + 3 < cells.length; i += 4) {
        const [x, y] = [cells[i] % BLOCK_EDGE, Math.floor(cells[i] / BLOCK_EDGE)];
        if (x < source.x || y < source.y || x >= source.x + size || y >= source.y + size) continue;
        const at = turnedCell(piece, x, y);
        made.push(at.y * BLOCK_EDGE + at.x, ...cells.slice(i + 1, i + 4));
      }
      return made;
    }),
  }));
