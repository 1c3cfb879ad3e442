import { DOMINANT_MASK, maskOfValue, OUTSIDE, TILE } from '../../src/core/picture/tile.js';
import type { TileCells } from '../../src/core/picture/tile.js';

/** A square of a tile's cells in which there is something rare, and what. */
export interface RareSquare {
  /** Column and row of the square's first cell. */
  readonly x: number;
  readonly y: number;
  /** Mask of values (see core/picture/tile.ts). */
  readonly mask: number;
  /** A cell of the square that has the rarest of them: column and row in the tile. */
  readonly cellX: number;
  readonly cellY: number;
}

/** The coarsest squares: 32 × 32 cells. */
const COARSEST_SQUARE = 5;

/** What is looked for in the cells of a tile. */
export interface Wanted {
  /** Mask of the values looked for. */
  readonly values: number;
  /** Mask of those that have the colour of their cells: where they fill half of a square, they are seen. */
  readonly painted: number;
  /** The values, the rarest first. */
  readonly order: readonly number[];
}

/**
 * The squares of 2^bits × 2^bits cells that have some of the values looked for, so few that they
 * would not be seen; so what is drawn has a bound, whatever the image.
 */
function rareSquares(cells: TileCells, bits: number, wanted: Wanted): RareSquare[] {
  const columns = TILE >> bits;
  const half = 4 ** bits / 2;
  const squares: RareSquare[] = [];
  if (cells.type === 'uniform') {
    const mask = cells.mask & wanted.values & ~wanted.painted & ~dominantBit(cells.glyph);
    if (mask === 0) return squares;
    for (let square = 0; square < columns * columns; square++) {
      const [x, y] = [(square % columns) << bits, Math.floor(square / columns) << bits];
      squares.push({ x, y, mask, cellX: x, cellY: y });
    }
    return squares;
  }
  const { masks, glyphs } = cells;
  const edge = 1 << bits;
  const cellsOf = new Uint16Array(16);
  for (let y = 0; y < TILE; y += edge)
    for (let x = 0; x < TILE; x += edge) {
      let all = 0;
      for (let row = y; row < y + edge; row++)
        for (let at = row * TILE + x, end = at + edge; at < end; at++) all |= masks[at];
      all &= wanted.values;
      if (all === 0) continue;
      cellsOf.fill(0);
      for (let row = y; row < y + edge; row++)
        for (let at = row * TILE + x, end = at + edge; at < end; at++) {
          const shown = masks[at] & (wanted.painted | dominantBit(glyphs[at]));
          for (let rest = masks[at] & all & shown; rest !== 0; rest &= rest - 1)
            cellsOf[31 - Math.clz32(rest & -rest)]++;
        }
      let mask = 0;
      for (let rest = all; rest !== 0; rest &= rest - 1) {
        const bit = 31 - Math.clz32(rest & -rest);
        if (cellsOf[bit] < half) mask |= 1 << bit;
      }
      if (mask === 0) continue;
      const rarest = wanted.order.find((value) => (mask & maskOfValue(value)) !== 0) ?? 0;
      const at = cellWith(masks, maskOfValue(rarest), x, y, edge);
      squares.push({ x, y, mask, cellX: at & (TILE - 1), cellY: Math.floor(at / TILE) });
    }
  return squares;
}

/** The first cell of a square that has a value. */
function cellWith(masks: Uint16Array, bit: number, x: number, y: number, edge: number): number {
  for (let row = y; row < y + edge; row++)
    for (let at = row * TILE + x, end = at + edge; at < end; at++)
      if ((masks[at] & bit) !== 0) return at;
  return y * TILE + x;
}

/** The mask bit of the value that a cell has the colour of unless it is painted otherwise. */
function dominantBit(glyph: number): number {
  const dominant = glyph & DOMINANT_MASK;
  return dominant === OUTSIDE ? 0 : maskOfValue(dominant);
}

/** Mask of the values that are dominant in some cell. */
function dominantsOf(cells: TileCells): number {
  if (cells.type === 'uniform') return dominantBit(cells.glyph);
  let mask = 0;
  let last = -1;
  for (const glyph of cells.glyphs) {
    if (glyph === last) continue;
    last = glyph;
    mask |= dominantBit(glyph);
  }
  return mask;
}

/** Looks at a tile, of different zooms and pictures, that are kept. */
const LOOKS = 4;

/** What is rare in tiles, looked for once. */
export class Lattices {
  readonly #tiles = new WeakMap<TileCells, Kept>();

  /** See `rareSquares`; undefined where they are not known, and there is no time to look for them. */
  squares(
    cells: TileCells,
    bits: number,
    wanted: Wanted,
    hasTime: boolean,
  ): readonly RareSquare[] | undefined {
    const clamped = Math.min(Math.max(bits, 0), COARSEST_SQUARE);
    const key = `${clamped} ${wanted.values} ${wanted.painted} ${wanted.order.join()}`;
    const { squares } = this.#of(cells);
    const known = squares.get(key);
    if (known || !hasTime) return known;
    if (squares.size >= LOOKS) squares.clear();
    const made = rareSquares(cells, clamped, wanted);
    squares.set(key, made);
    return made;
  }

  /** See `dominantsOf`. */
  dominants(cells: TileCells): number {
    return this.#of(cells).dominants;
  }

  #of(cells: TileCells): Kept {
    const known = this.#tiles.get(cells);
    if (known) return known;
    const made = { dominants: dominantsOf(cells), squares: new Map<string, RareSquare[]>() };
    this.#tiles.set(cells, made);
    return made;
  }
}

interface Kept {
  readonly dominants: number;
  readonly squares: Map<string, readonly RareSquare[]>;
}
