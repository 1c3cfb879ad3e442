import type { Palette } from './palette.js';
import type { StoredTile } from './tileStore.js';
import type { Source } from './tiles.js';

/** A square of a tile's cells and where it goes, in device pixels. */
export interface DrawItem {
  readonly tile: StoredTile;
  readonly source: Source;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Frame {
  /** Device pixels. */
  readonly width: number;
  readonly height: number;
  readonly items: readonly DrawItem[];
  readonly palette: Palette;
  readonly isolation: Isolation | undefined;
}

/** Only cells whose presence mask has `mask` keep their colour; it is that of `dominant`. */
export interface Isolation {
  readonly mask: number;
  readonly dominant: number;
}

/** Draws the map's cells on a canvas of its own; all that lies over them is drawn elsewhere. */
export interface MapRenderer {
  readonly canvas: HTMLCanvasElement;
  draw(frame: Frame): void;
  dispose(): void;
}

export function resizeCanvas(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
