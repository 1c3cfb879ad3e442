import type { HilbertCurve } from './curve.js';
import { DOMINANT_MASK, OUTSIDE, RANK, TILE, TILE_BITS, type TileCells } from './tile.js';
import type { TilePyramid } from './tilePyramid.js';

/** Cells that the dominant kind of a row is found among, at least, where there are so many clusters. */
const CELLS_A_ROW = 8;

/**
 * The file from its start to its end in `rows` rows: the glyph of each (see tile.ts), its dominant
 * kind being the most frequent among a few dozen cells of the pyramid, its trouble the worst. The
 * curve is the pyramid's.
 */
export function stripGlyphs(pyramid: TilePyramid, curve: HilbertCurve, rows: number): number[] {
  let level = 0;
  while (level < curve.order && curve.clusters / 4 ** (level + 1) >= rows * CELLS_A_ROW) level++;
  const clustersInCell = 4 ** level;
  const cellsInRow = curve.clusters / clustersInCell / rows;
  const cells = Math.ceil(curve.clusters / clustersInCell);
  const glyphAt = glyphReader(pyramid, curve, level);
  const counts = new Uint32Array(OUTSIDE + 1);
  const glyphs: number[] = [];
  for (let row = 0; row < rows; row++) {
    const first = Math.floor(row * cellsInRow);
    const end = Math.min(cells, Math.max(first + 1, Math.ceil((row + 1) * cellsInRow)));
    counts.fill(0);
    let trouble = 0;
    for (let cell = first; cell < end; cell++) {
      const glyph = glyphAt(cell);
      counts[glyph & DOMINANT_MASK]++;
      trouble = Math.max(trouble, glyph & ~DOMINANT_MASK);
    }
    glyphs.push(mostFrequent(counts) | trouble);
  }
  return glyphs;
}

/** Reads cell after cell along the curve; the tile of the last one is at hand. */
function glyphReader(
  pyramid: TilePyramid,
  curve: HilbertCurve,
  level: number,
): (cell: number) => number {
  let tile: TileCells | undefined;
  let column = -1;
  let row = -1;
  return (cell) => {
    const point = curve.point(cell * 4 ** level);
    const x = point.x >>> level;
    const y = point.y >>> level;
    if (!tile || x >>> TILE_BITS !== column || y >>> TILE_BITS !== row) {
      column = x >>> TILE_BITS;
      row = y >>> TILE_BITS;
      tile = pyramid.tile(level, column, row);
    }
    if (tile.type === 'uniform') return tile.glyph;
    return tile.glyphs[(y & (TILE - 1)) * TILE + (x & (TILE - 1))];
  };
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
