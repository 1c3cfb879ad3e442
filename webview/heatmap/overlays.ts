import type { Curve, Extent } from '../../src/core/picture/curve.js';
import type { CausePlace } from '../state/causePlaces.js';
import type { Highlights } from '../state/linkState.js';
import type { MappedOf } from '../state/referredTo.js';
import { toView, type Camera } from './camera.js';
import { Later } from '../state/later.js';
import type { drawLinks } from './links.js';
import type { Marks } from './palette.js';
import { fitCanvas, type DrawItem } from './renderer.js';
import type * as CauseMarks from './marks/causeMarks.js';
import type { PlacedMark, RareFrame, RareMarks } from './marks/rareMarks.js';
import type { RangeMarks } from './marks/rangeMarks.js';
import type { TroubleMarks } from './marks/troubleMarks.js';
import type { ShownWindows, WindowOverlay } from './windows/windowOverlay.js';

/** A square of the picture, in cells of level 0. */
export interface Square {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

export interface OverlayFrame {
  readonly camera: Camera;
  readonly picture: Extent;
  /** CSS pixels. */
  readonly view: Extent;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  readonly level: number;
  readonly items: readonly DrawItem[];
  /** Whether trouble is hatched where there is room; its markers stand in any case. */
  readonly hatched: boolean;
  readonly marks: Marks;
  readonly rare: RareFrame;
  /** Draws what is within cells, below all else. */
  readonly within: ((context: CanvasRenderingContext2D) => void) | undefined;
  readonly windows: ShownWindows | undefined;
  /** Ranges of clusters that stand out. */
  readonly highlights: Highlights;
  readonly beside: boolean;
  /** Of the file, in the order of their cards. */
  readonly causes: readonly CausePlace[];
  readonly curve: Curve;
  /** A table and what it maps. */
  readonly mapped: MappedOf | undefined;
  readonly hover: Square | undefined;
  /** A place shown for the time being. */
  readonly preview: Square | undefined;
  readonly selection: readonly Square[];
}

/** From this width of a cell on (CSS pixels) they are told apart by lines. */
const GRID_FROM = 7;
/** From this side on (CSS pixels) there are lines between the squares of the curve. */
const SQUARES_FROM = 24;
/** Outlines never become smaller than this (CSS pixels). */
const SMALLEST_OUTLINE = 9;

/** All that lies over the map, on a canvas of its own. */
export class Overlays {
  readonly canvas = document.createElement('canvas');
  readonly #context: CanvasRenderingContext2D;
  readonly #fetched: () => void;
  readonly #windows: Later<WindowOverlay>;
  readonly #trouble: Later<typeof TroubleMarks>;
  readonly #rare: Later<RareMarks>;
  readonly #ranges: Later<RangeMarks>;
  readonly #causes: Later<typeof CauseMarks>;
  readonly #links: Later<typeof drawLinks>;
  #troubleMarks: TroubleMarks | undefined;

  /** `fetched`: what was missing is there, or can be had in the next frame. */
  constructor(fetched: () => void) {
    this.#fetched = fetched;
    const context = this.canvas.getContext('2d');
    if (!context) throw new Error('no 2D canvas');
    this.#context = context;
    const later = <T>(fetch: () => Promise<T>): Later<T> => new Later(fetch, fetched);
    this.#windows = later(
      async () => new (await import('./windows/windowOverlay.js')).WindowOverlay(),
    );
    this.#trouble = later(async () => (await import('./marks/troubleMarks.js')).TroubleMarks);
    this.#rare = later(async () => new (await import('./marks/rareMarks.js')).RareMarks());
    this.#ranges = later(async () => new (await import('./marks/rangeMarks.js')).RangeMarks());
    this.#causes = later(() => import('./marks/causeMarks.js'));
    this.#links = later(async () => (await import('./links.js')).drawLinks);
  }

  /** See RareMarks. */
  get marked(): number {
    return this.#rare.known?.marked ?? 0;
  }

  /** The same. */
  get placed(): readonly PlacedMark[] {
    return this.#rare.known?.placed ?? [];
  }

  /** Whether the next frame differs from the last though nothing else has changed. */
  get moving(): boolean {
    return this.#windows.known?.moving ?? false;
  }

