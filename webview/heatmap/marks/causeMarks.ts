import type { Curve, Extent } from '../../../src/core/picture/curve.js';
import type { CausePlace } from '../../state/causePlaces.js';
import { toView, type Camera } from '../camera.js';
import type { Marks } from '../palette.js';
import type { Ground } from './causeGround.js';

export { Ground } from './causeGround.js';

/** CSS pixels: the circle of a number. */
const RADIUS = 9;
/** A cell with room for its number and a frame. In a smaller one it would hide others. */
const ROOM = 2 * RADIUS + 8;
/** Beside small cells stand no more numbers: those of the worst. */
const MAX_BESIDE = 9;
/** How far from its cell a number is tried, CSS pixels, and in how many directions. */
const DISTANCES = [18, 28, 40, 54, 76, 100];
const DIRECTIONS = 32;
/** A line to a cell ends before what marks it, CSS pixels. */
const LINE_END = 6;
/** A line is looked at piece by piece, each of this side. */
const PIECE = 4;

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
  /** The middle of its number; undefined where there is no room for it. */
  readonly numberAt: Point | undefined;
  /** A line leads from the number to the cell. */
  readonly hasLine: boolean;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * The causes in view, the worst first. The number of a large cell is in its corner; that of a small
 * one beside it, where it hides nothing.
 */
export function placeCauses(
  causes: readonly CausePlace[],
  { camera, view, curve }: Pick<CauseFrame, 'camera' | 'view' | 'curve'>,
  ground: Pick<Ground, 'isFree'>,
): PlacedCause[] {
  const isLarge = camera.scale >= ROOM;
  const placed: PlacedCause[] = [];
  for (const { number, cluster } of causes) {
    if (cluster >= curve.clusters) continue;
    if (!isLarge && placed.length >= MAX_BESIDE) break;
    const cell = curve.point(cluster);
    const { x, y } = toView(camera, view, cell.x + 0.5, cell.y + 0.5);
    if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
    // Several of one cell: the first is the worst.
    const isTaken = placed.some((each) => each.x === x && each.y === y);
    const corner = RADIUS + 2 - camera.scale / 2;
    const place: Beside | undefined = isTaken
      ? undefined
      : isLarge
        ? { numberAt: { x: x + corner, y: y + corner }, hasLine: false }
        : beside({ x, y }, { view, placed, ground, scale: camera.scale });
    placed.push({ number, x, y, numberAt: place?.numberAt, hasLine: place?.hasLine ?? false });
  }
  return placed;
}

interface Beside {
  readonly numberAt: Point;
  readonly hasLine: boolean;
}

interface Surroundings {
  readonly view: Extent;
  readonly placed: readonly PlacedCause[];
  readonly ground: Pick<Ground, 'isFree'>;
  /** CSS pixels of a cell. */
  readonly scale: number;
}

/**
 * The nearest place for the number of a small cell, away from those of others: with a line that hides
 * nothing either, else so near that it needs none.
 */
function beside(cell: Point, around: Surroundings): Beside | undefined {
  const near: Point[] = [];
  for (const distance of DISTANCES)
    for (let step = 0; step < DIRECTIONS; step++) {
      // Up and to the right first, as of a pin on a map.
      const angle = -Math.PI / 4 + (2 * Math.PI * step) / DIRECTIONS;
      const towards = { x: Math.cos(angle), y: Math.sin(angle) };
      const numberAt = { x: cell.x + distance * towards.x, y: cell.y + distance * towards.y };
      if (!hasRoom(numberAt, around)) continue;
      if (distance === DISTANCES[0]) near.push(numberAt);
      const from = lineStart(around.scale);
      if (isWayFree(cell, towards, from, distance - RADIUS, around.ground))
        return { numberAt, hasLine: true };
    }
  return near.length > 0 ? { numberAt: near[0], hasLine: false } : undefined;
}

function hasRoom({ x, y }: Point, { view, placed, ground }: Surroundings): boolean {
  const reach = RADIUS + 1;
  if (x < RADIUS || y < RADIUS) return false;
  if (x > view.width - RADIUS || y > view.height - RADIUS) return false;
  const isNear = placed.some(
    ({ numberAt }) =>
      numberAt !== undefined && Math.hypot(numberAt.x - x, numberAt.y - y) < 2 * RADIUS + 4,
  );
  return (
    !isNear && ground.isFree({ x: x - reach, y: y - reach, width: 2 * reach, height: 2 * reach })
  );
}

function isWayFree(
  { x, y }: Point,
  towards: Point,
  from: number,
  to: number,
  ground: Pick<Ground, 'isFree'>,
): boolean {
  for (let at = from + PIECE / 2; at < to; at += PIECE) {
    const [left, top] = [x + at * towards.x - PIECE / 2, y + at * towards.y - PIECE / 2];
    if (!ground.isFree({ x: left, y: top, width: PIECE, height: PIECE })) return false;
  }
  return true;
}

/** From the middle of a cell, CSS pixels: behind its corner, and what marks it. */
const lineStart = (scale: number): number => Math.max(LINE_END, scale * Math.SQRT1_2);

/** Numbers the cells of causes as their cards are: large ones in a frame, small ones by a line. */
export function drawCauses(
  context: CanvasRenderingContext2D,
  causes: readonly CausePlace[],
  frame: CauseFrame,
  ground: Ground,
): void {
  const { camera, ratio, marks } = frame;
  const isLarge = camera.scale >= ROOM;
  context.save();
  context.scale(ratio, ratio);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.font = `600 11px ${marks.font}`;
  const placed = placeCauses(causes, frame, ground);
  for (const cause of placed) {
    const path = isLarge ? frameOf(cause, camera.scale + 2) : lineTo(cause, camera.scale);
    if (!path) continue;
    context.strokeStyle = marks.halo;
    context.lineWidth = 4;
    context.stroke(path);
    context.strokeStyle = marks.selection;
    context.lineWidth = isLarge ? 2 : 1.5;
    context.stroke(path);
  }
  for (const { number, numberAt } of placed) {
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

function frameOf({ x, y }: PlacedCause, side: number): Path2D {
  const path = new Path2D();
  path.rect(x - side / 2, y - side / 2, side, side);
  return path;
}

function lineTo({ x, y, numberAt, hasLine }: PlacedCause, scale: number): Path2D | undefined {
  if (!numberAt || !hasLine) return undefined;
  const [across, down] = [numberAt.x - x, numberAt.y - y];
  const from = lineStart(scale) / Math.hypot(across, down);
  const path = new Path2D();
  path.moveTo(x + across * from, y + down * from);
  path.lineTo(numberAt.x, numberAt.y);
  return path;
}
