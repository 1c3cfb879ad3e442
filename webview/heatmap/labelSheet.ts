import { DOMINANT_MASK, kindOfDominant, TILE, TROUBLE_SHIFT } from '../../src/core/picture/tile.js';
import type { KindName } from '../../src/core/map/kinds.js';
import { KIND_CODE } from '../text/text.js';
import type { CellRange } from './tiles/blockStore.js';
import type { CellCountStore } from './cellCounts.js';
import { textOn } from './contrast.js';
import { unpack, type Palette } from './palette.js';
import type { Isolation } from '../state/inView.js';
import type { DrawItem } from './renderer.js';

/** From this width of a cell on (CSS pixels) it carries its refcount beside the letters of its kind. */
const COUNTS_FROM = 28;
/** … and the references counted too where they differ. */
const BOTH_FROM = 40;
/** Words drawn are kept until there are more than these: another zoom, another theme. */
const MAX_SPRITES = 400;

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

/** Writes on the cells of the map what they are. */
export class LabelSheet {
  readonly #counts: CellCountStore;
  readonly #sprites = new Map<string, ImageBitmap>();
  readonly #pen = new OffscreenCanvas(1, 1);
  #palette: Palette | undefined;

  constructor(counts: CellCountStore) {
    this.#counts = counts;
  }

  /** Writes all that is in view; whoever drives it may rest after each row. */
  *write(context: CanvasRenderingContext2D, frame: LabelFrame): Generator<void> {
    if (this.#palette !== frame.palette || this.#sprites.size > MAX_SPRITES) this.#sprites.clear();
    this.#palette = frame.palette;
    for (const item of frame.items)
      if (item.tile.place.level === 0) yield* this.#writeTile(context, frame, item);
  }

  *#writeTile(
    context: CanvasRenderingContext2D,
    frame: LabelFrame,
    item: DrawItem,
  ): Generator<void> {
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
        const place = hasCounts ? ([column + x, row + y] as const) : undefined;
        this.#writeCell(context, frame, glyph, middleX, middleY, place);
      }
      yield;
    }
  }

  #writeCell(
    context: CanvasRenderingContext2D,
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
    const put = (written: string, pixels: number, weight: number, middle: number): void => {
      const sprite = this.#sprite(written, glyph, pixels, weight);
      context.drawImage(
        sprite,
        Math.round(x - sprite.width / 2),
        Math.round(middle - sprite.height / 2),
      );
    };
    if (letters !== '') put(letters, size, CALM.has(kind) ? 400 : 600, y - shift);
    if (text !== undefined)
      put(text, Math.round(size * 0.82), 400, letters === '' ? y : y + shift * 1.25);
  }

  /** Words drawn once: so a screen of them costs little. */
  #sprite(text: string, glyph: number, size: number, weight: number): ImageBitmap {
    const key = `${glyph} ${size} ${weight} ${text}`;
    const known = this.#sprites.get(key);
    if (known) return known;
    const pen = this.#pen.getContext('2d');
    const colours = this.#palette?.colours;
    if (!pen || !colours) throw new Error('no 2D canvas');
    const font = `${weight} ${size}px ${fontFamily()}`;
    const isHatched = glyph >>> TROUBLE_SHIFT !== 0;
    const halo = isHatched ? Math.max(2, Math.round(size / 4)) : 0;
    pen.font = font;
    const width = Math.ceil(pen.measureText(text).width) + 2 * halo + 2;
    // A canvas of another size begins anew.
    this.#pen.width = width;
    this.#pen.height = Math.ceil(size * 1.2) + 2 * halo;
    const cell = unpack(colours[glyph & DOMINANT_MASK]);
    pen.font = font;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    const [middleX, middleY] = [this.#pen.width / 2, this.#pen.height / 2 + size * 0.06];
    if (isHatched) {
      // A bed in the colour of the cell, on which the hatching does not disturb.
      pen.lineJoin = 'round';
      pen.lineWidth = 2 * halo;
      pen.strokeStyle = css(cell);
      pen.strokeText(text, middleX, middleY);
    }
    pen.fillStyle = css(textOn(cell));
    pen.fillText(text, middleX, middleY);
    const sprite = this.#pen.transferToImageBitmap();
    this.#sprites.set(key, sprite);
    return sprite;
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
