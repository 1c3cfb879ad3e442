import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Picture } from '../../src/core/picture/layer.js';
import { Rarity } from '../../src/core/picture/rarity.js';
import { stretchesIn, type Stretch } from '../../src/core/picture/stretch.js';
import type { StripRows } from '../../src/core/picture/strip.js';
import type { Palette } from '../heatmap/palette.js';
import { resizeCanvas } from '../heatmap/renderer.js';
import type { MapSide } from '../state/mapSide.js';
import type { Store } from '../state/store.js';
import { currentPalette, onThemeChange } from '../heatmap/theme.js';
import { barIn, drawValues, drawWindowStates, type Bars, type StripLayout } from './stripBars.js';

/** Rows that the map is asked for at most, see the editor's validation. */
const MAX_ROWS = 8192;
/** Milliseconds until the worker is asked. */
const PATIENCE = 80;
/** CSS pixels that a bracket is high at least. */
const SMALLEST_BRACKET = 5;

const NOTHING: StripRows = { glyphs: [], masks: [] };

/** Where a strip stands. */
export interface StripPlace {
  readonly layout: StripLayout;
  readonly isMirrored: boolean;
}

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
  /** From its start to its end, in CSS pixels. */
  readonly length: ReadonlySignal<number>;
  /** From the left to the right, and not from top to bottom. */
  readonly isLevel = signal(false);
  readonly #store: Store;
  readonly #side: MapSide;
  readonly #place: StripPlace;
  readonly #bars = canvasIn();
  readonly #brackets = canvasIn();
  readonly #length = signal(0);
  readonly #palette: Signal<Palette>;
  readonly #disposals: (() => void)[];
  /** What is to be asked next, and what has been asked. */
  #wanted: Wanted | undefined;
  #asked: Wanted | undefined;
  #asking = false;

  constructor(root: HTMLElement, store: Store, side: MapSide, place: StripPlace) {
    this.#store = store;
    this.#side = side;
    this.#place = place;
    this.length = this.#length;
    root.append(this.#bars.canvas, this.#brackets.canvas);
    this.#palette = signal(currentPalette(side.pictures.shown.peek()));
    this.inView = computed(() => {
      const sight = side.sight.value;
      const rows = Math.max(1, this.#length.value);
      // The map turns to another picture somewhat later.
      if (sight?.curve.clusters !== side.clusters.value) return [];
      return stretchesIn(sight.curve, sight.area, Math.floor(sight.curve.clusters / rows));
    });
    const observer = new ResizeObserver(([{ contentRect }]) => {
      const { width, height } = contentRect;
      batch(() => {
        this.isLevel.value = getComputedStyle(root).getPropertyValue('--along').trim() === 'right';
        this.#length.value = Math.floor(this.isLevel.value ? width : height);
      });
    });
    observer.observe(root);
    this.#disposals = [
      () => {
        observer.disconnect();
      },
      onThemeChange(() => {
        this.#palette.value = currentPalette(side.pictures.shown.peek());
      }),
      effect(() => {
        this.#palette.value = currentPalette(side.pictures.shown.value);
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

  /** The cluster at a place (CSS pixels from the start); undefined while there is no image. */
  clusterAt(along: number): number | undefined {
    const clusters = this.#side.clusters.value;
    const length = this.#length.value;
    if (clusters === 0 || length === 0) return undefined;
    return Math.min(Math.max(0, Math.floor((along / length) * clusters)), clusters - 1);
  }

  /** The clusters that the row of pixels at a place stands for. */
  rowAt(along: number): Stretch | undefined {
    const first = this.clusterAt(Math.floor(along));
    const last = this.clusterAt(Math.floor(along) + 1);
    if (first === undefined || last === undefined) return undefined;
    return { first, end: Math.max(last, first + 1) };
  }

  /** The glyph that is drawn at a place. */
  glyphAt(along: number): number | undefined {
    const { glyphs } = this.rows.value;
    return glyphs.at(
      Math.min(glyphs.length - 1, Math.floor((along / this.#length.value) * glyphs.length)),
    );
  }

  /** Asks again when the picture is another one, or the strip has another length. */
  #follow(): void {
    const { view, layer } = this.#side.pictures.shown.value;
    const generation = this.#side.tileGeneration.value;
    const isThere = generation > 0 || this.#side.pictures.known.value !== undefined;
    const rows = Math.min(MAX_ROWS, Math.round(this.#length.value * devicePixelRatio));
    const wanted = this.#wanted;
    const isSame =
      wanted?.view === view &&
      wanted.layer === layer &&
      wanted.rows === rows &&
      wanted.generation === generation;
    if (!isSame) this.#wanted = { view, layer, rows, generation };
    if (isThere && rows > 0 && this.#side.clusters.value > 0) void this.#ask();
    else this.rows.value = NOTHING;
  }

  /** One question at a time: the worker has more urgent things to do. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    while (this.#wanted && this.#asked !== this.#wanted) {
      // What the map needs of the worker comes first, and a length that still changes can wait.
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
    const length = Math.round(this.#length.value * ratio);
    const rows = this.rows.value;
    const { shown, known } = this.#side.pictures;
    const { view } = shown.value;
    const states = view === 'host' ? this.#store.windows.shown.value : undefined;
    const palette = this.#palette.value;
    if (length === 0) return;
    this.#resize(canvas, length);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const bars = this.#barsOf(context, length);
    if (rows.glyphs.length > 0) {
      const rarity = new Rarity(shown.value, this.#side.clusters.value, known.value?.counts);
      drawValues(bars, rows, palette, rarity);
    }
    if (states && states.windows > 0) drawWindowStates(bars, states, palette.marks);
  }

  /** Frames: around what is linked or selected, and around what is in view unless that is all. */
  #drawBrackets(): void {
    const { canvas, context } = this.#brackets;
    const ratio = devicePixelRatio;
    const length = Math.round(this.#length.value * ratio);
    const clusters = this.#side.clusters.value;
    const stretches = this.inView.value;
    const { marks } = this.#palette.value;
    const { view } = this.#side.pictures.shown.value;
    const range = this.#store.range.range.value;
    const linked = this.#store.beside.value ? this.#store.links.table.value : undefined;
    if (length === 0) return;
    this.#resize(canvas, length);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const bars = this.#barsOf(context, length);
    const frame = (
      all: readonly Stretch[],
      columns: readonly [from: number, to: number],
      colour: string,
    ): void => {
      context.beginPath();
      for (const [start, end] of brackets(all, clusters, length, ratio))
        context.roundRect(...barIn(bars, columns, start, end), 2 * ratio);
      context.strokeStyle = marks.halo;
      context.lineWidth = 3.5 * ratio;
      context.stroke();
      context.strokeStyle = colour;
      context.lineWidth = 1.5 * ratio;
      context.stroke();
    };
    const [only] = stretches;
    if (stretches.length > 0 && !(only.first === 0 && only.end === clusters))
      frame(stretches, [2, bars.layout.width - 2], marks.selection);
    const [from, to] = bars.layout.values;
    const around = [Math.max(1, from - 1), to + 1] as const;
    if (linked) {
      const table = { first: linked.table, end: linked.table + 1 };
      frame([view === 'guest' ? linked.guest : table], around, marks.table);
    }
    if (range?.view === view) frame([range], around, marks.selection);
  }

  #barsOf(context: CanvasRenderingContext2D, length: number): Bars {
    const { layout, isMirrored } = this.#place;
    const ratio = devicePixelRatio;
    return { context, layout, isLevel: this.isLevel.value, isMirrored, length, ratio };
  }

  #resize(canvas: HTMLCanvasElement, length: number): void {
    const width = Math.round(this.#place.layout.width * devicePixelRatio);
    if (this.isLevel.value) resizeCanvas(canvas, length, width);
    else resizeCanvas(canvas, width, length);
  }
}

/** Where brackets begin and end, in device pixels; those that would touch are one. */
function brackets(
  stretches: readonly Stretch[],
  clusters: number,
  length: number,
  ratio: number,
): (readonly [top: number, bottom: number])[] {
  const [inset, least] = [ratio, SMALLEST_BRACKET * ratio];
  const drawn: (readonly [top: number, bottom: number])[] = [];
  for (const { first, end } of stretches) {
    const high = Math.max(least, ((end - first) / clusters) * length);
    const top = Math.min(Math.max(inset, (first / clusters) * length), length - high - inset);
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
