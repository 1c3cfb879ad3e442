import type { Picture } from '../../src/core/picture/layer.js';
import { hasKindsOfFile } from '../state/legendValues.js';
import type { Camera } from './camera.js';
import type { CellCountStore } from './cellCounts.js';
import { LabelSheet, type LabelFrame } from './labelSheet.js';
import { fitCanvas } from './renderer.js';
import { CLOSE_UP_FROM } from './scene.js';

/** Milliseconds without movement after which letters are written anew. */
const REST = 80;
/** Milliseconds of writing in a frame. */
const BUDGET = 2;

/** What is written on, and from where it is looked at. */
export interface LabelScene extends LabelFrame {
  readonly shown: Picture;
  readonly camera: Camera;
}

interface Sheet {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
}

/**
 * The letters on the cells, on canvases of their own. A screen has thousands: while the map moves,
 * what has been written moves with it; at rest it is written anew, a few milliseconds a frame, on
 * a second sheet, which then takes the place of the first.
 */
export class Labels {
  readonly #sheet: LabelSheet;
  readonly #next: () => void;
  #front = sheet();
  #back = sheet();
  /** What is on the front sheet; undefined: nothing. */
  #shown: LabelScene | undefined;
  #wanted: LabelScene | undefined;
  #writing: Generator<void> | undefined;
  /** Writing has begun in this frame: to clear a sheet is enough for one. */
  #isFresh = false;
  #rest: ReturnType<typeof setTimeout> | undefined;

  /** `below`: the canvas under the letters. `next`: asks for another frame. */
  constructor(below: HTMLCanvasElement, counts: CellCountStore, next: () => void) {
    this.#sheet = new LabelSheet(counts);
    this.#next = next;
    below.after(this.#front.canvas, this.#back.canvas);
  }

  dispose(): void {
    clearTimeout(this.#rest);
    this.#front.canvas.remove();
    this.#back.canvas.remove();
  }

  /** The map has been drawn anew. Whether its cells have room for letters. */
  show(scene: LabelScene): boolean {
    clearTimeout(this.#rest);
    this.#writing = undefined;
    const isWide = hasKindsOfFile(scene.shown) && scene.scale >= CLOSE_UP_FROM;
    this.#wanted = isWide ? scene : undefined;
    if (!isWide || this.#shown?.palette !== scene.palette) this.#shown = undefined;
    this.#place(scene);
    if (!isWide) return false;
    const isMoving = this.#shown && !isSameCamera(this.#shown.camera, scene.camera);
    if (isMoving) this.#rest = setTimeout(this.#begin, REST);
    else this.#begin();
    return true;
  }

  /** Writes on for a while, if there is something to write. */
  step(): void {
    if (this.#isFresh) this.#next();
    else this.#write(BUDGET);
    this.#isFresh = false;
  }

  /** Writes all there is to write. */
  finish(): void {
    if (this.#wanted && this.#shown !== this.#wanted && !this.#writing) this.#begin();
    this.#write(Infinity);
  }

  #write(milliseconds: number): void {
    const end = performance.now() + milliseconds;
    while (this.#writing) {
      if (this.#writing.next().done) this.#turn();
      else if (performance.now() >= end) {
        this.#next();
        return;
      }
    }
  }

  readonly #begin = (): void => {
    const scene = this.#wanted;
    if (!scene) return;
    const { canvas, context } = this.#back;
    fitCanvas(canvas, scene.width, scene.height);
    context.clearRect(0, 0, canvas.width, canvas.height);
    this.#writing = this.#sheet.write(context, scene);
    this.#isFresh = true;
    this.#next();
  };

  /** The back sheet is complete. */
  #turn(): void {
    this.#writing = undefined;
    this.#shown = this.#wanted;
    [this.#front, this.#back] = [this.#back, this.#front];
    this.#front.canvas.style.visibility = 'visible';
    this.#front.canvas.style.transform = '';
    this.#back.canvas.style.visibility = 'hidden';
  }

  /** Puts what was written for one camera where another sees it. */
  #place({ camera, width, height, ratio }: LabelScene): void {
    const { style } = this.#front.canvas;
    const shown = this.#shown;
    style.visibility = shown ? 'visible' : 'hidden';
    if (!shown) return;
    const factor = camera.scale / shown.camera.scale;
    const [middleX, middleY] = [width / ratio / 2, height / ratio / 2];
    const x = (shown.camera.x - camera.x) * camera.scale + middleX * (1 - factor);
    const y = (shown.camera.y - camera.y) * camera.scale + middleY * (1 - factor);
    style.transform = `translate(${x}px, ${y}px) scale(${factor})`;
  }
}

function sheet(): Sheet {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  canvas.className = 'labels';
  canvas.style.visibility = 'hidden';
  return { canvas, context };
}

const isSameCamera = (a: Camera, b: Camera): boolean =>
  a.x === b.x && a.y === b.y && a.scale === b.scale;
