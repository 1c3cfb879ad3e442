import type { Picture } from '../../../src/core/picture/layer.js';
import { AS_DOMINANT, type Rarity } from '../../../src/core/picture/rarity.js';
import { maskOfValue } from '../../../src/core/picture/tile.js';
import type { Isolation } from '../../state/inView.js';
import { Lattices, type Wanted } from '../lattice.js';
import { unpack, type Palette } from '../palette.js';
import type { DrawItem } from '../renderer.js';
import { type Dot, DotSheet } from './dotSheet.js';
import { shapeOf } from './shapes.js';

/** Cells that are narrower (CSS pixels) have marks over what is rare in them… */
export const MARKED_BELOW = 6;
/** …one in a square of this side, so that no mark hides another. */
const SQUARE = 8;
const HALO = 1;
/** Milliseconds of a frame in which tiles are looked into that have not been before. */
const LOOKING = 3;
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
}

/**
 * Marks over what is rare and too small to be seen: squares with a halo, divided where several kinds
 * lie together; dots, where one of them would otherwise hide a quarter of the view.
 */
export class RareMarks {
  readonly #lattices = new Lattices();
  readonly #sprites = new Map<number, HTMLCanvasElement>();
  #palette: Palette | undefined;
  #rarity: Rarity | undefined;
  #ratio = 0;
  #marked = 0;
  #drawn: Drawn = NOTHING;
  #placed: readonly PlacedMark[] | undefined;
  readonly #dots = new DotSheet();

  /** Mask of the values that had marks in the last frame: a click near one of them means it. */
  get marked(): number {
    return this.#marked;
  }

  /** The marks of the last frame, from the lowest to the uppermost. */
  get placed(): readonly PlacedMark[] {
    const { dotted, marks } = this.#drawn;
    this.#placed ??= [
      ...[...dotted].flatMap(([mask, places]) =>
        places.map((place) => ({ ...place, mask, isDot: true })),
      ),
      ...marks.map((place) => ({ ...place, isDot: false })),
    ];
    return this.#placed;
  }

  /** False when there was no time to look into all tiles: the next frame goes on. */
  draw(context: CanvasRenderingContext2D, frame: RareFrame): boolean {
    const { items, ratio, rarity, isolation, palette } = frame;
    if (this.#palette !== palette || this.#rarity !== rarity || this.#ratio !== ratio)
      this.#sprites.clear();
    this.#palette = palette;
    this.#rarity = rarity;
    this.#ratio = ratio;
    const small = items.filter((item) => cellWidth(item) < MARKED_BELOW * ratio);
    this.#marked = 0;
    this.#drawn = NOTHING;
    this.#placed = undefined;
    if (small.length === 0) return true;
    const seen = small.reduce((mask, { tile }) => mask | this.#lattices.dominants(tile.cells), 0);
    const wanted = (isolation?.mask ?? 0xffff) & (rarity.marked | (rarity.common & ~seen));
    const end = performance.now() + LOOKING;
    let isWhole = true;
    const found = small.map((item) => {
      const bits = Math.ceil(Math.log2((SQUARE * ratio) / cellWidth(item)));
      const hasTime = performance.now() < end;
      const sought = wantedIn(rarity, item, wanted);
      const squares = this.#lattices.squares(item.tile.cells, bits, sought, hasTime);
      isWhole &&= squares !== undefined;
      return { item, squares: squares ?? [], bits };
    });
    const { marks, dots } = classify(frame, small, wanted, found);
    this.#marked = marks;
    const lone: Placed[] = [];
    const together: Placed[] = [];
    const dotted = new Map<number, Point[]>();
    for (const { item, squares, bits } of found) {
      const cell = cellWidth(item);
      const { source, left, top } = item;
      for (const square of squares) {
        if ((square.mask & (marks | dots)) === 0) continue;
        if (!isIn(source, square)) continue;
        const reach = (2 ** bits * cell) / 2;
        const middle = {
          x: left + (square.x - source.x) * cell + reach,
          y: top + (square.y - source.y) * cell + reach,
        };
        const exact = {
          x: left + (square.cellX - source.x + 0.5) * cell,
          y: top + (square.cellY - source.y + 0.5) * cell,
        };
        const mask = square.mask & marks;
        if (mask === 0) {
          const dot = within(exact, middle, reach, ratio);
          const alike = dotted.get(square.mask & dots);
          if (alike) alike.push(dot);
          else dotted.set(square.mask & dots, [dot]);
        } else
          ((mask & (mask - 1)) === 0 ? lone : together).push({
            mask,
            ...within(exact, middle, reach, (SQUARE / 2) * ratio),
          });
      }
    }
    const dotList: Dot[] = [];
    for (const [mask, places] of dotted) addDots(dotList, frame, mask, places);
    this.#dots.draw(context, dotList, Math.round(DOT * ratio));
    // What stands for several kinds is larger, and hides nothing when it is above.
    this.#drawn = { dotted, marks: [...lone, ...together] };
    for (const { mask, x, y } of this.#drawn.marks) {
      const image = this.#sprite(frame, mask);
      context.drawImage(image, Math.round(x - image.width / 2), Math.round(y - image.height / 2));
    }
    return isWhole;
  }

  #sprite(frame: RareFrame, mask: number): HTMLCanvasElement {
    const known = this.#sprites.get(mask);
    if (known) return known;
    const made = spriteOf(frame, frame.rarity.valuesOf(mask));
    this.#sprites.set(mask, made);
    return made;
  }
}

