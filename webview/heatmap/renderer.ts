import type { Rarity } from '../../src/core/picture/rarity.js';
import type { Palette } from './palette.js';
import type { StoredTile } from './tiles/storedTile.js';
import type { Isolation } from '../state/inView.js';
import type { Source } from './tiles/tiles.js';

/** A square of a tile's cells and where it goes, in device pixels. */
export interface DrawItem {
  readonly tile: StoredTile;
  readonly source: Source;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** How cells look. */
export interface Look {
  readonly palette: Palette;
  readonly isolation: Isolation | undefined;
  readonly rarity: Rarity;
  /** Cells are the brighter, the more of their clusters hold anything. */
  readonly density: boolean;
}

export interface Frame extends Look {
  /** Device pixels. */
  readonly width: number;
  readonly height: number;
  readonly items: readonly DrawItem[];
}

/** Draws the map's cells on a canvas of its own; all that lies over them is drawn elsewhere. */
export interface MapRenderer {
  readonly canvas: HTMLCanvasElement;
  /** Draws a frame; what has not been prepared for it is prepared then. */
  draw(frame: Frame): void;
  /** Whether a tile can be drawn without delay. */
  isPrepared(tile: StoredTile, look: Look): boolean;
  /** Makes what a tile is drawn from. It costs far more than drawing it. */
  prepare(tile: StoredTile, look: Look): void;
  dispose(): void;
}

/** Pixels that a canvas of the map is wider and higher than it must be. */
const SPARE = 64;

/**
 * Makes a canvas as large as the view, or somewhat larger: fresh memory costs milliseconds, and a
 * line of legend that comes and goes is no reason to take some.
 */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): void {
  const fits = (has: number, needed: number): boolean => has >= needed && has <= needed + 2 * SPARE;
  if (fits(canvas.width, width) && fits(canvas.height, height)) return;
  canvas.width = width + SPARE;
  canvas.height = height + SPARE;
  canvas.style.width = `${canvas.width / devicePixelRatio}px`;
  canvas.style.height = `${canvas.height / devicePixelRatio}px`;
}

export function resizeCanvas(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
