import { CHUNK } from '../map/clusterMap.js';
import {
  hilbertIndex,
  hilbertStep,
  type Curve,
  type HilbertCurve,
  type Orientation,
  type RowCurve,
} from './curve.js';
import { cellAt, glyphOf, maskOf, type Packed, type PictureSource } from './source.js';
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
/** Cells of a chunk on their way into a tile. */
const cells = new Uint32Array(CHUNK);

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
  source: PictureSource,
  curve: Curve,
  x: number,
  y: number,
  target: MixedTile,
): TileCells {
  const isSmall = curve.name === 'hilbert' ? curve.order < TILE_BITS : curve.width < TILE;
  if (isSmall || curve.height < TILE) return gatherCells(source, curve, x, y, target);
  switch (curve.name) {
    case 'hilbert':
      return gatherStretch(source, curve, x, y, target);
    case 'rows':
      return gatherRows(source, curve, x, y, target);
  }
}

/** Any curve, cell by cell: for pictures smaller than a tile. */
function gatherCells(
  source: PictureSource,
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
      const cell = cellAt(source, cluster);
      target.glyphs[row * TILE + column] = glyphOf(cell);
      target.masks[row * TILE + column] = maskOf(cell);
    }
  }
  return target;
}

/** On the Hilbert curve a tile is a stretch of clusters, turned one of four ways. */
function gatherStretch(
  source: PictureSource,
  curve: HilbertCurve,
  x: number,
  y: number,
  target: MixedTile,
): TileCells {
  const order = curve.order - TILE_BITS;
  const side = 2 ** order;
  const [column, row] = [Math.floor(x / side), Math.floor(y / side)];
  const square = curve.squareIn(column, row);
  const turned = curve.squareAt(square).orientation;
  const index = hilbertIndex(order, x - column * side, y - row * side, turned);
  const start = (square * side * side + index) * CELLS;
  if (start >= source.clusters) return OUTSIDE_TILE;

  const inside = Math.min(CELLS, source.clusters - start);
  const uniform = inside === CELLS ? uniformChunks(source, start, start + CELLS - 1) : undefined;
  if (uniform !== undefined) return uniformOf(uniform);

  const places = placesOnCurve(turned ^ hilbertStep(order, index).orientation);
  const { glyphs, masks } = target;
  if (inside < CELLS) {
    glyphs.fill(OUTSIDE);
    masks.fill(0);
  }
  for (let first = 0; first < inside; first += CHUNK) {
    const end = Math.min(inside, first + CHUNK);
    source.read((start + first) / CHUNK, 0, end - first, cells);
    for (let i = first; i < end; i++) {
      const cell = cells[i - first];
      const place = places[i];
      glyphs[place] = glyphOf(cell);
      masks[place] = maskOf(cell);
    }
  }
  return target;
}

/** In rows a tile is 256 segments of 256 clusters; none crosses a chunk's border. */
function gatherRows(
  source: PictureSource,
  curve: RowCurve,
  x: number,
  y: number,
  target: MixedTile,
): TileCells {
  const start = y * TILE * curve.width + x * TILE;
  if (start >= source.clusters) return OUTSIDE_TILE;
  const uniform = uniformRows(source, curve, start);
  if (uniform !== undefined) return uniformOf(uniform);

  const { glyphs, masks } = target;
  for (let row = 0; row < TILE; row++) {
    const first = start + row * curve.width;
    const inside = Math.max(0, Math.min(TILE, source.clusters - first));
    const place = row * TILE;
    if (inside < TILE) {
      glyphs.fill(OUTSIDE, place + inside, place + TILE);
      masks.fill(0, place + inside, place + TILE);
    }
    if (inside > 0) gatherSegment(source, first, inside, place, target);
  }
  return target;
}

/** `count` clusters of one chunk, from cluster `first` on. */
function gatherSegment(
  source: PictureSource,
  first: number,
  count: number,
  place: number,
  target: MixedTile,
): void {
  const index = Math.floor(first / CHUNK);
  const uniform = source.uniform(index);
  if (uniform !== undefined) {
    target.glyphs.fill(glyphOf(uniform), place, place + count);
    target.masks.fill(maskOf(uniform), place, place + count);
    return;
  }
  source.read(index, first % CHUNK, (first % CHUNK) + count, cells);
  for (let i = 0; i < count; i++) {
    target.glyphs[place + i] = glyphOf(cells[i]);
    target.masks[place + i] = maskOf(cells[i]);
  }
}

/** The cell that all clusters of a whole tile of rows share, when the chunks alone tell. */
function uniformRows(source: PictureSource, curve: RowCurve, start: number): Packed | undefined {
  const last = start + (TILE - 1) * curve.width;
  if (last + TILE > source.clusters) return undefined;
  const cell = source.uniform(Math.floor(start / CHUNK));
  if (cell === undefined) return undefined;
  for (let first = start + curve.width; first <= last; first += curve.width)
    if (source.uniform(Math.floor(first / CHUNK)) !== cell) return undefined;
  return cell;
}

/** The cell that all clusters of [first, last] share, when the chunks alone tell. */
function uniformChunks(source: PictureSource, first: number, last: number): Packed | undefined {
  const end = Math.floor(last / CHUNK);
  const cell = source.uniform(Math.floor(first / CHUNK));
  if (cell === undefined) return undefined;
  for (let index = Math.floor(first / CHUNK) + 1; index <= end; index++) {
    if (source.uniform(index) !== cell) return undefined;
  }
  return cell;
}

const uniformOf = (cell: Packed): UniformTile => ({
  type: 'uniform',
  glyph: glyphOf(cell),
  mask: maskOf(cell),
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
