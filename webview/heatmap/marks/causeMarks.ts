import type { Curve, Extent } from '../../../src/core/picture/curve.js';
import type { CausePlace } from '../../state/causePlaces.js';
import { toView, type Camera } from '../camera.js';
import type { Marks } from '../palette.js';

/** CSS pixels: the circle of a number. */
const RADIUS = 9;
/** A cell with room for its number and a frame: with a smaller one they would hide others. */
const ROOM = 2 * RADIUS + 8;

export interface CauseFrame {
  readonly camera: Camera;
  /** CSS pixels. */
  readonly view: Extent;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  readonly marks: Marks;
  readonly curve: Curve;
}

/** Where a cause is marked, in CSS pixels of the view. */
export interface PlacedCause {
  readonly number: number;
  /** The middle of its cell. */
  readonly x: number;
  readonly y: number;
  /** The middle of its number, in the cell's corner; undefined where another one is there. */
  readonly numberAt: { readonly x: number; readonly y: number } | undefined;
}

/** The causes in view, if cells are large enough. Of several in one cell the first, which is the worst, has its number there. */
export function placeCauses(
  causes: readonly CausePlace[],
  { camera, view, curve }: Pick<CauseFrame, 'camera' | 'view' | 'curve'>,
): PlacedCause[] {
  const placed: PlacedCause[] = [];
  if (camera.scale < ROOM) return placed;
  const corner = RADIUS + 2 - camera.scale / 2;
  for (const { number, cluster } of causes) {
    if (cluster >= curve.clusters) continue;
    const cell = curve.point(cluster);
    const { x, y } = toView(camera, view, cell.x + 0.5, cell.y + 0.5);
    if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
    const isTaken = placed.some((each) => each.x === x && each.y === y);
    const numberAt = camera.scale < ROOM || isTaken ? undefined : { x: x + corner, y: y + corner };
    placed.push({ number, x, y, numberAt });
  }
  return placed;
}

/** Frames the cells of causes, and numbers them as their cards are. */
export function drawCauses(
  context: CanvasRenderingContext2D,
  causes: readonly CausePlace[],
  frame: CauseFrame,
): void {
  const { camera, ratio, marks } = frame;
  const side = camera.scale + 2;
  context.save();
  context.scale(ratio, ratio);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.font = `600 11px ${marks.font}`;
  for (const { number, x, y, numberAt } of placeCauses(causes, frame)) {
    const path = new Path2D();
    path.rect(x - side / 2, y - side / 2, side, side);
    context.strokeStyle = marks.halo;
    context.lineWidth = 4;
    context.stroke(path);
    context.strokeStyle = marks.selection;
    context.lineWidth = 2;
    context.stroke(path);
    if (!numberAt) continue;
    context.beginPath();
    context.arc(numberAt.x, numberAt.y, RADIUS, 0, 2 * Math.PI);
    context.fillStyle = marks.pin;
    context.fill();
    context.strokeStyle = marks.halo;
    context.lineWidth = 1.5;
    context.stroke();
    context.fillStyle = '#fff';
    context.fillText(String(number), numberAt.x, numberAt.y + 0.5);
  }
  context.restore();
}
