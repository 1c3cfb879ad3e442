import { CHUNK, type Chunk, type ClusterMap } from '../layout/clusterMap.js';
import { glyphOfCell, maskOfCell } from './cellGlyphs.js';
import {
  hilbertIndex,
  hilbertStep,
  type Curve,
  type HilbertCurve,
  type Orientation,
  type RowCurve,
} from './curve.js';
import {
  OUTSIDE,
  TILE,
  TILE_BITS,
  type MixedTile,
  type TileCells,
  type UniformTile,
} from './tile.js';

/** Cells of a tile. */
const CELLS = TILE * TILE;

export const OUTSIDE_TILE: UniformTile = {
  type: 'uniform',
  glyph: OUTSIDE,
  mask: 0,
};

/**
 * The level-0 tile at column `x` and row `y`: one cell for each cluster. Unless it is uniform its
 * cells are written to `target`, and `target` comes back.
 */
export function gatherTile(
  map: ClusterMap,
  curve: Curve,
  x: number,
  y: number,
  target: MixedTile,
): TileCells {
  if (curve.width < TILE || curve.height < TILE) return gatherCells(map, curve, x, y, target);
  switch (curve.name) {
    case 'hilbert':
      return gatherStretch(map, curve, x, y, target);
    case 'rows':
      return gatherRows(map, curve, x, y, target);
  }
}

/** Any curve, cell by cell: for pictures smaller than a tile. */
function gatherCells(
  map: ClusterMap,
  curve: Curve,
  x: number,
  y: number,
  target: MixedTile,
): MixedTile {
  target.glyphs.fill(OUTSIDE);
  target.masks.fill(0);
  const columns = Math.min(TILE, curve.width - x * TILE);
  const rows = Math.min(TILE, curve.height - y * TILE);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cluster = curve.cluster(x * TILE + column, y * TILE + row);
      if (cluster === undefined) continue;
      const cell = map.cell(cluster);
      target.glyphs[row * TILE + column] = glyphOfCell(cell);
      target.masks[row * TILE + column] = maskOfCell(cell);
    }
  }
  return target;
}

/** On the Hilbert curve a tile is a stretch of the map, turned one of four ways. */
function gatherStretch(
  map: ClusterMap,
  curve: HilbertCurve,
  x: number,
  y: number,
  target: MixedTile,
): TileCells {
  const order = curve.order - TILE_BITS;
  const side = 2 ** order;
  const second = x >= side;
  const index = hilbertIndex(order, second ? x - side : x, y);
  const start = (second ? index + side * side : index) * CELLS;
  if (start >= map.clusters) return OUTSIDE_TILE;

  const inside = Math.min(CELLS, map.clusters - start);
  const uniform = inside === CELLS ? uniformChunks(map, start, start + CELLS - 1) : undefined;
  if (uniform !== undefined) return uniformOf(uniform);

  const places = placesOnCurve(hilbertStep(order, index).orientation);
  const { glyphs, masks } = target;
  if (inside < CELLS) {
    glyphs.fill(OUTSIDE);
    masks.fill(0);
  }
  for (let first = 0; first < inside; first += CHUNK) {
    const chunk = map.chunk((start + first) / CHUNK);
    const end = Math.min(inside, first + CHUNK);
    for (let i = first; i < end; i++) {
      const cell = typeof chunk === 'number' ? chunk : chunk[i - first];
      const place = places[i];
      glyphs[place] = glyphOfCell(cell);
      masks[place] = maskOfCell(cell);
    }
  }
  return target;
}

/** In rows a tile is 256 segments of 256 clusters; none crosses a chunk's border. */
function gatherRows(
  map: ClusterMap,
  curve: RowCurve,
  x: number,
  y: number,
  target: MixedTile,
): TileCells {
  const start = y * TILE * curve.width + x * TILE;
  if (start >= map.clusters) return OUTSIDE_TILE;
  const uniform = uniformRows(map, curve, start);
  if (uniform !== undefined) return uniformOf(uniform);

  const { glyphs, masks } = target;
  for (let row = 0; row < TILE; row++) {
    const first = start + row * curve.width;
    const inside = Math.max(0, Math.min(TILE, map.clusters - first));
    const place = row * TILE;
    if (inside < TILE) {
      glyphs.fill(OUTSIDE, place + inside, place + TILE);
      masks.fill(0, place + inside, place + TILE);
    }
    if (inside > 0)
      gatherSegment(map.chunk(Math.floor(first / CHUNK)), first % CHUNK, inside, place, target);
  }
  return target;
}

function gatherSegment(
  chunk: Chunk,
  from: number,
  count: number,
  place: number,
  target: MixedTile,
): void {
  if (typeof chunk === 'number') {
    target.glyphs.fill(glyphOfCell(chunk), place, place + count);
    target.masks.fill(maskOfCell(chunk), place, place + count);
    return;
  }
  for (let i = 0; i < count; i++) {
    const cell = chunk[from + i];
    target.glyphs[place + i] = glyphOfCell(cell);
    target.masks[place + i] = maskOfCell(cell);
  }
}

/** The cell that all clusters of a whole tile of rows share, when the chunks alone tell. */
function uniformRows(map: ClusterMap, curve: RowCurve, start: number): number | undefined {
  const last = start + (TILE - 1) * curve.width + TILE - 1;
  return last < map.clusters ? uniformChunks(map, start, last) : undefined;
}

/** The cell that all clusters of [first, last] share, when the chunks alone tell. */
function uniformChunks(map: ClusterMap, first: number, last: number): number | undefined {
  const end = Math.floor(last / CHUNK);
  const cell = map.chunk(Math.floor(first / CHUNK));
  if (typeof cell !== 'number') return undefined;
  for (let index = Math.floor(first / CHUNK) + 1; index <= end; index++) {
    if (map.chunk(index) !== cell) return undefined;
  }
  return cell;
}

const uniformOf = (cell: number): UniformTile => ({
  type: 'uniform',
  glyph: glyphOfCell(cell),
  mask: maskOfCell(cell),
});

const places: (Uint16Array | undefined)[] = [];

/** By cluster along a tile's curve: its place in the tile, `y * TILE + x`. */
function placesOnCurve(orientation: Orientation): Uint16Array {
  return (places[orientation] ??= Uint16Array.from({ length: CELLS }, (_, index) => {
    const { x, y } = hilbertStep(TILE_BITS, index);
    const turn = orientation >>> 1 ? TILE - 1 : 0;
    return orientation & 1 ? (x ^ turn) * TILE + (y ^ turn) : (y ^ turn) * TILE + (x ^ turn);
  }));
}
