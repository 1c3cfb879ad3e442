import {
  DOMINANT_MASK,
  maskOfValue,
  OUTSIDE,
  TILE,
  TILE_CELLS,
} from '../../src/core/picture/tile.js';
import type { TileCells } from '../../src/core/picture/tile.js';

/**
 * The squares of a tile's cells in which there is something rare, and what: arrays, as there may be
 * thousands in a frame.
 */
export interface RareSquares {
  readonly count: number;
  /** Of each square the first of its cells: its index in the tile. */
  readonly firsts: Uint16Array;
  /** Masks of values (see core/picture/tile.ts). */
  readonly masks: Uint16Array;
  /** Of each a cell that has the rarest of them. */
  readonly rarest: Uint16Array;
  /** By value: in how many squares it is. */
  readonly counts: Uint32Array;
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

/** A mask has so many bits at most. */
export const VALUES = 16;

/** The lowest bit of a mask that has one. */
const lowest = (mask: number): number => 31 - Math.clz32(mask & -mask);

/** Squares being gathered. */
class Gathered {
  readonly #firsts = new Uint16Array(TILE_CELLS);
  readonly #masks = new Uint16Array(TILE_CELLS);
  readonly #rarest = new Uint16Array(TILE_CELLS);
  #counts = new Uint32Array(VALUES);
  #count = 0;

  add(first: number, mask: number, rarest: number): void {
    const at = this.#count++;
    this.#firsts[at] = first;
    this.#masks[at] = mask;
    this.#rarest[at] = rarest;
    for (let rest = mask; rest !== 0; rest &= rest - 1) this.#counts[lowest(rest)]++;
  }

  /** What was added, and begins anew. */
  take(): RareSquares {
    const [count, counts] = [this.#count, this.#counts];
    this.#count = 0;
    this.#counts = new Uint32Array(VALUES);
    return {
      ...{ count, counts },
      firsts: this.#firsts.slice(0, count),
      masks: this.#masks.slice(0, count),
      rarest: this.#rarest.slice(0, count),
    };
  }
}

/**
 * The squares of 2^bits × 2^bits cells that have some of the values looked for, so few that they
 * would not be seen; so what is drawn has a bound, whatever the image.
 */
function rareSquares(
  cells: TileCells,
  bits: number,
  wanted: Wanted,
  gathered: Gathered,
): RareSquares {
  const edge = 1 << bits;
  const half = 4 ** bits / 2;
  if (cells.type === 'uniform') {
    const mask = cells.mask & wanted.values & ~wanted.painted & ~dominantBit(cells.glyph);
    if (mask !== 0)
      for (let y = 0; y < TILE; y += edge)
        for (let x = 0; x < TILE; x += edge) gathered.add(y * TILE + x, mask, y * TILE + x);
    return gathered.take();
  }
  const { masks, glyphs } = cells;
  const cellsOf = new Uint16Array(VALUES);
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
          let shown = masks[at] & all & (wanted.painted | DOMINANT_BITS[glyphs[at]]);
          for (; shown !== 0; shown &= shown - 1) cellsOf[lowest(shown)]++;
        }
      let mask = 0;
      for (let rest = all; rest !== 0; rest &= rest - 1) {
        const bit = lowest(rest);
        if (cellsOf[bit] < half) mask |= 1 << bit;
      }
      if (mask === 0) continue;
      const rarest = wanted.order.find((value) => (mask & maskOfValue(value)) !== 0) ?? 0;
      gathered.add(y * TILE + x, mask, cellWith(masks, maskOfValue(rarest), x, y, edge));
    }
  return gathered.take();
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

/** The same by glyph. */
const DOMINANT_BITS = Uint16Array.from({ length: 256 }, (_, glyph) => dominantBit(glyph));

/** Mask of the values that are dominant in some cell. */
function dominantsOf(cells: TileCells): number {
  if (cells.type === 'uniform') return dominantBit(cells.glyph);
  const { glyphs } = cells;
  let mask = dominantBit(glyphs[0]);
  for (let i = 1; i < TILE_CELLS; i++)
    if (glyphs[i] !== glyphs[i - 1]) mask |= DOMINANT_BITS[glyphs[i]];
  return mask;
}

/** Looks at a tile, of different zooms and pictures, that are kept. */
const LOOKS = 4;

/** What is rare in tiles, looked for once. */
export class Lattices {
  readonly #tiles = new WeakMap<TileCells, Kept>();
  readonly #gathered = new Gathered();

  /** See `rareSquares`; undefined where they are not known, and there is no time to look for them. */
  squares(
    cells: TileCells,
    bits: number,
    wanted: Wanted,
    hasTime: boolean,
  ): RareSquares | undefined {
    const clamped = Math.min(Math.max(bits, 0), COARSEST_SQUARE);
    const key = `${clamped} ${wanted.values} ${wanted.painted} ${wanted.order.join()}`;
    const { squares } = this.#of(cells);
    const known = squares.get(key);
    if (known || !hasTime) return known;
    if (squares.size >= LOOKS) squares.clear();
    const made = rareSquares(cells, clamped, wanted, this.#gathered);
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
    const made = { dominants: dominantsOf(cells), squares: new Map<string, RareSquares>() };
    this.#tiles.set(cells, made);
    return made;
  }
}

interface Kept {
  readonly dominants: number;
  readonly squares: Map<string, RareSquares>;
}
