import type { Exposure } from '../../../src/core/overlap/windowState.js';
import type { Extent } from '../../../src/core/picture/curve.js';
import { outlineOf } from '../../../src/core/picture/outline.js';
import { rectanglesOf, type Rectangle } from '../../../src/core/picture/stretch.js';
import type { Span, WindowGrid } from '../../../src/core/picture/windowGrid.js';
import type { WindowStates } from '../../text/windowStates.js';
import { toPicture, toView, type Camera } from '../camera.js';
import type { Hatching } from '../hatching.js';
import type { Marks } from '../palette.js';
import type { WindowLevels } from './windowLevels.js';
import { isFaint, styleNumber, styleOf } from './windowStyles.js';

/** What the picture is seen through. */
export interface Sight {
  readonly camera: Camera;
  /** CSS pixels. */
  readonly view: Extent;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  readonly marks: Marks;
}

/** Windows, and blocks of them, are drawn no smaller than this (CSS pixels)… */
const SMALLEST = 8;
/** …and no more of them in a frame. */
const MOST = 4096;
/** From this side on (CSS pixels) windows that are neither cached nor unprotected are outlined too. */
const FAINT_FROM = 24;
/** The outline of a single window is never smaller than this (CSS pixels). */
const SMALLEST_OUTLINE = 9;
/** From this side on (CSS pixels) windows are hatched more widely. */
const WIDE_FROM = 320;
/** Windows of a step that are emphasised. */
const MAX_REACHED = 256;
/** Device pixels beyond the view to which edges are drawn. */
const BEYOND = 24;
/** Shades in which blocks of windows are tinted. */
const SHADES = 8;
const STRONGEST_TINT = 0.32;

/** Four edges in device pixels each: left, top, right, bottom. */
type Boxes = number[];

/** What is done with a block in view, given its edges in device pixels. */
type Seen = (block: number, left: number, top: number, right: number, bottom: number) => void;

/** Draws the windows of one frame. */
export class WindowPainter {
  readonly #context: CanvasRenderingContext2D;
  readonly #sight: Sight;
  readonly #grid: WindowGrid;
  readonly #hatching: Hatching;

  constructor(
    context: CanvasRenderingContext2D,
    sight: Sight,
    grid: WindowGrid,
    hatching: Hatching,
  ) {
    this.#context = context;
    this.#sight = sight;
    this.#grid = grid;
    this.#hatching = hatching;
  }

