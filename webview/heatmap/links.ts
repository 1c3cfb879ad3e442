import type { Curve, Extent, Point } from '../../src/core/picture/curve.js';
import type { MappedOf } from '../state/referredTo.js';
import { toView, type Camera } from './camera.js';
import type { Marks } from './palette.js';

/** Lines drawn at most: more than these would hide the map. */
const MAX_LINKS = 64;
/** Places along a run that are looked at, to find one of them in view. */
const SAMPLES = 16;
/** Runs looked at in a frame. */
const MAX_RUNS = 4096;

interface LinkFrame {
  readonly camera: Camera;
  /** CSS pixels. */
  readonly view: Extent;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  readonly marks: Marks;
  readonly curve: Curve;
}

/** Draws lines from a table to what it maps of what is in view, unless that were too many. */
export function drawLinks(
  context: CanvasRenderingContext2D,
  frame: LinkFrame,
  { cluster, mapped }: MappedOf,
): void {
  const { camera, view, ratio, marks, curve } = frame;
  if (cluster >= curve.clusters) return;
  const ends = endsInView(frame, mapped.runs);
  if (ends.length === 0 || ends.length > MAX_LINKS) return;
  const centre = ({ x, y }: Point): Point => {
    const at = toView(camera, view, x + 0.5, y + 0.5);
    return { x: at.x * ratio, y: at.y * ratio };
  };
  const from = centre(curve.point(cluster));
  const lines = new Path2D();
  const dots = new Path2D();
  for (const end of ends) {
    const to = centre(end);
    // Bowed a little, so that lines to cells in a row do not lie upon each other.
    const bow = 0.12;
    lines.moveTo(from.x, from.y);
    lines.quadraticCurveTo(
      (from.x + to.x) / 2 - (to.y - from.y) * bow,
      (from.y + to.y) / 2 + (to.x - from.x) * bow,
      to.x,
      to.y,
    );
    dots.moveTo(to.x + 3 * ratio, to.y);
    dots.arc(to.x, to.y, 3 * ratio, 0, 2 * Math.PI);
  }
  context.lineCap = 'round';
  context.strokeStyle = marks.halo;
  context.lineWidth = 3.5 * ratio;
  context.stroke(lines);
  context.strokeStyle = marks.selection;
  context.lineWidth = 1.25 * ratio;
  context.stroke(lines);
  context.strokeStyle = marks.halo;
  context.lineWidth = 2 * ratio;
  context.stroke(dots);
  context.fillStyle = marks.selection;
  context.fill(dots);
}

/** A cell in view of each run that has one; one more than `MAX_LINKS` when there are too many. */
function endsInView({ camera, view, curve }: LinkFrame, runs: MappedOf['mapped']['runs']): Point[] {
  const ends: Point[] = [];
  for (const { cluster, clusters } of runs.slice(0, MAX_RUNS)) {
    if (cluster + clusters > curve.clusters) continue;
    const samples = Math.min(clusters, SAMPLES);
    for (let i = 0; i < samples; i++) {
      const point = curve.point(cluster + Math.floor((i * clusters) / samples));
      const { x, y } = toView(camera, view, point.x + 0.5, point.y + 0.5);
      if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
      ends.push(point);
      break;
    }
    if (ends.length > MAX_LINKS) break;
  }
  return ends;
}
