import type { Curve, Extent } from '../../../src/core/picture/curve.js';
import { outlineOf } from '../../../src/core/picture/outline.js';
import { rectanglesOf, type Stretch } from '../../../src/core/picture/stretch.js';
import { TILE } from '../../../src/core/picture/tile.js';
import type { Highlights } from '../../state/linkState.js';
import type { Camera } from '../camera.js';
import type { Marks } from '../palette.js';
import { fitCanvas } from '../renderer.js';
import { MARKED_BELOW, type RareFrame } from './rareMarks.js';

/** How much of its colour what is not highlighted keeps. */
const STEPPED_BACK = 0.58;
/** CSS pixels. */
const LINE = 1.5;
const HALO = 1.25;
const TABLE = 9;
/** Stretches that are outlined: the lines of more would hide what they are about. */
const MAX_OUTLINES = 64;

export interface RangeFrame {
  readonly camera: Camera;
  /** CSS pixels. */
  readonly view: Extent;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  readonly marks: Marks;
  readonly curve: Curve;
  readonly highlights: Highlights;
  readonly rare: RareFrame;
  /** Two maps stand side by side: what is linked stands out in both. */
  readonly beside: boolean;
}

/** Stretches of clusters as they lie on a curve, in cells. */
interface Shape {
  readonly curve: Curve;
  readonly stretches: readonly Stretch[];
  readonly outline: Path2D;
}

/** Outlines of ranges and of what a table maps; all else steps back. */
export class RangeMarks {
  #mapped: Shape | undefined;
  #selected: Shape | undefined;
  readonly #veil = veilContext();
  #inside: { readonly curve: Curve; readonly of: Highlights; readonly path: Path2D } | undefined;

  /** Below the marks of what is rare, which does not step back. */
  drawVeil(context: CanvasRenderingContext2D, frame: RangeFrame): void {
    const { highlights, beside, marks, view, ratio, curve } = frame;
    const { mapped, selected } = highlights;
    if (!beside || mapped.length + selected.length === 0) return;
    if (this.#inside?.curve !== curve || this.#inside.of !== highlights)
      this.#inside = { curve, of: highlights, path: areaOf(curve, unionOf(mapped, selected)) };
    const { canvas } = this.#veil;
    const [width, height] = [Math.ceil(view.width * ratio), Math.ceil(view.height * ratio)];
    fitCanvas(canvas, width, height);
    const veil = this.#veil;
    veil.globalCompositeOperation = 'copy';
    veil.fillStyle = marks.background;
    veil.fillRect(0, 0, width, height);
    veil.globalCompositeOperation = 'destination-out';
    const bright = new Path2D();
    bright.addPath(this.#inside.path, matrixOf(frame));
    veil.fill(bright);
    clearRare(veil, frame.rare);
    context.globalAlpha = 1 - STEPPED_BACK;
    context.drawImage(canvas, 0, 0, width, height, 0, 0, width, height);
    context.globalAlpha = 1;
  }

  drawOutlines(context: CanvasRenderingContext2D, frame: RangeFrame): void {
    const { highlights, marks, curve, ratio } = frame;
    const { mapped, selected, table } = highlights;
    this.#mapped = shapeOf(this.#mapped, curve, mapped);
    this.#selected = shapeOf(this.#selected, curve, selected);
    if (frame.beside) stroke(context, frame, this.#mapped, marks.table);
    stroke(context, frame, this.#selected, marks.selection);
    if (frame.beside && table !== undefined && table < curve.clusters) {
      const { x, y } = curve.point(table);
      const at = matrixOf(frame).transformPoint({ x: x + 0.5, y: y + 0.5 });
      const side = Math.max(TABLE, frame.camera.scale) * ratio;
      context.strokeStyle = marks.selection;
      context.lineWidth = LINE * ratio;
      context.strokeRect(at.x - side / 2, at.y - side / 2, side, side);
    }
  }
}

function veilContext(): CanvasRenderingContext2D {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  return context;
}

/** Cells with something rare in them, where they are so wide that it has no marks. */
function clearRare(veil: CanvasRenderingContext2D, { items, ratio, rarity }: RareFrame): void {
  for (const { tile, source, left, top, right } of items) {
    const cell = (right - left) / source.size;
    const { cells } = tile;
    if (cell < MARKED_BELOW * ratio || cells.type === 'uniform') continue;
    for (let y = 0; y < source.size; y++)
      for (let x = 0; x < source.size; x++) {
        const at = (source.y + y) * TILE + source.x + x;
        if ((cells.masks[at] & rarity.marked) === 0) continue;
        veil.fillRect(Math.round(left + x * cell), Math.round(top + y * cell), cell, cell);
      }
  }
}

/** From cells to device pixels. */
function matrixOf({ camera, view, ratio }: RangeFrame): DOMMatrix {
  const { x, y, scale } = camera;
  return new DOMMatrix([
    scale * ratio,
    0,
    0,
    scale * ratio,
    (view.width / 2 - x * scale) * ratio,
    (view.height / 2 - y * scale) * ratio,
  ]);
}

function stroke(
  context: CanvasRenderingContext2D,
  frame: RangeFrame,
  { stretches, outline }: Shape,
  colour: string,
): void {
  if (stretches.length === 0) return;
  const { ratio, marks } = frame;
  const path = new Path2D();
  path.addPath(outline, matrixOf(frame));
  context.lineJoin = 'miter';
  context.lineCap = 'square';
  context.strokeStyle = marks.halo;
  context.lineWidth = (LINE + 2 * HALO) * ratio;
  context.stroke(path);
  context.strokeStyle = colour;
  context.lineWidth = LINE * ratio;
  context.stroke(path);
}

function shapeOf(known: Shape | undefined, curve: Curve, stretches: readonly Stretch[]): Shape {
  if (known?.curve === curve && known.stretches === stretches) return known;
  const outline = new Path2D();
  const joined = unionOf(stretches, []);
  for (const stretch of within(curve, joined.length > MAX_OUTLINES ? [] : joined))
    for (const { x1, y1, x2, y2 } of outlineOf(rectanglesOf(curve, stretch))) {
      outline.moveTo(x1, y1);
      outline.lineTo(x2, y2);
    }
  return { curve, stretches, outline };
}

function areaOf(curve: Curve, stretches: readonly Stretch[]): Path2D {
  const path = new Path2D();
  for (const stretch of within(curve, stretches))
    for (const { x, y, width, height } of rectanglesOf(curve, stretch))
      path.rect(x, y, width, height);
  return path;
}

const within = ({ clusters }: Curve, stretches: readonly Stretch[]): Stretch[] =>
  stretches
    .map(({ first, end }) => ({ first, end: Math.min(end, clusters) }))
    .filter(({ first, end }) => first < end);

/** The clusters of both, each in one stretch. */
export function unionOf(a: readonly Stretch[], b: readonly Stretch[]): Stretch[] {
  const all: { first: number; end: number }[] = [];
  for (const { first, end } of [...a, ...b].sort((left, right) => left.first - right.first)) {
    const last = all.at(-1);
    if (last && first <= last.end) last.end = Math.max(last.end, end);
    else all.push({ first, end });
  }
  return all;
}
