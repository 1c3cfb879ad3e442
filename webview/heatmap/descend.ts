import { TILE, TILE_BITS, TROUBLE_SHIFT, type TileCells } from '../../src/core/picture/tile.js';
import type { TileStore } from './tiles/tileStore.js';

/** What a cell of the picture shows: column and row at its level. */
export interface CellPlace {
  readonly level: number;
  readonly x: number;
  readonly y: number;
}

export interface CellValue {
  readonly glyph: number;
  readonly mask: number;
}

export const tileOfCell = ({ level, x, y }: CellPlace): CellPlace => ({
  level,
  x: x >>> TILE_BITS,
  y: y >>> TILE_BITS,
});

export function valueAt(cells: TileCells, x: number, y: number): CellValue {
  if (cells.type === 'uniform') return { glyph: cells.glyph, mask: cells.mask };
  const at = (y & (TILE - 1)) * TILE + (x & (TILE - 1));
  return { glyph: cells.glyphs[at], mask: cells.masks[at] };
}

/**
 * The cluster that a coarse cell is looked at for: level by level the quarter with the worst
 * trouble, else with the values looked for (those isolated, or the rarest that it has), else with
 * the cell's dominant kind, else any with a cluster. A click on a mark seen from afar so leads to
 * the very cluster that is marked.
 */
export async function descend(
  store: TileStore,
  place: CellPlace,
  wantedMask: number,
): Promise<{ readonly x: number; readonly y: number }> {
  let { x, y } = place;
  for (let level = place.level; level > 0; level--) {
    const above = valueAt((await store.load(tileOfCell({ level, x, y }))).cells, x, y);
    const quarters = [0, 1, 2, 3].map((i) => ({ x: 2 * x + (i & 1), y: 2 * y + (i >>> 1) }));
    const { cells } = await store.load(tileOfCell({ level: level - 1, ...quarters[0] }));
    const worth = (quarter: { readonly x: number; readonly y: number }): number => {
      const { glyph, mask } = valueAt(cells, quarter.x, quarter.y);
      if (mask === 0) return -1;
      const trouble = glyph >>> TROUBLE_SHIFT;
      const isolated = (mask & wantedMask) !== 0;
      const dominant = (glyph ^ above.glyph) % (1 << TROUBLE_SHIFT) === 0;
      return trouble * 4 + Number(isolated) * 2 + Number(dominant);
    };
    ({ x, y } = quarters.reduce((best, quarter) =>
      worth(quarter) > worth(best) ? quarter : best,
    ));
  }
  return { x, y };
}
