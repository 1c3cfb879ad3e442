import type { Curve, Extent } from '../../../src/core/picture/curve.js';
import type { CausePlace } from '../../state/causePlaces.js';
import { toView, type Camera } from '../camera.js';
import type { Marks } from '../palette.js';

/** CSS pixels: the frame around the cell, the number's circle, how far they are apart. */
const FRAME = 11;
const RADIUS = 9;
const LEADER = 6;
/** Numbers that would lie over each other stand in a row. */
const STEP = 2 * RADIUS + 2;

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
  /** The middle of its cell, and of its number. */
  readonly x: number;
  readonly y: number;
  readonly numberX: number;
}

/** The causes in view: the number beside the cell, on the other side at the edge. */
export function placeCauses(
  causes: readonly CausePlace[],
  { camera, view, curve }: Pick<CauseFrame, 'camera' | 'view' | 'curve'>,
): PlacedCause[] {
  const placed: PlacedCause[] = [];
  const reach = Math.max(FRAME, camera.scale) / 2 + LEADER + RADIUS;
  for (const { number, cluster } of causes) {
    if (cluster >= curve.clusters) continue;
    const cell = curve.point(cluster);
    const { x, y } = toView(camera, view, cell.x + 0.5, cell.y + 0.5);
    if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
    const side = x + reach + RADIUS > view.width ? -1 : 1;
    let numberX = x + side * reach;
    const isTaken = (at: number): boolean =>
      placed.some((each) => Math.hypot(each.numberX - at, each.y - y) < 2 * RADIUS);
    while (isTaken(numberX)) numberX += side * STEP;
    placed.push({ number, x, y, numberX });
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
  const side = Math.max(FRAME, camera.scale + 2);
  context.save();
  context.scale(ratio, ratio);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.font = `600 11px ${marks.font}`;
  for (const { number, x, y, numberX } of placeCauses(causes, frame)) {
    const path = new Path2D();
    path.rect(x - side / 2, y - side / 2, side, side);
    const towards = Math.sign(numberX - x);
    path.moveTo(x + (towards * side) / 2, y);
    path.lineTo(numberX - towards * RADIUS, y);
    context.strokeStyle = marks.halo;
    context.lineWidth = 4;
    context.stroke(path);
    context.strokeStyle = marks.selection;
    context.lineWidth = 2;
    context.stroke(path);
    context.beginPath();
    context.arc(numberX, y, RADIUS, 0, 2 * Math.PI);
    context.fillStyle = marks.pin;
    context.fill();
    context.strokeStyle = marks.halo;
    context.lineWidth = 1.5;
    context.stroke();
    context.fillStyle = '#fff';
    context.fillText(String(number), numberX, y + 0.5);
  }
  context.restore();
}
