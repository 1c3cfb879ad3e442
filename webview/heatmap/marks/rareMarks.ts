import type { Picture } from '../../../src/core/picture/layer.js';
import { AS_DOMINANT, type Rarity } from '../../../src/core/picture/rarity.js';
import { maskOfValue, TILE } from '../../../src/core/picture/tile.js';
import type { Isolation } from '../../state/inView.js';
import { Lattices, VALUES, type RareSquares, type Wanted } from '../lattice.js';
import { unpack, type Palette } from '../palette.js';
import type { DrawItem } from '../renderer.js';
import { MarkSheet, type Stamp } from './markSheet.js';
import { shapeOf } from './shapes.js';

/** Cells that are narrower (CSS pixels) have marks over what is rare in them… */
export const MARKED_BELOW = 6;
/** …one in a square of this side, so that no mark hides another. */
const SQUARE = 8;
const HALO = 1;
/** Milliseconds of a frame in which tiles are looked into that have not been before, at least. */
const LOOKING = 0.5;
export const DOT = 2;
/** Of the view, the part that the marks of a structure may take; more of them are dots. */
const MAX_STRUCTURES = 1 / 4;
/** Of what fills a file only specks are marked. */
const MAX_AREAS = 1 / 50;

/** What the cells are drawn from. */
export interface RareFrame {
  readonly picture: Picture;
  readonly rarity: Rarity;
  readonly palette: Palette;
  readonly isolation: Isolation | undefined;
  readonly items: readonly DrawItem[];
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  /** Device pixels. */
  readonly width: number;
  readonly height: number;
  /** Tiles are looked into until then, as `performance.now()` says it. */
  readonly until: number;
}

/**
 * Marks over what is rare and too small to be seen: squares with a halo, divided where several kinds
 * lie together; dots, where one of them would otherwise hide a quarter of the view.
 */
export class RareMarks {
  readonly #lattices = new Lattices();
  readonly #stamps = new Map<number, Stamp>();
  #palette: Palette | undefined;
  #rarity: Rarity | undefined;
  #ratio = 0;
  #marked = 0;
  /** Of the last frame. */
  readonly #layers: Layers = { dots: new Places(), lone: new Places(), together: new Places() };
  #placed: readonly PlacedMark[] | undefined;
  readonly #sheet = new MarkSheet();

  /** Mask of the values that had marks in the last frame: a click near one of them means it. */
  get marked(): number {
    return this.#marked;
  }

