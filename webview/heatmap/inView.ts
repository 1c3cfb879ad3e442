import type { Extent } from '../../src/core/picture/curve.js';
import { DOMINANT_MASK, OUTSIDE, TILE } from '../../src/core/picture/tile.js';
import type { DrawItem } from './renderer.js';
import type { InView } from '../state/inView.js';

/** Counts the cells that show. `view`: device pixels. */
export function countInView(items: readonly DrawItem[], view: Extent): InView {
  const counts = new Array<number>(32).fill(0);
  let exact = true;
  for (const { tile, source, left, top, right, bottom } of items) {
    const wide = (right - left) / source.size;
    const high = (bottom - top) / source.size;
    const x0 = source.x + Math.max(0, Math.floor(-left / wide));
    const y0 = source.y + Math.max(0, Math.floor(-top / high));
    const x1 = source.x + Math.min(source.size, Math.ceil((view.width - left) / wide));
    const y1 = source.y + Math.min(source.size, Math.ceil((view.height - top) / high));
    if (x1 <= x0 || y1 <= y0) continue;
    const { cells, place } = tile;
    const clusters = 4 ** place.level;
    exact &&= place.level === 0;
    if (cells.type === 'uniform') {
      counts[cells.glyph & DOMINANT_MASK] += (x1 - x0) * (y1 - y0) * clusters;
      continue;
    }
    for (let y = y0; y < y1; y++)
      for (let at = y * TILE + x0, end = y * TILE + x1; at < end; at++)
        counts[cells.glyphs[at] & DOMINANT_MASK] += clusters;
  }
  counts[OUTSIDE] = 0;
  return { counts, exact };
}
