import { AS_DOMINANT, type Rarity } from '../../../src/core/picture/rarity.js';
import {
  DOMINANT_MASK,
  OUTSIDE,
  TILE,
  troubleOfGlyph,
  type TileCells,
} from '../../../src/core/picture/tile.js';
import type { DrawItem } from '../renderer.js';
import type { PlacedMark } from './rareMarks.js';

/** CSS pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Drawn {
  readonly items: readonly DrawItem[];
  readonly rarity: Rarity;
  readonly placed: readonly PlacedMark[];
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
}

/** The side of a mark of what is rare, CSS pixels. */
const MARK = 8;

/**
 * Where something may be laid over the map without hiding anything but what there is most of: beside
 * the picture, or on sound cells of its most frequent value.
 */
export class Ground {
  readonly #drawn: Drawn;
  readonly #commonest: number | undefined;
  /** Squares of the view, as wide as a mark, with the middle of one in them. */
  readonly #marked: ReadonlySet<number>;

  constructor(drawn: Drawn) {
    const { rarity, placed, ratio } = drawn;
    const side = MARK * ratio;
    this.#drawn = drawn;
    this.#commonest = rarity.order.at(-1);
    this.#marked = new Set(placed.map(({ x, y }) => squareOf(x / side, y / side)));
  }

  isFree(box: Box): boolean {
    const { items, ratio } = this.#drawn;
    if (this.#isMarked(box)) return false;
    const [left, top] = [box.x * ratio, box.y * ratio];
    const [right, bottom] = [left + box.width * ratio, top + box.height * ratio];
    return items.every((item) => {
      if (item.left >= right || item.right <= left || item.top >= bottom || item.bottom <= top)
        return true;
      const { source, tile } = item;
      const cell = (item.right - item.left) / source.size;
      const within = (at: number): number => Math.min(Math.max(at, 0), source.size - 1);
      const x0 = within(Math.floor((left - item.left) / cell));
      const x1 = within(Math.floor((right - item.left) / cell));
      const y1 = within(Math.floor((bottom - item.top) / cell));
      for (let y = within(Math.floor((top - item.top) / cell)); y <= y1; y++)
        for (let x = x0; x <= x1; x++)
          if (!this.#isPlain(tile.cells, (source.y + y) * TILE + source.x + x, tile.place.level))
            return false;
      return true;
    });
  }

  #isMarked({ x, y, width, height }: Box): boolean {
    for (let row = y - MARK / 2; row < y + height + MARK; row += MARK)
      for (let column = x - MARK / 2; column < x + width + MARK; column += MARK)
        if (this.#marked.has(squareOf(column / MARK, row / MARK))) return true;
    return false;
  }

  #isPlain(cells: TileCells, at: number, level: number): boolean {
    const glyph = cells.type === 'uniform' ? cells.glyph : cells.glyphs[at];
    const dominant = glyph & DOMINANT_MASK;
    if (dominant === OUTSIDE) return true;
    if (troubleOfGlyph(glyph) !== 0) return false;
    const mask = cells.type === 'uniform' ? cells.mask : cells.masks[at];
    const painted = this.#drawn.rarity.table(level)[mask];
    return (painted === AS_DOMINANT ? dominant : painted) === this.#commonest;
  }
}

const squareOf = (column: number, row: number): number =>
  Math.floor(row) * 2 ** 16 + Math.floor(column);
