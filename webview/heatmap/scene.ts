import type { MapSide } from '../state/mapSide.js';
import type { Store } from '../state/store.js';
import type { Square } from './overlays.js';
import type { TileStore } from './tiles/tileStore.js';
import type { Viewport } from './viewport.js';

/** From this width of a cell on (CSS pixels) cells are seen from close by: there is room in them. */
export const CLOSE_UP_FROM = 20;

/** What all parts of the map look at. */
export interface Scene {
  readonly store: Store;
  /** What this map shows. */
  readonly side: MapSide;
  readonly tiles: TileStore;
  readonly viewport: Viewport;
}

/** What is shown are the clusters of the file. */
export const isInFile = ({ tiles }: Scene): boolean => tiles.picture.view === 'host';

/** The cells of the clusters that are selected in the view that is shown. */
export function selectedSquares({ store, tiles: { curve, picture } }: Scene): Square[] {
  const { selected, guest } = store.selection;
  // A range takes the place of a single cluster.
  if (store.range.range.peek()) return [];
  return (picture.view === 'guest' ? guest.clusters.peek() : [selected.peek() ?? Infinity])
    .filter((cluster) => cluster < curve.clusters)
    .map((cluster) => ({ ...curve.point(cluster), size: 1 }));
}
