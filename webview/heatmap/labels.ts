import { DOMINANT_MASK, kindOfDominant, TILE, TROUBLE_SHIFT } from '../../src/core/picture/tile.js';
import type { KindName } from '../../src/core/layout/kinds.js';
import { KIND_CODE } from '../text.js';
import type { CellCountStore, CellRange } from './cellCounts.js';
import { textOn } from './contrast.js';
import { unpack, type Palette } from './palette.js';
import { resizeCanvas, type DrawItem, type Isolation } from './renderer.js';

/** From these widths of a cell on (CSS pixels) it carries the letters of its kind, and its refcount. */
const LETTERS_FROM = 14;
const COUNTS_FROM = 28;
/** … and the references counted too where they differ. */
const BOTH_FROM = 40;
/** Words drawn are kept until there are more than these: another zoom, another theme. */
const MOST_SPRITES = 400;

/** What fills most of a file is written lightly, so that tables stand out. */
const CALM: ReadonlySet<KindName> = new Set<KindName>(['data', 'compressed', 'unallocated']);

export interface LabelFrame {
  /** Device pixels. */
  readonly width: number;
  readonly height: number;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  /** CSS pixels of a cell of level 0. */
  readonly scale: number;
  readonly items: readonly DrawItem[];
  readonly palette: Palette;
  readonly isolation: Isolation | undefined;
}

/** Writes on the cells of the map, when they are wide enough, what they are. */
export class Labels {
  readonly canvas = document.createElement('canvas');
  readonly #context: CanvasRenderingContext2D;
  readonly #counts: CellCountStore;
  readonly #sprites = new Map<string, HTMLCanvasElement>();
  #palette: Palette | undefined;
  #isEmpty = true;

  constructor(counts: CellCountStore) {
    const context = this.canvas.getContext('2d');
    if (!context) throw new Error('no 2D canvas');
    this.#context = context;
    this.#counts = counts;
    this.canvas.className = 'labels';
  }

  /** Draws anew; whether there was room for letters. */
  draw(frame: LabelFrame): boolean {
    const { width, height, items, scale, palette } = frame;
    const isWide = scale >= LETTERS_FROM;
    if (!isWide && this.#isEmpty) return false;
    resizeCanvas(this.canvas, width, height);
    this.#context.clearRect(0, 0, width, height);
    this.#isEmpty = !isWide;
    if (!isWide) return false;
    if (this.#palette !== palette || this.#sprites.size > MOST_SPRITES) this.#sprites.clear();
    this.#palette = palette;
    for (const item of items) if (item.tile.place.level === 0) this.#drawTile(frame, item);
    return true;
  }

  #drawTile(frame: LabelFrame, item: DrawItem): void {
    const { source, left, top, right, tile } = item;
    const cell = (right - left) / source.size;
    const x0 = Math.max(0, Math.floor(-left / cell));
    const x1 = Math.min(source.size, Math.ceil((frame.width - left) / cell));
    const y0 = Math.max(0, Math.floor(-top / cell));
    const y1 = Math.min(source.size, Math.ceil((frame.height - top) / cell));
    const column = tile.place.x * TILE + source.x;
    const row = tile.place.y * TILE + source.y;
    const hasCounts = frame.scale >= COUNTS_FROM;
    const range: CellRange = {
      left: column + x0,
      top: row + y0,
      right: column + x1,
      bottom: row + y1,
    };
    if (hasCounts && x0 < x1 && y0 < y1) this.#counts.want(range);
    const { cells } = tile;
    const { isolation } = frame;
    for (let y = y0; y < y1; y++) {
      const middleY = top + (y + 0.5) * cell;
      for (let x = x0; x < x1; x++) {
        const at = (source.y + y) * TILE + source.x + x;
        const mask = cells.type === 'uniform' ? cells.mask : cells.masks[at];
        // Outside the file, or dimmed because another kind is looked at.
        if (mask === 0 || (isolation && (mask & isolation.mask) === 0)) continue;
        const glyph = cells.type === 'uniform' ? cells.glyph : cells.glyphs[at];
        const middleX = left + (x + 0.5) * cell;
        this.#drawCell(
          frame,
          glyph,
          middleX,
          middleY,
          hasCounts ? [column + x, row + y] : undefined,
        );
      }
    }
  }