  draw(frame: OverlayFrame): void {
    const { view, ratio, marks } = frame;
    const context = this.#context;
    fitCanvas(this.canvas, Math.round(view.width * ratio), Math.round(view.height * ratio));
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    frame.within?.(context);
    this.#drawGrid(frame);
    this.#drawSquares(frame);
    const { highlights, rare, windows, mapped, causes } = frame;
    const ranges = standsOut(highlights) ? this.#ranges.want() : this.#ranges.known;
    ranges?.drawVeil(context, frame);
    // The next frame goes on with what this one had no time for.
    if (this.#rare.want()?.draw(context, rare) === false) queueMicrotask(this.#fetched);
    if (windows) this.#windows.want()?.draw(context, frame, windows);
    this.#drawTrouble(context, frame);
    if (mapped) this.#links.want()?.(context, frame, mapped);
    if (causes.length > 0) this.#drawCauses(context, frame);
    ranges?.drawOutlines(context, frame);
    if (frame.hover) this.#outline(frame, frame.hover, marks.hover, 1);
    for (const square of frame.selection) this.#outline(frame, square, marks.selection, 2);
    if (frame.preview) this.#outline(frame, frame.preview, marks.selection, 3);
  }

  #drawCauses(context: CanvasRenderingContext2D, frame: OverlayFrame): void {
    const { rare, causes } = frame;
    const marks = this.#causes.want();
    marks?.drawCauses(context, causes, frame, new marks.Ground({ ...rare, placed: this.placed }));
  }

  #drawTrouble(
    context: CanvasRenderingContext2D,
    { marks, ratio, items, hatched }: OverlayFrame,
  ): void {
    const Marks = this.#trouble.want();
    if (!Marks) return;
    if (!this.#troubleMarks?.fits(marks, ratio)) this.#troubleMarks = new Marks(marks, ratio);
    this.#troubleMarks.draw(context, items, hatched);
  }

  /** Lines in the background's colour, fading in, so that cells look like tiles on a floor. */
  #drawGrid({ camera, picture, view, ratio, level, marks }: OverlayFrame): void {
    const step = 2 ** level;
    const cell = camera.scale * step;
    if (cell < GRID_FROM) return;
    const context = this.#context;
    const topLeft = toView(camera, view, 0, 0);
    const bottomRight = toView(camera, view, picture.width, picture.height);
    const [left, right] = [Math.max(0, topLeft.x), Math.min(view.width, bottomRight.x)];
    const [top, bottom] = [Math.max(0, topLeft.y), Math.min(view.height, bottomRight.y)];
    context.beginPath();
    const snap = (at: number): number => Math.round(at * ratio) + 0.5;
    for (let x = topLeft.x + Math.ceil((left - topLeft.x) / cell) * cell; x <= right; x += cell) {
      context.moveTo(snap(x), top * ratio);
      context.lineTo(snap(x), bottom * ratio);
    }
    for (let y = topLeft.y + Math.ceil((top - topLeft.y) / cell) * cell; y <= bottom; y += cell) {
      context.moveTo(left * ratio, snap(y));
      context.lineTo(right * ratio, snap(y));
    }
    context.globalAlpha = Math.min(1, (cell - GRID_FROM + 2) / 10);
    context.strokeStyle = marks.grid;
    context.lineWidth = Math.max(1, Math.round(ratio));
    context.stroke();
    context.globalAlpha = 1;
  }

  /** Lines between the squares of the Hilbert curve, so that one sees where it goes on. */
  #drawSquares({ camera, picture, view, ratio, curve, marks }: OverlayFrame): void {
    if (curve.name === 'rows' || curve.squares === 1) return;
    const side = 2 ** curve.order;
    if (side * camera.scale < SQUARES_FROM) return;
    const context = this.#context;
    const corner = toView(camera, view, 0, 0);
    const end = toView(camera, view, picture.width, picture.height);
    context.fillStyle = marks.grid;
    context.globalAlpha = 0.5;
    const line = Math.max(1, Math.round(ratio));
    const pixel = (at: number): number => Math.round(at * ratio);
    for (let column = 1; column < curve.columns; column++) {
      const { x } = toView(camera, view, column * side, 0);
      context.fillRect(pixel(x), pixel(corner.y), line, pixel(end.y) - pixel(corner.y));
    }
    for (let row = 1; row < curve.rows; row++) {
      const { y } = toView(camera, view, 0, row * side);
      context.fillRect(pixel(corner.x), pixel(y), pixel(end.x) - pixel(corner.x), line);
    }
    context.globalAlpha = 1;
  }

  /** A frame around a square, with a halo so that it shows on every colour. */
  #outline(
    { camera, view, ratio, marks }: OverlayFrame,
    square: Square,
    colour: string,
    width: number,
  ): void {
    const middle = toView(camera, view, square.x + square.size / 2, square.y + square.size / 2);
    const side = Math.max(square.size * camera.scale, SMALLEST_OUTLINE) + width;
    const left = (middle.x - side / 2) * ratio;
    const top = (middle.y - side / 2) * ratio;
    const context = this.#context;
    context.strokeStyle = marks.halo;
    context.lineWidth = (width + 2) * ratio;
    context.strokeRect(left, top, side * ratio, side * ratio);
    context.strokeStyle = colour;
    context.lineWidth = width * ratio;
    context.strokeRect(left, top, side * ratio, side * ratio);
  }
}

/** A range is to stand out. */
const standsOut = ({ mapped, selected, table }: Highlights): boolean =>
  mapped.length + selected.length > 0 || table !== undefined;
