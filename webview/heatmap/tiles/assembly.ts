import { HilbertCurve, type Curve } from '../../../src/core/picture/curve.js';
import { holdings, type Picture } from '../../../src/core/picture/layer.js';
import { isWhole, piecesOf, putPiece, type Piece } from '../../../src/core/picture/pieces.js';
import {
  DOMINANT_MASK,
  newTile,
  OUTSIDE,
  TILE,
  TILE_BITS,
  TILE_CELLS,
  tileBytes,
  tileKey,
  tileOverBytes,
  type MixedTile,
  type TileCells,
} from '../../../src/core/picture/tile.js';
import type { Tile } from '../../../src/protocol/imageService.js';
import { StoredTile } from './storedTile.js';
import type { TilePlace } from './tiles.js';

/** A tile as the worker tells it: of the largest squares that the curve can have. */
export interface ToldTile {
  readonly cells: TileCells;
  readonly generation: number;
}

/** Of which tiles of the worker a tile is made. */
export function piecesAt(curve: Curve, place: TilePlace): readonly Piece[] {
  if (curve.name === 'rows') {
    const { x, y } = place;
    const corner = { x: 0, y: 0 };
    return [{ block: { x, y }, source: corner, target: corner, size: TILE, orientation: 0 }];
  }
  return piecesOf(curve, new HilbertCurve(curve.clusters), place, TILE_BITS);
}

/** A tile of its pieces, each tile of the worker asked for once. */
export async function gathered(
  picture: Picture,
  place: TilePlace,
  pieces: readonly Piece[],
  ask: (block: TilePlace) => Promise<ToldTile>,
): Promise<StoredTile> {
  const asked = new Map<number, Promise<ToldTile>>();
  const told = pieces.map(({ block }) => {
    const key = tileKey(place.level, block.x, block.y);
    const known = asked.get(key) ?? ask({ level: place.level, x: block.x, y: block.y });
    asked.set(key, known);
    return known;
  });
  return putTogether(picture, place, pieces, await Promise.all(told));
}

/** A tile of its pieces and the tiles they are cut from. */
export function putTogether(
  picture: Picture,
  place: TilePlace,
  pieces: readonly Piece[],
  told: readonly ToldTile[],
): StoredTile {
  const generation = Math.min(...told.map((each) => each.generation));
  return new StoredTile(place, cellsPutTogether(picture, pieces, told), generation);
}

function cellsPutTogether(
  picture: Picture,
  pieces: readonly Piece[],
  told: readonly ToldTile[],
): TileCells {
  const [first] = told;
  const isFull = pieces.reduce((sum, { size }) => sum + size * size, 0) === TILE_CELLS;
  if (isWhole(pieces, TILE) || (isFull && told.every((each) => alike(each.cells, first.cells))))
    return first.cells;
  const made = newTile(told.some(({ cells }) => cells.type === 'mixed' && cells.shares));
  made.glyphs.fill(OUTSIDE);
  pieces.forEach((piece, index) => {
    const from = mixed(picture, told[index].cells);
    putPiece(piece, TILE, from.glyphs, made.glyphs);
    putPiece(piece, TILE, from.masks, made.masks);
    if (made.shares && from.shares) putPiece(piece, TILE, from.shares, made.shares);
  });
  return made;
}

const alike = (a: TileCells, b: TileCells): boolean =>
  a.type === 'uniform' && b.type === 'uniform' && a.glyph === b.glyph && a.mask === b.mask;

function mixed(picture: Picture, cells: TileCells): MixedTile {
  if (cells.type === 'mixed') return cells;
  const made = newTile(true);
  made.glyphs.fill(cells.glyph);
  made.masks.fill(cells.mask);
  if (holdings(picture)[cells.glyph & DOMINANT_MASK]) made.shares?.fill(255);
  return made;
}

/** The cells of a message. Throws where they are not as long as they must be. */
export async function cellsOf(cells: Tile['cells']): Promise<TileCells> {
  if (cells.type === 'uniform') return cells;
  const stream = new Blob([new Uint8Array(cells.bytes)])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'));
  const buffer = await new Response(stream).arrayBuffer();
  if (![false, true].some((shares) => buffer.byteLength === tileBytes(shares)))
    throw new Error(`a tile has ${buffer.byteLength} bytes`);
  return tileOverBytes(buffer);
}