  #drawCell(
    { scale, ratio }: LabelFrame,
    glyph: number,
    x: number,
    y: number,
    place: readonly [x: number, y: number] | undefined,
  ): void {
    const kind = kindOfDominant(glyph & DOMINANT_MASK);
    if (!kind) return;
    const letters = KIND_CODE[kind];
    const text = place && countText(this.#counts.at(...place), scale >= BOTH_FROM, kind);
    const size = Math.round(Math.min(Math.max(scale * 0.36, 8.5), 17) * ratio);
    const shift = text === undefined ? 0 : scale * ratio * 0.17;
    if (letters !== '') this.#put(letters, glyph, size, CALM.has(kind) ? 400 : 600, x, y - shift);
    if (text !== undefined)
      this.#put(
        text,
        glyph,
        Math.round(size * 0.82),
        400,
        x,
        letters === '' ? y : y + shift * 1.25,
      );
  }

  #put(text: string, glyph: number, size: number, weight: number, x: number, y: number): void {
    const sprite = this.#sprite(text, glyph, size, weight);
    this.#context.drawImage(
      sprite,
      Math.round(x - sprite.width / 2),
      Math.round(y - sprite.height / 2),
    );
  }

  /** Words drawn once: so a screen of them costs little. */
  #sprite(text: string, glyph: number, size: number, weight: number): HTMLCanvasElement {
    const isHatched = glyph >>> TROUBLE_SHIFT !== 0;
    const key = `${glyph} ${size} ${weight} ${text}`;
    const known = this.#sprites.get(key);
    if (known) return known;
    const canvas = document.createElement('canvas');
    const font = `${weight} ${size}px ${fontFamily()}`;
    const measuring = this.#context;
    measuring.font = font;
    const halo = isHatched ? Math.max(2, Math.round(size / 4)) : 0;
    canvas.width = Math.ceil(measuring.measureText(text).width) + 2 * halo + 2;
    canvas.height = Math.ceil(size * 1.2) + 2 * halo;
    const context = canvas.getContext('2d');
    const colours = this.#palette?.colours;
    if (!context || !colours) return canvas;
    const cell = unpack(colours[glyph & DOMINANT_MASK]);
    context.font = font;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    const [middleX, middleY] = [canvas.width / 2, canvas.height / 2 + size * 0.06];
    if (isHatched) {
      // A bed in the colour of the cell, on which the hatching does not disturb.
      context.lineJoin = 'round';
      context.lineWidth = 2 * halo;
      context.strokeStyle = css(cell);
      context.strokeText(text, middleX, middleY);
    }
    context.fillStyle = css(textOn(cell));
    context.fillText(text, middleX, middleY);
    this.#sprites.set(key, canvas);
    return canvas;
  }
}

/** "1"; "1≠2" where the stored refcount is not the number of references, if there is room. */
function countText(
  counts: { readonly stored: number; readonly references: number } | undefined,
  hasRoom: boolean,
  kind: KindName,
): string | undefined {
  if (!counts) return undefined;
  const { stored, references } = counts;
  if (kind === 'unallocated' && stored === 0 && references === 0) return undefined;
  const written = (n: number): string => (n === 255 ? '255+' : String(n));
  return hasRoom && stored !== references
    ? `${written(stored)}≠${written(references)}`
    : written(stored);
}

const fontFamily = (): string =>
  getComputedStyle(document.body).fontFamily || 'system-ui, sans-serif';

const css = ({ red, green, blue }: { red: number; green: number; blue: number }): string =>
  `rgb(${red}, ${green}, ${blue})`;