  /** The marks of the last frame, from the lowest to the uppermost. */
  get placed(): readonly PlacedMark[] {
    if (this.#placed) return this.#placed;
    const placed: PlacedMark[] = [];
    for (const layer of LAYERS) {
      const { masks, xs, ys, size } = this.#layers[layer];
      for (let at = 0; at < size; at++)
        placed.push({ mask: masks[at], x: xs[at], y: ys[at], isDot: layer === 'dots' });
    }
    return (this.#placed = placed);
  }

  /** False when there was no time to look into all tiles: the next frame goes on. */
  draw(context: CanvasRenderingContext2D, frame: RareFrame): boolean {
    const { items, ratio, rarity, isolation, palette } = frame;
    if (this.#palette !== palette || this.#rarity !== rarity || this.#ratio !== ratio)
      this.#stamps.clear();
    this.#palette = palette;
    this.#rarity = rarity;
    this.#ratio = ratio;
    const small = items.filter((item) => cellWidth(item) < MARKED_BELOW * ratio);
    this.#marked = 0;
    for (const layer of LAYERS) this.#layers[layer].size = 0;
    this.#placed = undefined;
    if (small.length === 0) return true;
    const seen = small.reduce((mask, { tile }) => mask | this.#lattices.dominants(tile.cells), 0);
    const wanted = (isolation?.mask ?? 0xffff) & (rarity.marked | (rarity.common & ~seen));
    const end = Math.max(frame.until, performance.now() + LOOKING);
    let isWhole = true;
    const found = small.map((item) => {
      const bits = Math.ceil(Math.log2((SQUARE * ratio) / cellWidth(item)));
      const hasTime = performance.now() < end;
      const sought = wantedIn(rarity, item, wanted);
      const squares = this.#lattices.squares(item.tile.cells, bits, sought, hasTime);
      isWhole &&= squares !== undefined;
      return { item, squares, bits };
    });
    const { marks, dots } = classify(frame, small, wanted, found);
    this.#marked = marks;
    place(this.#layers, found, { marks, dots }, ratio);
    this.#sheet.begin(context, count(found));
    this.#drawDots(frame);
    this.#drawMarks(frame, this.#layers.lone);
    this.#drawMarks(frame, this.#layers.together);
    this.#sheet.end();
    return isWhole;
  }

  #drawDots({ rarity, palette, ratio }: RareFrame): void {
    const side = Math.round(DOT * ratio);
    const { masks, xs, ys, size } = this.#layers.dots;
    let last = 0;
    let colours: readonly number[] = [];
    for (let at = 0; at < size; at++) {
      if (masks[at] !== last) {
        last = masks[at];
        colours = rarity.valuesOf(last).map((value) => palette.colours[value]);
      }
      let left = Math.round(xs[at] - side / 2);
      const top = Math.round(ys[at] - side / 2);
      for (const colour of colours) {
        this.#sheet.dot(left, top, side, colour);
        left += side;
      }
    }
  }

  #drawMarks(frame: RareFrame, { masks, xs, ys, size }: Places): void {
    for (let at = 0; at < size; at++) {
      const stamp = this.#stamp(frame, masks[at]);
      const half = stamp.side / 2;
      this.#sheet.stamp(stamp, Math.round(xs[at] - half), Math.round(ys[at] - half));
    }
  }

  #stamp(frame: RareFrame, mask: number): Stamp {
    const known = this.#stamps.get(mask);
    if (known) return known;
    const made = stampOf(frame, frame.rarity.valuesOf(mask));
    this.#stamps.set(mask, made);
    return made;
  }
}

/** From the lowest to the uppermost: what stands for several kinds is larger, and hides nothing when it is above. */
const LAYERS = ['dots', 'lone', 'together'] as const;
type Layers = Readonly<Record<(typeof LAYERS)[number], Places>>;

/** What was found in a tile, in squares of 2^bits cells. */
interface Found {
  readonly item: DrawItem;
  readonly squares: RareSquares | undefined;
  readonly bits: number;
}

/** What a layer of a frame has: masks, and the middles in device pixels. */
class Places {
  masks = new Uint16Array(FIRST_ROOM);
  xs = new Float32Array(FIRST_ROOM);
  ys = new Float32Array(FIRST_ROOM);
  size = 0;

  add(mask: number, x: number, y: number): void {
    if (this.size === this.masks.length) this.#grow();
    this.masks[this.size] = mask;
    this.xs[this.size] = x;
    this.ys[this.size++] = y;
  }

  #grow(): void {
    const { masks, xs, ys } = this;
    this.masks = new Uint16Array(2 * this.size);
    this.masks.set(masks);
    this.xs = new Float32Array(2 * this.size);
    this.xs.set(xs);
    this.ys = new Float32Array(2 * this.size);
    this.ys.set(ys);
  }
}

const FIRST_ROOM = 1024;

/** Puts what was found where it is drawn. `marks` and `dots`: masks of the values that are such. */
function place(
  layers: Layers,
  found: readonly Found[],
  { marks, dots }: { readonly marks: number; readonly dots: number },
  ratio: number,
): void {
  const { dots: dotted, lone, together } = layers;
  dotted.size = lone.size = together.size = 0;
  for (const { item, squares, bits } of found) {
    if (!squares) continue;
    const { count, firsts, masks, rarest } = squares;
    const { source, left, top } = item;
    const cell = cellWidth(item);
    const reach = (2 ** bits * cell) / 2;
    // So far from the edges of its square that it stays within.
    const slackOfDots = Math.max(0, reach - ratio);
    const slackOfMarks = Math.max(0, reach - (SQUARE / 2) * ratio);
    for (let at = 0; at < count; at++) {
      const marked = masks[at] & marks;
      const mask = marked === 0 ? masks[at] & dots : marked;
      const column = (firsts[at] & (TILE - 1)) - source.x;
      const row = Math.floor(firsts[at] / TILE) - source.y;
      if (mask === 0 || column < 0 || row < 0 || column >= source.size || row >= source.size)
        continue;
      const slack = marked === 0 ? slackOfDots : slackOfMarks;
      const x = left + column * cell + reach;
      const y = top + row * cell + reach;
      const exactX = left + ((rarest[at] & (TILE - 1)) - source.x + 0.5) * cell;
      const exactY = top + (Math.floor(rarest[at] / TILE) - source.y + 0.5) * cell;
      const layer = marked === 0 ? dotted : (marked & (marked - 1)) === 0 ? lone : together;
      layer.add(
        mask,
        Math.min(Math.max(exactX, x - slack), x + slack),
        Math.min(Math.max(exactY, y - slack), y + slack),
      );
    }
  }
}

/** How many squares were found. */
const count = (found: readonly Found[]): number =>
  found.reduce((sum, { squares }) => sum + (squares?.count ?? 0), 0);

/** A mark, or a dot for each of its values; device pixels. */
export interface PlacedMark {
  readonly mask: number;
  readonly x: number;
  readonly y: number;
  readonly isDot: boolean;
}

/** Which of the values are marked, and which are dots. */
function classify(
  { rarity, width, height, ratio }: RareFrame,
  items: readonly DrawItem[],
  wanted: number,
  found: readonly Found[],
): { readonly marks: number; readonly dots: number } {
  const squares = new Uint32Array(VALUES);
  for (const { squares: each } of found)
    for (let value = 0; each && value < VALUES; value++) squares[value] += each.counts[value];
  const room = (width * height) / (SQUARE * ratio) ** 2;
  let [marks, dots] = [0, 0];
  for (const value of rarity.order) {
    const bit = maskOfValue(value);
    if ((wanted & bit) === 0) continue;
    const many = squares[31 - Math.clz32(bit)];
    const isStructure = rarity.isStructure(value);
    if (many <= room * (isStructure ? MAX_STRUCTURES : MAX_AREAS)) marks |= bit;
    else if (items.some(({ tile }) => !rarity.paints(value, tile.place.level)))
      if (isStructure || (rarity.common & bit) !== 0) dots |= bit;
  }
  return { marks, dots };
}

/** What is looked for in a tile. */
function wantedIn(rarity: Rarity, { tile }: DrawItem, values: number): Wanted {
  const table = rarity.table(tile.place.level);
  const painted = rarity.order.reduce((mask, value) => {
    const bit = maskOfValue(value);
    return table[bit] === AS_DOMINANT ? mask : mask | bit;
  }, 0);
  return { values, painted, order: rarity.order };
}

const cellWidth = ({ left, right, source }: DrawItem): number => (right - left) / source.size;

function colourOf({ colours }: Palette, value: number): string {
  const { red, green, blue } = unpack(colours[value]);
  return `rgb(${red}, ${green}, ${blue})`;
}

/** A part of a mark, in CSS pixels from its top left. */
interface Part {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** How a mark for so many values is divided, and its side with its halo. */
export function partsOf(count: number): { readonly side: number; readonly parts: readonly Part[] } {
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const side = partSide(count);
  // Two side by side are a square, too.
  const high = (columns * side) / rows;
  const parts = Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const wide = (columns * side) / Math.min(columns, count - row * columns);
    const column = index % columns;
    return {
      left: HALO + column * wide,
      top: HALO + row * high,
      right: HALO + (column + 1) * wide,
      bottom: HALO + (row + 1) * high,
    };
  });
  return { side: columns * side + 2 * HALO, parts };
}

