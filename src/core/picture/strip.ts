import type { HilbertCurve } from './curve.js';
import { DOMINANT_MASK, OUTSIDE, RANK, TILE, topLevel } from './tile.js';
import type { TilePyramid } from './tilePyramid.js';

/**
 * The file from its start to its end: the cells of the tile that shows the whole of it, put in the
 * order of the curve again. There are some ten thousand of them in any large file.
 */
export class FileStrip {
  /** The glyph of each cell, see tile.ts. */
  readonly #glyphs: Uint8Array;
  /** How many there are; of the last, only a part may be in the file. */
  readonly #cells: number;

  /** Reads the pyramid, which is that of the curve. */
  constructor(pyramid: TilePyramid, curve: HilbertCurve) {
    const level = topLevel(curve);
    const tile = pyramid.tile(level, 0, 0);
    this.#cells = curve.clusters / 4 ** level;
    this.#glyphs = new Uint8Array(Math.ceil(this.#cells));
    if (tile.type === 'uniform') {
      this.#glyphs.fill(tile.glyph);
      return;
    }
    for (let cell = 0; cell < this.#glyphs.length; cell++) {
      const { x, y } = curve.point(cell * 4 ** level);
      this.#glyphs[cell] = tile.glyphs[(y >>> level) * TILE + (x >>> level)];
    }
  }

  /** The glyph of each of so many rows: of its cells the most frequent kind and the worst trouble. */
  rows(rows: number): number[] {
    const counts = new Uint32Array(OUTSIDE + 1);
    return Array.from({ length: rows }, (_, row) => {
      const first = Math.floor((row * this.#cells) / rows);
      const end = Math.max(first + 1, Math.ceil(((row + 1) * this.#cells) / rows));
      counts.fill(0);
      let trouble = 0;
      for (const glyph of this.#glyphs.subarray(first, end)) {
        counts[glyph & DOMINANT_MASK]++;
        trouble = Math.max(trouble, glyph & ~DOMINANT_MASK);
      }
      return mostFrequent(counts) | trouble;
    });
  }
}

/** Ties go to the more important kind. */
function mostFrequent(counts: Uint32Array): number {
  let best = OUTSIDE;
  for (let dominant = 0; dominant < OUTSIDE; dominant++) {
    const more = counts[dominant] - counts[best];
    if (more > 0 || (more === 0 && RANK[dominant] > RANK[best])) best = dominant;
  }
  return best;
}
