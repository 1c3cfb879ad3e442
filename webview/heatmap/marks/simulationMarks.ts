import type { ClusterMark, Touch } from '../../../src/core/simulate/verdict/marks.js';
import { TOUCH_SIGN } from '../../text/touchText.js';
import { toView } from '../camera.js';
import type { OverlayFrame } from '../overlays.js';
import type { Marks } from '../palette.js';
import { weight } from './markAt.js';
import { fitCanvas } from '../renderer.js';

/** Clusters framed of one mark, and of all: more is a blot. */
const MAX_OF_MARK = 64;
const MAX_FRAMED = 2000;
/** From this width of a cell on (CSS pixels) it is framed; below, only its label stands there. */
const FRAMED_FROM = 5;
/** Of labels in a square of this side (CSS pixels) the weightiest is drawn. */
const LABEL_GRID = 24;
const LABEL_HEIGHT = 15;

interface Label {
  readonly mark: ClusterMark;
  /** Where the number stands, in device pixels. */
  readonly x: number;
  readonly y: number;
}

type Frame = Pick<OverlayFrame, 'camera' | 'view' | 'ratio' | 'curve' | 'marks'>;

/**
 * What the steps of a simulated operation touched: frames, and numbers with a sign. On a canvas of
 * its own, above the letters of the cells.
 */
export class SimulationMarks {
  readonly canvas = document.createElement('canvas');
  readonly #context: CanvasRenderingContext2D;

  constructor() {
    const context = this.canvas.getContext('2d');
    if (!context) throw new Error('no 2D canvas');
    this.#context = context;
    this.canvas.className = 'simulation';
  }

  draw(frame: Frame, marks: readonly ClusterMark[] | undefined): void {
    const { view, ratio } = frame;
    this.canvas.style.visibility = marks ? 'visible' : 'hidden';
    if (!marks) return;
    fitCanvas(this.canvas, Math.round(view.width * ratio), Math.round(view.height * ratio));
    this.#context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    drawMarks(this.#context, frame, marks);
  }
}

function drawMarks(
  context: CanvasRenderingContext2D,
  frame: Frame,
  marks: readonly ClusterMark[],
): void {
  const { camera, view, ratio, curve } = frame;
  const cell = camera.scale * ratio;
  const labels = new Map<string, Label>();
  let framed = 0;
  // The weightiest last: on top.
  for (const mark of [...marks].sort((a, b) => weight(a) - weight(b))) {
    const end = Math.min(mark.cluster + Math.min(mark.clusters, MAX_OF_MARK), curve.clusters);
    for (let cluster = mark.cluster; cluster < end; cluster++) {
      const point = curve.point(cluster);
      const at = toView(camera, view, point.x, point.y);
      const [x, y] = [at.x * ratio, at.y * ratio];
      if (x < -cell || y < -cell || x > view.width * ratio || y > view.height * ratio) continue;
      if (camera.scale >= FRAMED_FROM && framed++ < MAX_FRAMED)
        frameCell(context, x, y, cell, ratio, frame.marks, mark.touch);
      if (cluster !== mark.cluster) continue;
      const place = `${Math.floor(at.x / LABEL_GRID)} ${Math.floor(at.y / LABEL_GRID)}`;
      labels.set(place, { mark, x: x + cell / 2, y: y + cell / 2 });
    }
  }
  context.font = `600 ${Math.round(11 * ratio)}px ${frame.marks.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const label of labels.values()) drawLabel(context, label, ratio, frame.marks);
}

function frameCell(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  cell: number,
  ratio: number,
  marks: Marks,
  touch: Touch,
): void {
  const inset = ratio;
  const side = cell - 2 * inset;
  context.setLineDash(touch === 'freed' ? [3 * ratio, 2 * ratio] : []);
  context.strokeStyle = marks.halo;
  context.lineWidth = 4 * ratio;
  context.strokeRect(x + inset, y + inset, side, side);
  context.strokeStyle = colourOf(marks, touch);
  context.lineWidth = 2 * ratio;
  context.strokeRect(x + inset, y + inset, side, side);
  context.setLineDash([]);
}

function drawLabel(
  context: CanvasRenderingContext2D,
  { mark, x, y }: Label,
  ratio: number,
  marks: Marks,
): void {
  const text = `${TOUCH_SIGN[mark.touch]}${mark.number}`;
  const height = LABEL_HEIGHT * ratio;
  const width = Math.max(height, context.measureText(text).width + 7 * ratio);
  context.beginPath();
  context.roundRect(x - width / 2, y - height / 2, width, height, height / 2);
  context.fillStyle = marks.halo;
  context.fill();
  context.strokeStyle = colourOf(marks, mark.touch);
  context.lineWidth = 1.5 * ratio;
  context.stroke();
  context.fillStyle = marks.selection;
  context.fillText(text, x, y + 0.5 * ratio);
}

function colourOf(marks: Marks, touch: Touch): string {
  switch (touch) {
    case 'written':
      return marks.hover;
    case 'allocated':
      return marks.allocated;
    case 'freed':
      return marks.leak;
    case 'stopped':
      return marks.stopped;
    case 'overwritten':
      return marks.overwritten;
    case 'destroyed':
      return marks.claimedTwice;
  }
}