/** CSS pixels of a part of a mark, by how many parts it has. */
const partSide = (parts: number): number => (parts === 1 ? 6 : parts <= 4 ? 4 : 3);

/** A mark for values that lie together, with a halo in the background's colour. */
function stampOf({ picture, palette, ratio }: RareFrame, values: readonly number[]): Stamp {
  const { side, parts } = partsOf(values.length);
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(side * ratio);
  canvas.height = canvas.width;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  context.fillStyle = palette.marks.halo;
  context.fillRect(0, 0, canvas.width, canvas.height);
  const edge = (at: number): number => Math.round(at * ratio);
  values.forEach((value, index) => {
    const part = parts[index];
    const [left, right] = [edge(part.left), edge(part.right)];
    const [top, bottom] = [edge(part.top), edge(part.bottom)];
    context.fillStyle = colourOf(palette, value);
    context.fillRect(left, top, right - left, bottom - top);
    // In parts of three pixels there is no room for shapes.
    const shape = values.length === 1 ? shapeOf(picture, value) : 'full';
    context.fillStyle = palette.marks.halo;
    if (shape === 'hollow') {
      const inset = Math.max(1, Math.floor((right - left) / 3));
      context.fillRect(
        left + inset,
        top + inset,
        right - left - 2 * inset,
        bottom - top - 2 * inset,
      );
    } else if (shape === 'half') {
      context.beginPath();
      context.moveTo(left, top);
      context.lineTo(right, top);
      context.lineTo(right, bottom);
      context.fill();
    }
  });
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return { canvas, side: canvas.width, pixels: new Uint32Array(data.buffer) };
}
