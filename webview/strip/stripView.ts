import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Picture } from '../../src/core/picture/layer.js';
import { Rarity } from '../../src/core/picture/rarity.js';
import { stretchesIn, type Stretch } from '../../src/core/picture/stretch.js';
import type { StripRows } from '../../src/core/picture/strip.js';
import type { Palette } from '../heatmap/palette.js';
import { resizeCanvas } from '../heatmap/renderer.js';
import type { Store } from '../state/store.js';
import { currentPalette, onThemeChange } from '../heatmap/theme.js';
import { drawValues, drawWindowStates, STRIP } from './stripBars.js';

/** Rows that the map is asked for at most, see the editor's validation. */
const MAX_ROWS = 8192;
/** Milliseconds until the worker is asked. */
const PATIENCE = 80;
/** CSS pixels that a bracket is high at least. */
const SMALLEST_BRACKET = 5;

const NOTHING: StripRows = { glyphs: [], masks: [] };

/** The strip is the picture that the map shows, from its start to its end. */
interface Wanted extends Picture {
  readonly rows: number;
  readonly generation: number;
}

/**
 * The strip of the whole picture: its values and the windows on one canvas, drawn when they change,
 * and the part that is in view on another, drawn when the camera moves.
 */
export class StripView {
  /** What can be seen on the map, ascending. */
  readonly inView: ReadonlySignal<readonly Stretch[]>;
  /** Empty until the first have arrived. */
  readonly rows = signal<StripRows>(NOTHING);
  readonly #store: Store;
  readonly #bars = canvasIn();
  readonly #brackets = canvasIn();
  /** Height in CSS pixels. */
  readonly #height = signal(0);
  readonly #palette: Signal<Palette>;
  readonly #disposals: (() => void)[];
  /** What is to be asked next, and what has been asked. */
  #wanted: Wanted | undefined;
  #asked: Wanted | undefined;
  #asking = false;

  constructor(root: HTMLElement, store: Store) {
    this.#store = store;
    root.append(this.#bars.canvas, this.#brackets.canvas);
    this.#palette = signal(currentPalette(store.pictures.shown.peek()));
    this.inView = computed(() => {
      const sight = store.sight.value;
      const rows = Math.max(1, this.#height.value);
      // The map turns to another picture somewhat later.
      if (sight?.curve.clusters !== store.clusters.value) return [];
      return stretchesIn(sight.curve, sight.area, Math.floor(sight.curve.clusters / rows));
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
        this.#palette.value = currentPalette(store.pictures.shown.peek());
      }),
      effect(() => {
        this.#palette.value = currentPalette(store.pictures.shown.value);
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
    const clusters = this.#store.clusters.value;
    const height = this.#height.value;
    if (clusters === 0 || height === 0) return undefined;
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
    const { glyphs } = this.rows.value;
    return glyphs.at(
      Math.min(glyphs.length - 1, Math.floor((y / this.#height.value) * glyphs.length)),
    );
  }

  /** Asks again when the picture is another one, or the strip has another height. */
  #follow(): void {
    const { view, layer } = this.#store.pictures.shown.value;
    const generation = this.#store.tileGeneration.value;
    const isThere = generation > 0 || this.#store.pictures.known.value !== undefined;
    const rows = Math.min(MAX_ROWS, Math.round(this.#height.value * devicePixelRatio));
    const wanted = this.#wanted;
    const isSame =
      wanted?.view === view &&
      wanted.layer === layer &&
      wanted.rows === rows &&
      wanted.generation === generation;
    if (!isSame) this.#wanted = { view, layer, rows, generation };
    if (isThere && rows > 0 && this.#store.clusters.value > 0) void this.#ask();
    else this.rows.value = NOTHING;
  }

  /** One question at a time: the worker has more urgent things to do. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    while (this.#wanted && this.#asked !== this.#wanted) {
      // What the map needs of the worker comes first, and a height that still changes can wait.
      await new Promise((resolve) => setTimeout(resolve, PATIENCE));
      const { view, layer, rows } = (this.#asked = this.#wanted);
      try {
        const told = await this.#store.rpc.ask('strip', { view, layer, rows });
        if (this.#asked === this.#wanted) this.rows.value = told;
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
    const rows = this.rows.value;
    const { shown, known } = this.#store.pictures;
    const { view } = shown.value;
    const states = view === 'host' ? this.#store.windows.value : undefined;
    const palette = this.#palette.value;
    if (height === 0) return;
    resizeCanvas(canvas, Math.round(STRIP.width * ratio), height);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const bars = { context, height, ratio };
    if (rows.glyphs.length > 0) {
      const rarity = new Rarity(shown.value, this.#store.clusters.value, known.value?.counts);
      drawValues(bars, rows, palette, rarity);
    }
    if (states && states.windows > 0) drawWindowStates(bars, states, palette.marks);
  }

  /** A frame around each part that is in view; none when all of it is. */
  #drawBrackets(): void {
    const { canvas, context } = this.#brackets;
    const ratio = devicePixelRatio;
    const height = Math.round(this.#height.value * ratio);
    const clusters = this.#store.clusters.value;
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
