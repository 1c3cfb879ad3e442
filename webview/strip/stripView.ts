import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { createCurve, type Curve } from '../../src/core/picture/curve.js';
import type { Picture } from '../../src/core/picture/layer.js';
import { stretchesIn, type Stretch } from '../../src/core/picture/stretch.js';
import type { Palette } from '../heatmap/palette.js';
import { resizeCanvas } from '../heatmap/renderer.js';
import type { Store } from '../state/store.js';
import { currentPalette, onThemeChange } from '../heatmap/theme.js';
import { drawKinds, drawWindowStates, STRIP } from './stripBars.js';

/** Rows that the map is asked for at most, see the editor's validation. */
const MAX_ROWS = 8192;
/** Milliseconds until the worker is asked. */
const PATIENCE = 80;
/** CSS pixels that a bracket is high at least. */
const SMALLEST_BRACKET = 5;

/**
 * The strip of the whole file: kinds and windows on one canvas, drawn when they change, and the
 * part that is in view on another, drawn when the camera moves.
 */
/** The strip tells the kinds of the file's clusters, whatever the map shows. */
const KINDS: Picture = { view: 'host', layer: 'kinds' };

export class StripView {
  /** What the map shows of the file, ascending. */
  readonly inView: ReadonlySignal<readonly Stretch[]>;
  /** See Strip in protocol/imageService.ts; empty until the first has arrived. */
  readonly glyphs = signal<readonly number[]>([]);
  readonly #store: Store;
  readonly #bars = canvasIn();
  readonly #brackets = canvasIn();
  readonly #curve: ReadonlySignal<Curve | undefined>;
  /** Height in CSS pixels. */
  readonly #height = signal(0);
  readonly #palette = signal<Palette>(currentPalette(KINDS));
  readonly #disposals: (() => void)[];
  /** What is to be asked next, and what has been asked. */
  #wanted = { rows: 0, generation: 0 };
  #asked = this.#wanted;
  #asking = false;

  constructor(root: HTMLElement, store: Store) {
    this.#store = store;
    root.append(this.#bars.canvas, this.#brackets.canvas);
    this.#curve = computed(() => {
      const clusters = store.geometry.value?.hostClusters;
      const name = store.settings.value?.curve;
      return name && clusters !== undefined ? createCurve(name, clusters) : undefined;
    });
    this.inView = computed(() => {
      const curve = this.#curve.value;
      const area = store.area.value;
      const rows = Math.max(1, this.#height.value);
      return curve && area ? stretchesIn(curve, area, Math.floor(curve.clusters / rows)) : [];
    });
    const observer = new ResizeObserver(([{ contentRect }]) => {
      this.#height.value = Math.floor(contentRect.height);
    });
    observer.observe(root);
    this.#disposals = [
      () => {
        observer.disconnect();
      },
      onThemeChange(() => {
        this.#palette.value = currentPalette(KINDS);
      }),
      effect(() => {
        this.#follow();
      }),
      effect(() => {
        this.#drawBars();
      }),
      effect(() => {
        this.#drawBrackets();
      }),
    ];
  }

  dispose(): void {
    for (const dispose of this.#disposals) dispose();
    this.#bars.canvas.remove();
    this.#brackets.canvas.remove();
  }

  /** The cluster at a height (CSS pixels from the top); undefined while there is no image. */
  clusterAt(y: number): number | undefined {
    const clusters = this.#curve.value?.clusters;
    const height = this.#height.value;
    if (clusters === undefined || clusters === 0 || height === 0) return undefined;
    return Math.min(Math.max(0, Math.floor((y / height) * clusters)), clusters - 1);
  }

  /** The clusters that the row of pixels at a height stands for. */
  rowAt(y: number): Stretch | undefined {
    const first = this.clusterAt(Math.floor(y));
    const last = this.clusterAt(Math.floor(y) + 1);
    if (first === undefined || last === undefined) return undefined;
    return { first, end: Math.max(last, first + 1) };
  }

  /** The glyph that is drawn at a height. */
  glyphAt(y: number): number | undefined {
    const glyphs = this.glyphs.value;
    return glyphs.at(
      Math.min(glyphs.length - 1, Math.floor((y / this.#height.value) * glyphs.length)),
    );
  }

  /** Asks again when the scan has come further or the strip has another height. */
  #follow(): void {
    const generation = this.#store.generation.value;
    const rows = Math.min(MAX_ROWS, Math.round(this.#height.value * devicePixelRatio));
    this.#wanted = { rows, generation };
    if (generation > 0 && rows > 0 && this.#curve.value) void this.#ask();
    else this.glyphs.value = [];
  }

  /** One question at a time: the worker has more urgent things to do. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    while (this.#asked !== this.#wanted) {
      // What the map needs of the worker comes first, and a height that still changes can wait.
      await new Promise((resolve) => setTimeout(resolve, PATIENCE));
      const { rows } = (this.#asked = this.#wanted);
      try {
        this.glyphs.value = (await this.#store.rpc.ask('strip', { rows })).glyphs;
      } catch {
        // The worker is gone or restarts: what is drawn stays until the scan has come further.
      }
    }
    this.#asking = false;
  }

  #drawBars(): void {
    const { canvas, context } = this.#bars;
    const ratio = devicePixelRatio;
    const height = Math.round(this.#height.value * ratio);
    const glyphs = this.glyphs.value;
    const states = this.#store.windows.value;
    const palette = this.#palette.value;
    if (height === 0) return;
    resizeCanvas(canvas, Math.round(STRIP.width * ratio), height);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const bars = { context, height, ratio };
    if (glyphs.length > 0) drawKinds(bars, glyphs, palette);
    if (states && states.windows > 0) drawWindowStates(bars, states, palette.marks);
  }

  /** A frame around each part of the file that is in view; none when all of it is. */
  #drawBrackets(): void {
    const { canvas, context } = this.#brackets;
    const ratio = devicePixelRatio;
    const height = Math.round(this.#height.value * ratio);
    const clusters = this.#curve.value?.clusters ?? 0;
    const stretches = this.inView.value;
    const { marks } = this.#palette.value;
    if (height === 0) return;
    resizeCanvas(canvas, Math.round(STRIP.width * ratio), height);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const [only] = stretches;
    if (stretches.length === 0 || (only.first === 0 && only.end === clusters)) return;
    context.beginPath();
    for (const [top, bottom] of brackets(stretches, clusters, height, ratio))
      context.roundRect(2 * ratio, top, canvas.width - 4 * ratio, bottom - top, 2 * ratio);
    context.strokeStyle = marks.halo;
    context.lineWidth = 3.5 * ratio;
    context.stroke();
    context.strokeStyle = marks.selection;
    context.lineWidth = 1.5 * ratio;
    context.stroke();
  }
}

/** Where brackets begin and end, in device pixels; those that would touch are one. */
function brackets(
  stretches: readonly Stretch[],
  clusters: number,
  height: number,
  ratio: number,
): (readonly [top: number, bottom: number])[] {
  const [inset, least] = [ratio, SMALLEST_BRACKET * ratio];
  const drawn: (readonly [top: number, bottom: number])[] = [];
  for (const { first, end } of stretches) {
    const high = Math.max(least, ((end - first) / clusters) * height);
    const top = Math.min(Math.max(inset, (first / clusters) * height), height - high - inset);
    const before = drawn.at(-1);
    if (before && top - before[1] < least) drawn[drawn.length - 1] = [before[0], top + high];
    else drawn.push([top, top + high]);
  }
  return drawn;
}

interface Layer {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
}

function canvasIn(): Layer {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  return { canvas, context };
}
