import type { Curve, Extent } from '../../../src/core/picture/curve.js';
import { outlineOf } from '../../../src/core/picture/outline.js';
import { rectanglesOf, type Stretch } from '../../../src/core/picture/stretch.js';
import type { Highlights } from '../../state/linkState.js';
import type { Camera } from '../camera.js';
import type { Marks } from '../palette.js';

/** How much of its colour what is not highlighted keeps. */
const STEPPED_BACK = 0.58;
/** CSS pixels. */
const LINE = 1.5;
const HALO = 1.25;
const TABLE = 9;

export interface RangeFrame {
  readonly camera: Camera;
  /** CSS pixels. */
  readonly view: Extent;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  readonly marks: Marks;
  readonly curve: Curve;
  readonly highlights: Highlights;
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
  #inside: { readonly curve: Curve; readonly of: Highlights; readonly path: Path2D } | undefined;

  /** Below the marks of what is rare, which does not step back. */
  drawVeil(context: CanvasRenderingContext2D, frame: RangeFrame): void {
    const { highlights, beside, marks, view, ratio, curve } = frame;
    const { mapped, selected } = highlights;
    if (!beside || mapped.length + selected.length === 0) return;
    if (this.#inside?.curve !== curve || this.#inside.of !== highlights)
      this.#inside = { curve, of: highlights, path: areaOf(curve, unionOf(mapped, selected)) };
    const veil = new Path2D();
    veil.rect(0, 0, Math.ceil(view.width * ratio), Math.ceil(view.height * ratio));
    veil.addPath(this.#inside.path, matrixOf(frame));
    context.globalAlpha = 1 - STEPPED_BACK;
    context.fillStyle = marks.background;
    context.fill(veil, 'evenodd');
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
  for (const stretch of within(curve, stretches))
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
