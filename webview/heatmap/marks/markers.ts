import type { Trouble } from '../../../src/core/map/cell.js';
import { TILE, TILE_CELLS, TROUBLE_SHIFT, type TileCells } from '../../../src/core/picture/tile.js';

/** A cell of a tile in trouble: the worst of its neighbourhood. */
export interface Marker {
  /** Column and row in the tile. */
  readonly x: number;
  readonly y: number;
  readonly trouble: Exclude<Trouble, 0>;
}

/** The coarsest neighbourhoods: 32 × 32 cells. */
export const COARSEST = 5;

/**
 * One marker for each square of 2^bits × 2^bits cells with trouble in it, so that what is drawn
 * has a bound, whatever the image. `bits` is at most `COARSEST`.
 */
export function troubleMarkers(cells: TileCells, bits: number): Marker[] {
  const columns = TILE >> bits;
  const worst = new Uint32Array(columns * columns);
  if (cells.type === 'mixed') {
    const { glyphs } = cells;
    for (let i = 0; i < TILE_CELLS; i++) {
      const trouble = glyphs[i] >>> TROUBLE_SHIFT;
      if (trouble === 0) continue;
      const square = (i >>> (8 + bits)) * columns + ((i & (TILE - 1)) >>> bits);
      if (worst[square] >>> 16 < trouble) worst[square] = (trouble << 16) | i;
    }
  } else if (cells.glyph >>> TROUBLE_SHIFT !== 0) {
    const half = (1 << bits) >> 1;
    for (let square = 0; square < worst.length; square++) {
      const x = ((square % columns) << bits) + half;
      const y = (Math.floor(square / columns) << bits) + half;
      worst[square] = ((cells.glyph >>> TROUBLE_SHIFT) << 16) | (y * TILE + x);
    }
  }
  const markers: Marker[] = [];
  for (const packed of worst) {
    const trouble = packed >>> 16;
    if (trouble === 1 || trouble === 2 || trouble === 3) {
      markers.push({ x: packed & (TILE - 1), y: (packed >>> 8) & (TILE - 1), trouble });
    }
  }
  return markers;
}