  /** The finest level that can be drawn: 0 for the windows themselves. */
  level(): number {
    let level = 0;
    while (level < this.#grid.top && (this.#side(level) < SMALLEST || this.#inView(level) > MOST))
      level++;
    return this.#side(level) < SMALLEST ? Math.max(level, 1) : level;
  }

  /** Each window in the style of its state. */
  windows({ codes, recencies }: WindowStates): void {
    const grid = this.#grid;
    const faint = this.#side(0) >= FAINT_FROM;
    const last = grid.windows - 1;
    const isCut = last < codes.length && grid.isCut(last);
    const whole = Math.min(codes.length - 1, isCut ? last - 1 : last);
    const byStyle = new Map<number, Boxes>();
    this.#visit(0, (window, left, top, right, bottom) => {
      if (window > whole) return;
      if (!faint && isFaint(codes[window])) return;
      const style = styleNumber(codes[window], recencies[window]);
      let boxes = byStyle.get(style);
      if (!boxes) byStyle.set(style, (boxes = []));
      boxes.push(left, top, right, bottom);
    });
    const styles = [...byStyle].sort(([a], [b]) => a - b);
    // No halo is to lie on a neighbour's line.
    for (const layer of ['ground', 'lines'] as const)
      for (const [style, boxes] of styles) this.#paint(style, layer, faint, boxes);
    if (isCut) {
      this.#inCut(last, (outline) => {
        const style = styleNumber(codes[last], recencies[last]);
        for (const layer of ['ground', 'lines'] as const) this.#paint(style, layer, faint, outline);
      });
    }
  }

  /** Blocks tinted by the part of their windows that are cached, hatched if one is unprotected. */
  blocks(levels: WindowLevels, level: number): void {
    const context = this.#context;
    const { marks } = this.#sight;
    const tinted = Array.from({ length: SHADES + 1 }, (): Boxes => []);
    const hatched: Record<Exposure, Boxes> = { refused: [], dropped: [], lost: [] };
    this.#visit(level, (block, left, top, right, bottom) => {
      const density = levels.density(level, block);
      // Of the square root: one cached window among many is to be seen at all.
      if (density > 0)
        tinted[Math.ceil(Math.sqrt(density) * SHADES)].push(left, top, right, bottom);
      const exposure = levels.exposure(level, block);
      if (exposure) hatched[exposure].push(left, top, right, bottom);
    });
    context.save();
    this.#clipToFile();
    tinted.forEach((boxes, shade) => {
      context.globalAlpha = (STRONGEST_TINT * shade) / SHADES;
      context.fillStyle = marks.windows.cached;
      this.#fill(boxes);
    });
    for (const exposure of ['refused', 'dropped', 'lost'] as const)
      this.#hatch(exposure, hatched[exposure]);
    context.restore();
  }

  /** Windows that a step has just reached; `passed`: how much of their flash is over, 0 … 1. */
  reached(windows: readonly number[], passed: number): void {
    const context = this.#context;
    const { ratio, marks } = this.#sight;
    for (const window of windows.slice(0, MAX_REACHED)) {
      if (window >= this.#grid.windows) continue;
      const [left, top, right, bottom] = this.#outlined(this.#grid.bounds(window), 1);
      context.globalAlpha = 0.35 * (1 - passed);
      context.fillStyle = marks.selection;
      context.fillRect(left, top, right - left, bottom - top);
      context.globalAlpha = 1;
      context.setLineDash([2 * ratio, 2 * ratio]);
      this.#frame([left, top, right, bottom], marks.selection, 1 + 3 * (1 - passed));
      context.setLineDash([]);
    }
  }

  /** The strongest outline there is. */
  selected(window: number): void {
    const { marks } = this.#sight;
    const box = this.#outlined(this.#grid.bounds(window), 1);
    this.#frame(box, marks.halo, 5);
    this.#frame(box, marks.selection, 2.5);
  }

  /** Hatching and halos, or the lines over them. */
  #paint(style: number, layer: 'ground' | 'lines', faint: boolean, shape: Boxes | Path2D): void {
    const context = this.#context;
    const { ratio, marks } = this.#sight;
    const { hatching, strokes, ...look } = styleOf(style, marks.windows);
    if (look.faint && !faint) return;
    if (hatching && layer === 'ground')
      this.#hatch(hatching, shape instanceof Path2D ? [0, 0, ...this.#canvasSize()] : shape);
    const thin = this.#side(0) < 2 * SMALLEST;
    for (const { colour, alpha, width, inset, dash } of strokes) {
      if (thin && inset > 0) continue;
      // Whole pixels: lines at their sharpest.
      const line = Math.max(1, Math.round((thin ? 1 : width) * ratio)) / ratio;
      context.setLineDash(dash.map((length) => length * ratio));
      if (layer === 'lines') this.#stroke(shape, inset + line / 2, line, colour, alpha);
      else if (!look.faint)
        this.#stroke(shape, inset + line / 2, line + 2, marks.halo, 0.5 * alpha);
    }
    context.setLineDash([]);
  }

  /** Lines at a distance (CSS pixels) inside the edges of boxes, or along an outline to which the view is cut. */
  #stroke(
    shape: Boxes | Path2D,
    inset: number,
    width: number,
    colour: string,
    alpha: number,
  ): void {
    const context = this.#context;
    const { ratio } = this.#sight;
    context.globalAlpha = alpha;
    context.strokeStyle = colour;
    if (shape instanceof Path2D) {
      // Half of the line is outside of the cut, where nothing is drawn.
      context.lineWidth = 2 * width * ratio;
      context.stroke(shape);
    } else {
      const by = inset * ratio;
      context.lineWidth = width * ratio;
      context.beginPath();
      for (let i = 0; i < shape.length; i += 4) {
        const [left, top] = [shape[i] + by, shape[i + 1] + by];
        context.rect(left, top, shape[i + 2] - by - left, shape[i + 3] - by - top);
      }
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  #hatch(exposure: Exposure, boxes: Boxes): void {
    const context = this.#context;
    const { marks } = this.#sight;
    const { x, y } = this.#toDevice({ x: 0, y: 0 });
    context.fillStyle = marks.windows.unprotected;
    // Windows that fill the view are there to be read.
    const wide = this.#side(0) >= WIDE_FROM;
    context.globalAlpha = wide ? 0.06 : 0.1;
    this.#fill(boxes);
    context.fillStyle = this.#hatching.at(exposure, Math.round(x), Math.round(y), wide);
    context.globalAlpha = wide ? 0.35 : 0.65;
    this.#fill(boxes);
    context.globalAlpha = 1;
  }

  #fill(boxes: Boxes): void {
    if (boxes.length === 0) return;
    const context = this.#context;
    context.beginPath();
    for (let i = 0; i < boxes.length; i += 4)
      context.rect(boxes[i], boxes[i + 1], boxes[i + 2] - boxes[i], boxes[i + 3] - boxes[i + 1]);
    context.fill();
  }

  #frame([left, top, right, bottom]: Boxes, colour: string, width: number): void {
    const context = this.#context;
    context.strokeStyle = colour;
    context.lineWidth = width * this.#sight.ratio;
    context.strokeRect(left, top, right - left, bottom - top);
  }

  /** Draws inside the window that the file ends in. */
  #inCut(window: number, draw: (outline: Path2D) => void): void {
    const context = this.#context;
    const rectangles = this.#grid.rectangles(window);
    context.save();
    context.clip(this.#pathOf(rectangles));
    const outline = new Path2D();
    for (const { x1, y1, x2, y2 } of outlineOf(rectangles)) {
      const from = this.#toDevice({ x: x1, y: y1 });
      const to = this.#toDevice({ x: x2, y: y2 });
      outline.moveTo(Math.round(from.x), Math.round(from.y));
      outline.lineTo(Math.round(to.x), Math.round(to.y));
    }
    draw(outline);
    context.restore();
  }

  /** Nothing is drawn where there are no clusters, though a block may reach there. */
  #clipToFile(): void {
    const { curve } = this.#grid;
    this.#context.clip(this.#pathOf(rectanglesOf(curve, { first: 0, end: curve.clusters })));
  }

  #pathOf(rectangles: readonly Rectangle[]): Path2D {
    const path = new Path2D();
    for (const rectangle of rectangles) {
      const [left, top, right, bottom] = this.#boxOf(rectangle);
      path.rect(left, top, right - left, bottom - top);
    }
    return path;
  }

  /** Calls back for each block of a level that is in view, with its edges. */
  #visit(level: number, see: Seen): void {
    const { width, height } = this.#grid.blockSize(level);
    const { left, top, right, bottom } = this.#span(level);
    const edges = (first: number, end: number, length: number, axis: 'x' | 'y'): number[] =>
      Array.from({ length: Math.max(0, end - first) + 1 }, (_, i) => {
        const at = (first + i) * length;
        return this.#edge(this.#toDevice({ x: at, y: at })[axis], axis);
      });
    const xs = edges(left, right, width, 'x');
    const ys = edges(top, bottom, height, 'y');
    this.#grid.visit(level, { left, top, right, bottom }, (block, column, row) => {
      see(block, xs[column - left], ys[row - top], xs[column - left + 1], ys[row - top + 1]);
    });
  }

  /** Blocks of a level in view. */
  #inView(level: number): number {
    const { left, top, right, bottom } = this.#span(level);
    return Math.max(0, right - left) * Math.max(0, bottom - top);
  }

  /** Columns and rows of a level in view. */
  #span(level: number): Span {
    const { camera, view } = this.#sight;
    const { width, height } = this.#grid.blockSize(level);
    const { filled } = this.#grid.curve;
    const from = toPicture(camera, view, 0, 0);
    const to = toPicture(camera, view, view.width, view.height);
    return {
      left: Math.max(0, Math.floor(from.x / width)),
      top: Math.max(0, Math.floor(from.y / height)),
      right: Math.ceil(Math.min(to.x, filled.width) / width),
      bottom: Math.ceil(Math.min(to.y, filled.height) / height),
    };
  }

  /** The shorter side of a level's blocks in CSS pixels. */
  #side(level: number): number {
    const { width, height } = this.#grid.blockSize(level);
    return Math.min(width, height) * this.#sight.camera.scale;
  }

  #boxOf({ x, y, width, height }: Rectangle): Boxes {
    const from = this.#toDevice({ x, y });
    const to = this.#toDevice({ x: x + width, y: y + height });
    return [
      this.#edge(from.x, 'x'),
      this.#edge(from.y, 'y'),
      this.#edge(to.x, 'x'),
      this.#edge(to.y, 'y'),
    ];
  }

  /** A whole device pixel, and no further out than can be seen: dashes of a long line cost. */
  #edge(at: number, axis: 'x' | 'y'): number {
    const [width, height] = this.#canvasSize();
    const end = axis === 'x' ? width : height;
    return Math.round(Math.min(Math.max(at, -BEYOND), end + BEYOND));
  }

  /** The edges of a window, moved out by some CSS pixels, and never too close to be seen. */
  #outlined(place: Rectangle, by: number): Boxes {
    const { ratio } = this.#sight;
    const [left, top, right, bottom] = this.#boxOf(place);
    const wide = Math.max(by, (SMALLEST_OUTLINE - (right - left) / ratio) / 2) * ratio;
    const high = Math.max(by, (SMALLEST_OUTLINE - (bottom - top) / ratio) / 2) * ratio;
    return [left - wide, top - high, right + wide, bottom + high];
  }

  #canvasSize(): [width: number, height: number] {
    const { view, ratio } = this.#sight;
    return [view.width * ratio, view.height * ratio];
  }

  #toDevice({ x, y }: { readonly x: number; readonly y: number }): { x: number; y: number } {
    const { camera, view, ratio } = this.#sight;
    const at = toView(camera, view, x, y);
    return { x: at.x * ratio, y: at.y * ratio };
  }
}
