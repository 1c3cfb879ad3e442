import type { Extent } from '../../../src/core/picture/curve.js';
import { TILE } from '../../../src/core/picture/tile.js';
import { toPicture, type Camera } from '../camera.js';

/** Where a tile lies: column and row at a level. */
export interface TilePlace {
  readonly level: number;
  readonly x: number;
  readonly y: number;
}

/** The finest level whose cells are at least one device pixel wide. */
export function levelFor(scale: number, pixelRatio: number, top: number): number {
  const level = Math.ceil(-Math.log2(scale * pixelRatio) - 1e-9);
  return Math.min(Math.max(level, 0), top);
}

/** The tiles of a level that lie in the view, those nearest to its middle first. */
export function visibleTiles(
  camera: Camera,
  picture: Extent,
  view: Extent,
  level: number,
): TilePlace[] {
  const edge = TILE * 2 ** level;
  const from = toPicture(camera, view, 0, 0);
  const to = toPicture(camera, view, view.width, view.height);
  const first = (start: number): number => Math.max(0, Math.floor(start / edge));
  const end = (stop: number, length: number): number => Math.ceil(Math.min(stop, length) / edge);
  const places: TilePlace[] = [];
  for (let y = first(from.y); y < end(to.y, picture.height); y++) {
    for (let x = first(from.x); x < end(to.x, picture.width); x++) places.push({ level, x, y });
  }
  const distance = ({ x, y }: TilePlace): number =>
    Math.hypot((x + 0.5) * edge - camera.x, (y + 0.5) * edge - camera.y);
  return places.sort((a, b) => distance(a) - distance(b));
}

/** A square of a tile's cells to draw: all of it, or the part under a finer place. */
export interface Source {
  /** In cells of the tile. */
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** The tile above a place that is `up` levels coarser, and the part of it under the place. */
export function ancestor(
  place: TilePlace,
  up: number,
): { readonly place: TilePlace; readonly source: Source } {
  const parts = 2 ** up;
  const size = TILE / parts;
  return {
    place: {
      level: place.level + up,
      x: Math.floor(place.x / parts),
      y: Math.floor(place.y / parts),
    },
    source: { x: (place.x % parts) * size, y: (place.y % parts) * size, size },
  };
}
