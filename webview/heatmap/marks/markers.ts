import { TILE, TILE_CELLS, TROUBLE_SHIFT, type TileCells } from '../../../src/core/picture/tile.js';

/** The coarsest neighbourhoods: 32 × 32 cells. */
export const COARSEST = 5;

/** Cells in trouble: of each its trouble above its index in the tile, see `troubleOf` and `cellOf`. */
export type Troubled = Uint32Array;

const INDEX_BITS = 16;
const pack = (trouble: number, index: number): number => (trouble << INDEX_BITS) | index;
export const troubleOf = (packed: number): number => packed >>> INDEX_BITS;
export const cellOf = (packed: number): number => packed & (TILE_CELLS - 1);

/** All cells of a tile in trouble, in their order; none of one that is all in the same. */
export function troubledCells(cells: TileCells): Troubled {
  if (cells.type === 'uniform') return new Uint32Array(0);
  const { glyphs } = cells;
  let count = 0;
  for (let i = 0; i < TILE_CELLS; i++) if (glyphs[i] >>> TROUBLE_SHIFT !== 0) count++;
  const troubled = new Uint32Array(count);
  for (let i = 0, at = 0; at < count; i++) {
    const trouble = glyphs[i] >>> TROUBLE_SHIFT;
    if (trouble !== 0) troubled[at++] = pack(trouble, i);
  }
  return troubled;
}

/**
 * The worst cell of each square of 2^bits × 2^bits cells with trouble in it, so that what is drawn
 * has a bound, whatever the image. `bits` is at most `COARSEST`.
 */
export function worstOfSquares(cells: TileCells, troubled: Troubled, bits: number): Troubled {
  const columns = TILE >> bits;
  const worst = new Uint32Array(columns * columns);
  if (cells.type === 'uniform') {
    const trouble = cells.glyph >>> TROUBLE_SHIFT;
    const half = (1 << bits) >> 1;
    for (let square = 0; trouble !== 0 && square < worst.length; square++) {
      const x = ((square % columns) << bits) + half;
      const y = (Math.floor(square / columns) << bits) + half;
      worst[square] = pack(trouble, y * TILE + x);
    }
  }
  for (const packed of troubled) {
    const index = cellOf(packed);
    const square = (index >>> (8 + bits)) * columns + ((index & (TILE - 1)) >>> bits);
    if (troubleOf(worst[square]) < troubleOf(packed)) worst[square] = packed;
  }
  return worst.filter((packed) => packed !== 0);
}

/** What is in trouble in tiles, looked for once. */
export class Markers {
  readonly #tiles = new WeakMap<
    TileCells,
    { readonly troubled: Troubled; readonly worst: Map<number, Troubled> }
  >();

  /** See `worstOfSquares`. */
  worst(cells: TileCells, bits: number): Troubled {
    const clamped = Math.min(Math.max(bits, 0), COARSEST);
    let tile = this.#tiles.get(cells);
    if (!tile) {
      tile = { troubled: troubledCells(cells), worst: new Map() };
      this.#tiles.set(cells, tile);
    }
    const known = tile.worst.get(clamped);
    if (known) return known;
    const made = worstOfSquares(cells, tile.troubled, clamped);
    tile.worst.set(clamped, made);
    return made;
  }
}
