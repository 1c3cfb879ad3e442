import type { HilbertCurve } from './curve.js';
import { DOMINANT_MASK, OUTSIDE, TILE, topLevel } from './tile.js';
import type { TilePyramid } from './tilePyramid.js';

/** Rows of pixels, from the start to the end; see tile.ts. */
export interface StripRows {
  /** The most frequent value and the worst trouble of each row. */
  readonly glyphs: readonly number[];
  /** The values that are in each row. */
  readonly masks: readonly number[];
}

/**
 * The file, or the disk, from its start to its end: the cells of the tile that shows the whole of it, put in the
 * order of the curve again. There are some ten thousand of them in any large file.
 */
export class FileStrip {
  /** The glyph of each cell, see tile.ts. */
  readonly #glyphs: Uint8Array;
  readonly #masks: Uint16Array;
  readonly #ranks: Uint8Array;
  /** How many there are; of the last, only a part may be in the file. */
  readonly #cells: number;

  /** Reads the pyramid, which is that of the curve. `ranks`: by value, which of two wins a tie. */
  constructor(pyramid: TilePyramid, curve: HilbertCurve, ranks: Uint8Array) {
    this.#ranks = ranks;
    const level = topLevel(curve);
    const tile = pyramid.tile(level, 0, 0);
    this.#cells = curve.clusters / 4 ** level;
    this.#glyphs = new Uint8Array(Math.ceil(this.#cells));
    this.#masks = new Uint16Array(this.#glyphs.length);
    if (tile.type === 'uniform') {
      this.#glyphs.fill(tile.glyph);
      this.#masks.fill(tile.mask);
      return;
    }
    for (let cell = 0; cell < this.#glyphs.length; cell++) {
      const { x, y } = curve.point(cell * 4 ** level);
      const place = (y >>> level) * TILE + (x >>> level);
      this.#glyphs[cell] = tile.glyphs[place];
      this.#masks[cell] = tile.masks[place];
    }
  }

  rows(rows: number): StripRows {
    const glyphs: number[] = [];
    const masks: number[] = [];
    const counts = new Uint32Array(OUTSIDE + 1);
    for (let row = 0; row < rows; row++) {
      const first = Math.floor((row * this.#cells) / rows);
      const end = Math.max(first + 1, Math.ceil(((row + 1) * this.#cells) / rows));
      counts.fill(0);
      let trouble = 0;
      let mask = 0;
      for (let cell = first; cell < Math.min(end, this.#glyphs.length); cell++) {
        const glyph = this.#glyphs[cell];
        counts[glyph & DOMINANT_MASK]++;
        trouble = Math.max(trouble, glyph & ~DOMINANT_MASK);
        mask |= this.#masks[cell];
      }
      glyphs.push(this.#mostFrequent(counts) | trouble);
      masks.push(mask);
    }
    return { glyphs, masks };
  }

  /** Ties go to the more important value. */
  #mostFrequent(counts: Uint32Array): number {
    let best = OUTSIDE;
    for (let dominant = 0; dominant < OUTSIDE; dominant++) {
      const more = counts[dominant] - counts[best];
      if (more > 0 || (more === 0 && this.#ranks[dominant] > this.#ranks[best])) best = dominant;
    }
    return best;
  }
}
