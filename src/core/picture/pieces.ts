import {
  hilbertIndex,
  hilbertStep,
  type HilbertCurve,
  type Orientation,
  type Point,
} from './curve.js';

/**
 * The cells of one arrangement of the Hilbert curve are those of another, square by square, turned.
 * So what has been told of one arrangement serves all.
 */
export interface Piece {
  /** Column and row of the block, in the other arrangement, in which the cells are. */
  readonly block: Point;
  /** Where they begin in that block, and in the one that is put together. */
  readonly source: Point;
  readonly target: Point;
  /** Cells that the piece is wide and high. */
  readonly size: number;
  /** How it is to be turned. */
  readonly orientation: Orientation;
}

/**
 * Where the cells of a block of 2^bits × 2^bits cells of a level are in another arrangement. What
 * is outside the file is in no piece. A square of `arranged` is no larger than one of `told`, and no
 * smaller than a cell.
 */
export function piecesOf(
  arranged: HilbertCurve,
  told: HilbertCurve,
  { level, x, y }: { readonly level: number; readonly x: number; readonly y: number },
  bits: number,
): Piece[] {
  const edge = 2 ** (bits + level);
  const side = 2 ** arranged.order;
  const width = Math.min(edge, side);
  const depth = Math.log2(side / width);
  const size = width / 2 ** level;
  const pieces: Piece[] = [];
  for (let top = y * edge; top < Math.min((y + 1) * edge, arranged.height); top += width)
    for (let left = x * edge; left < Math.min((x + 1) * edge, arranged.width); left += width) {
      const [column, row] = [Math.floor(left / side), Math.floor(top / side)];
      const square = arranged.squareIn(column, row);
      const turned = arranged.squareAt(square).orientation;
      const [inX, inY] = [(left - column * side) / width, (top - row * side) / width];
      const index = hilbertIndex(depth, inX, inY, turned);
      const first = square * 4 ** arranged.order + index * width * width;
      if (first >= arranged.clusters) continue;
      const from = place(told, first, width);
      const block = { x: Math.floor(from.x / edge), y: Math.floor(from.y / edge) };
      pieces.push({
        block,
        source: {
          x: (from.x - block.x * edge) / 2 ** level,
          y: (from.y - block.y * edge) / 2 ** level,
        },
        target: { x: (left - x * edge) / 2 ** level, y: (top - y * edge) / 2 ** level },
        size,
        orientation: turned ^ hilbertStep(depth, index).orientation ^ from.orientation,
      });
    }
  return pieces;
}

/** The corner of the square of `width` × `width` cells that begins with a cluster, and how it is turned. */
function place(
  curve: HilbertCurve,
  first: number,
  width: number,
): Point & { readonly orientation: Orientation } {
  const side = 2 ** curve.order;
  const number = Math.floor(first / side ** 2);
  const square = curve.squareAt(number);
  const depth = Math.log2(side / width);
  const step = hilbertStep(depth, (first - number * side ** 2) / width ** 2);
  const turn = square.orientation >>> 1 ? side / width - 1 : 0;
  const [x, y] = square.orientation & 1 ? [step.y, step.x] : [step.x, step.y];
  return {
    x: square.x * side + (x ^ turn) * width,
    y: square.y * side + (y ^ turn) * width,
    orientation: square.orientation ^ step.orientation,
  };
}

/** Where a cell of a piece goes: its column and row in the block that is put together. */
export function turnedCell(
  { source, target, size, orientation }: Piece,
  x: number,
  y: number,
): Point {
  const turn = orientation >>> 1 ? size - 1 : 0;
  const [inX, inY] = [x - source.x, y - source.y];
  const [turnedX, turnedY] = orientation & 1 ? [inY, inX] : [inX, inY];
  return { x: target.x + (turnedX ^ turn), y: target.y + (turnedY ^ turn) };
}

/** Puts the cells of a piece, row by row in blocks of `edge` × `edge`, to where they go. */
export function putPiece<Cells extends Uint8Array | Uint16Array>(
  piece: Piece,
  edge: number,
  from: Cells,
  to: Cells,
): void {
  const { source, target, size, orientation } = piece;
  for (let y = 0; y < size; y++) {
    const start = (source.y + y) * edge + source.x;
    if (orientation === 0) {
      to.set(from.subarray(start, start + size), (target.y + y) * edge + target.x);
      continue;
    }
    const first = turnedCell(piece, source.x, source.y + y);
    const step = (orientation & 1 ? edge : 1) * (orientation >>> 1 ? -1 : 1);
    let at = first.y * edge + first.x;
    for (let i = 0; i < size; i++, at += step) to[at] = from[start + i];
  }
}

/** The whole block is one piece that lies as it is to lie. */
export const isWhole = (pieces: readonly Piece[], edge: number): boolean =>
  pieces.length === 1 && pieces[0].size === edge && pieces[0].orientation === 0;
