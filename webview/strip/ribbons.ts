import { computed, effect, signal } from '@preact/signals';
import type { DataRun } from '../../src/core/picture/rangeTotals.js';
import type { Stretch } from '../../src/core/picture/stretch.js';
import { guestCluster } from '../../src/core/units.js';
import { kindVariable } from '../heatmap/palette.js';
import { resizeCanvas } from '../heatmap/renderer.js';
import { onThemeChange } from '../heatmap/theme.js';
import { runsOf } from '../state/linkState.js';
import type { RangeState } from '../state/rangeState.js';
import type { Store } from '../state/store.js';

/** CSS pixels that an end of a ribbon is high at least. */
const LEAST = 1.5;

/** Parts of the two strips that a ribbon joins, 0 … 1. */
interface Ribbon {
  readonly host: readonly [start: number, end: number];
  readonly guest: readonly [start: number, end: number];
}

/** From the clusters of a run on the disk to those in the file. */
function ribbonOf(
  { guest, clusters, host, hostClusters }: DataRun,
  whole: { readonly host: number; readonly guest: number },
): Ribbon {
  return {
    host: [host / whole.host, (host + hostClusters) / whole.host],
    guest: [guest / whole.guest, (guest + clusters) / whole.guest],
  };
}

/** Runs that are not told of either: "and 745 more runs" says how many. */
export function untold(state: RangeState): number {
  const answer = state.answer.value;
  return answer?.state === 'known' ? answer.totals.runCount - answer.totals.runs.length : 0;
}

/**
 * Ribbons between the strips of the file and of the disk: from the table that is pointed at to what
 * it maps, from the data of that to where it lies, and the same of the range that is selected.
 */
export class Ribbons {
  readonly #store: Store;
  readonly #canvas = document.createElement('canvas');
  readonly #size = signal({ width: 0, height: 0, isLevel: false });
  readonly #theme = signal(0);
  readonly #disposals: (() => void)[];
  /** Numbers of clusters of the strips. */
  readonly #whole = computed(() => ({
    host: Math.max(1, this.#store.geometry.value?.hostClusters ?? 1),
    guest: Math.max(1, this.#store.guestClusters),
  }));

  constructor(root: HTMLElement, store: Store) {
    this.#store = store;
    root.append(this.#canvas);
    const observer = new ResizeObserver(([{ contentRect }]) => {
      const { width, height } = contentRect;
      const along = getComputedStyle(root).getPropertyValue('--along').trim();
      this.#size.value = { width, height, isLevel: along === 'right' };
    });
    observer.observe(root);
    this.#disposals = [
      () => {
        observer.disconnect();
      },
      onThemeChange(() => {
        this.#theme.value++;
      }),
      effect(() => {
        this.#draw();
      }),
    ];
  }

  dispose(): void {
    for (const dispose of this.#disposals) dispose();
    this.#canvas.remove();
  }

  #draw(): void {
    const { width, height, isLevel } = this.#size.value;
    if (this.#theme.value < 0 || width === 0 || height === 0) return;
    const ratio = devicePixelRatio;
    resizeCanvas(this.#canvas, Math.round(width * ratio), Math.round(height * ratio));
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const style = getComputedStyle(document.body);
    const colour = (variable: string): string => style.getPropertyValue(variable).trim();
    const [length, gap] = isLevel ? [width, height] : [height, width];
    const paint = (ribbons: readonly Ribbon[], fill: string, alpha: number): void => {
      context.globalAlpha = alpha;
      context.fillStyle = fill;
      // In one: where many lie over each other they are no brighter.
      const all = new Path2D();
      for (const ribbon of ribbons) all.addPath(pathOf(ribbon, length, gap, isLevel));
      context.fill(all);
      context.globalAlpha = 1;
    };
    const { range, mapped, table } = this.#store.links;
    const ribbons = (state: RangeState): Ribbon[] =>
      runsOf(state).map((run) => ribbonOf(run, this.#whole.value));
    const linked = table.value;
    paint(ribbons(range), colour('--vscode-foreground'), 0.2);
    if (!linked) return;
    const orange = colour(kindVariable('active-l2'));
    const toRange = [this.#toRange(linked.table, linked.guest)];
    paint(toRange, orange, 0.25);
    paint(ribbons(mapped), colour(kindVariable('data')), 0.75);
    context.strokeStyle = orange;
    context.lineWidth = 1;
    for (const ribbon of toRange) context.stroke(pathOf(ribbon, length, gap, isLevel));
  }

  #toRange(table: number, { first, end }: Stretch): Ribbon {
    const { host, guest } = this.#whole.value;
    return {
      host: [table / host, (table + 1) / host],
      guest: [guestCluster(first) / guest, end / guest],
    };
  }
}

/** From the one edge to the other, bent so that it leaves both at right angles. */
function pathOf({ host, guest }: Ribbon, length: number, gap: number, isLevel: boolean): Path2D {
  const path = new Path2D();
  const [top, bottom] = wideEnough(host, length);
  const [farTop, farBottom] = wideEnough(guest, length);
  const point = (across: number, along: number): readonly [number, number] =>
    isLevel ? [along, across] : [across, along];
  const half = gap / 2;
  path.moveTo(...point(0, top));
  path.bezierCurveTo(...point(half, top), ...point(half, farTop), ...point(gap, farTop));
  path.lineTo(...point(gap, farBottom));
  path.bezierCurveTo(...point(half, farBottom), ...point(half, bottom), ...point(0, bottom));
  path.closePath();
  return path;
}

function wideEnough(
  [start, end]: readonly [number, number],
  length: number,
): readonly [number, number] {
  const more = Math.max(0, LEAST - (end - start) * length) / 2;
  return [start * length - more, end * length + more];
}