/** Dots that stand for the same, of each value one beside the other. */
function addDots(
  dots: Dot[],
  { rarity, palette, ratio }: RareFrame,
  mask: number,
  places: readonly Point[],
): void {
  const side = Math.round(DOT * ratio);
  rarity.valuesOf(mask).forEach((value, index) => {
    const colour = palette.colours[value];
    for (const { x, y } of places) {
      const left = Math.round(x - side / 2) + index * side;
      dots.push({ left, top: Math.round(y - side / 2), colour });
    }
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
}
/** What a frame has marked. */
interface Drawn {
  /** Dots by what they stand for. */
  readonly dotted: ReadonlyMap<number, readonly Point[]>;
  readonly marks: readonly Placed[];
}
const NOTHING: Drawn = { dotted: new Map(), marks: [] };

/** A mark, or a dot for each of its values; device pixels. */
export interface PlacedMark extends Placed {
  readonly isDot: boolean;
}

interface Placed extends Point {
  readonly mask: number;
}

/** Which of the values are marked, and which are dots. */
function classify(
  { rarity, width, height, ratio }: RareFrame,
  items: readonly DrawItem[],
  wanted: number,
  found: readonly { readonly squares: readonly { readonly mask: number }[] }[],
): { readonly marks: number; readonly dots: number } {
  const squares = new Uint32Array(16);
  for (const { squares: each } of found)
    for (const { mask } of each)
      for (let rest = mask & wanted; rest !== 0; rest &= rest - 1)
        squares[31 - Math.clz32(rest & -rest)]++;
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

const isIn = (source: DrawItem['source'], { x, y }: Point): boolean =>
  x >= source.x && y >= source.y && x < source.x + source.size && y < source.y + source.size;

/** `at`, but so far from the edges of a square that what has a radius stays within. */
function within(at: Point, middle: Point, reach: number, radius: number): Point {
  const slack = Math.max(0, reach - radius);
  const clamp = (value: number, centre: number): number =>
    Math.min(Math.max(value, centre - slack), centre + slack);
  return { x: clamp(at.x, middle.x), y: clamp(at.y, middle.y) };
}

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
function spriteOf(
  { picture, palette, ratio }: RareFrame,
  values: readonly number[],
): HTMLCanvasElement {
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
  return canvas;
}
