import { AS_DOMINANT } from '../../src/core/picture/rarity.js';
import { DOMINANT_MASK, TILE, TILE_CELLS, type MixedTile } from '../../src/core/picture/tile.js';
import type { Isolation } from '../state/inView.js';
import type { Palette } from './palette.js';
import { fitCanvas, type DrawItem, type Frame, type Look, type MapRenderer } from './renderer.js';
import type { StoredTile } from './tiles/storedTile.js';

/** The part of its colour that a cell has at least. */
const LEAST_SHADE = 0.25;

/** Each tile is coloured once into a bitmap, which is then scaled into place. */
export class CanvasRenderer implements MapRenderer {
  readonly canvas = document.createElement('canvas');
  readonly #context: CanvasRenderingContext2D;
  #bitmaps = new WeakMap<StoredTile, HTMLCanvasElement>();
  #look: Look | undefined;

  constructor() {
    this.#context = context2d(this.canvas);
  }

  draw(frame: Frame): void {
    const { width, height, items } = frame;
    fitCanvas(this.canvas, width, height);
    this.#context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.#context.imageSmoothingEnabled = false;
    for (const item of items) {
      if (item.tile.cells.type === 'mixed') {
        this.#drawBitmap(item, this.#bitmap(item.tile, item.tile.cells, frame), width, height);
      } else {
        this.#context.fillStyle = cssColour(cellColour(frame, item.tile, 0));
        this.#context.fillRect(item.left, item.top, item.right - item.left, item.bottom - item.top);
      }
    }
  }

  isPrepared(tile: StoredTile, look: Look): boolean {
    return tile.cells.type === 'uniform' || (this.#fits(look) && this.#bitmaps.has(tile));
  }

  prepare(tile: StoredTile, look: Look): void {
    if (tile.cells.type === 'mixed') this.#bitmap(tile, tile.cells, look);
  }

  dispose(): void {
    this.canvas.remove();
  }

  /** Only the cells that show: a single cell may be wider than the view. */
  #drawBitmap(item: DrawItem, bitmap: HTMLCanvasElement, width: number, height: number): void {
    const { source, left, top, right, bottom } = item;
    const wide = (right - left) / source.size;
    const high = (bottom - top) / source.size;
    const x0 = Math.max(0, Math.floor(-left / wide));
    const y0 = Math.max(0, Math.floor(-top / high));
    const x1 = Math.min(source.size, Math.ceil((width - left) / wide));
    const y1 = Math.min(source.size, Math.ceil((height - top) / high));
    if (x1 <= x0 || y1 <= y0) return;
    this.#context.drawImage(
      bitmap,
      source.x + x0,
      source.y + y0,
      x1 - x0,
      y1 - y0,
      left + x0 * wide,
      top + y0 * high,
      (x1 - x0) * wide,
      (y1 - y0) * high,
    );
  }

  #fits({ palette, isolation, rarity, density }: Look): boolean {
    const look = this.#look;
    return (
      look?.palette === palette &&
      look.isolation === isolation &&
      look.rarity === rarity &&
      look.density === density
    );
  }

  #bitmap(tile: StoredTile, cells: MixedTile, look: Look): HTMLCanvasElement {
    if (!this.#fits(look)) {
      this.#bitmaps = new WeakMap();
      const { palette, isolation, rarity, density } = look;
      this.#look = { palette, isolation, rarity, density };
    }
    const made = this.#bitmaps.get(tile);
    if (made) return made;
    const bitmap = document.createElement('canvas');
    bitmap.width = TILE;
    bitmap.height = TILE;
    const image = new ImageData(TILE, TILE);
    paint(new Uint32Array(image.data.buffer), cells, tableOf(look, tile), look);
    context2d(bitmap).putImageData(image, 0, 0);
    this.#bitmaps.set(tile, bitmap);
    return bitmap;
  }
}

function context2d(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  return context;
}

/** The value that a cell is painted with. `table`: see `Rarity`. */
function valueOf(glyph: number, mask: number, table: Uint8Array): number {
  const painted = table[mask];
  return painted === AS_DOMINANT ? glyph & DOMINANT_MASK : painted;
}

/** The colour of a cell that is painted with a value, packed as in the palette. */
function colourOf(
  value: number,
  mask: number,
  palette: Palette,
  isolation: Isolation | undefined,
): number {
  if (!isolation) return palette.colours[value];
  return mask & isolation.mask ? palette.colours[isolation.dominant] : palette.dimmed[value];
}

/** By mask: what cells of a tile are painted with, see `Rarity`. */
const tableOf = ({ rarity, density }: Look, { place }: StoredTile): Uint8Array =>
  density ? rarity.contents : rarity.table(place.level);

/** The colour of one cell of a tile, packed as in the palette. */
export function cellColour(look: Look, tile: StoredTile, at: number): number {
  const { cells } = tile;
  const [glyph, mask] =
    cells.type === 'uniform' ? [cells.glyph, cells.mask] : [cells.glyphs[at], cells.masks[at]];
  const value = valueOf(glyph, mask, tableOf(look, tile));
  const colour = colourOf(value, mask, look.palette, look.isolation);
  if (!look.density || mask === 0) return colour;
  const whole = look.rarity.holds(glyph & DOMINANT_MASK) ? 255 : 0;
  const share = cells.type === 'uniform' ? whole : (cells.shares?.[at] ?? 255);
  return shaded(colour, look.palette.colours[0], share);
}

/** Colours all cells of a tile into `pixels`. */
function paint(
  pixels: Uint32Array,
  { glyphs, masks, shares }: MixedTile,
  table: Uint8Array,
  { palette, isolation, density }: Look,
): void {
  const { colours } = palette;
  if (isolation)
    for (let i = 0; i < TILE_CELLS; i++)
      pixels[i] = colourOf(valueOf(glyphs[i], masks[i], table), masks[i], palette, isolation);
  else
    for (let i = 0; i < TILE_CELLS; i++) pixels[i] = colours[valueOf(glyphs[i], masks[i], table)];
  if (!density || !shares) return;
  const nothing = colours[0];
  for (let i = 0; i < TILE_CELLS; i++)
    if (masks[i] !== 0) pixels[i] = shaded(pixels[i], nothing, shares[i]);
}

/** A colour, the nearer to that of nothing the smaller the share (0 … 255) is. */
function shaded(colour: number, nothing: number, share: number): number {
  if (share === 255) return colour;
  if (share === 0) return nothing;
  // What holds the least can be told from nothing.
  const part = LEAST_SHADE + ((1 - LEAST_SHADE) * share) / 255;
  const mix = (shift: number): number => {
    const [a, b] = [(colour >>> shift) & 255, (nothing >>> shift) & 255];
    return Math.round(a * part + b * (1 - part)) << shift;
  };
  return ((0xff << 24) | mix(16) | mix(8) | mix(0)) >>> 0;
}

const cssColour = (packed: number): string =>
  `rgb(${packed & 255} ${(packed >>> 8) & 255} ${(packed >>> 16) & 255} / ${(packed >>> 24) / 255})`;
