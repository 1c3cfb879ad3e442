import { countText } from '../numbers.js';
import type { MappableImage } from '../qcow2/image.js';
import { guestClusters } from '../guest/guestTable.js';
import { WINDOW_SIZE } from '../overlap/typeRuns.js';
import { BytePlane } from './bytePlane.js';
import { HEATS, type Layer, ranksOf, valueOf, type View } from './layer.js';
import { ontoHost } from './projection.js';

/** Look-ups of things by number, in the order of numbers. */
export interface HeatColumn {
  readonly numbers: Float64Array;
  readonly uses: Float64Array;
}

/** What a workload looked up, and how often (see core/caches/heat.ts). */
export interface Heat {
  readonly guest: HeatColumn;
  readonly spanClusters: number;
  readonly tables: HeatColumn;
  readonly windows: HeatColumn;
}

export type HeatLayer = Extract<Layer, 'heat' | 'windowHeat'>;

const FIRST = valueOf('heat', 'heat-1');
/** Columns that are put on a picture between two yields. */
const STEP = 2 ** 12;

/** From how many look-ups on each value holds: each step is as many times the one before. */
class HeatScale {
  readonly #from: readonly number[];
  readonly #most: number;

  constructor(columns: readonly HeatColumn[]) {
    this.#most = columns.reduce((most, { uses }) => uses.reduce((a, b) => Math.max(a, b), most), 1);
    const from = [1];
    for (let step = 1; step < HEATS; step++)
      from.push(Math.max(from[step - 1] + 1, Math.ceil(this.#most ** (step / HEATS))));
    this.#from = from;
  }

  /** The value of so many look-ups, at least one. */
  value(uses: number): number {
    let step = 0;
    while (step + 1 < HEATS && this.#from[step + 1] <= uses) step++;
    return FIRST + step;
  }

  /** `1–4`, `5–20`: the look-ups of each value; empty for those that there are not enough for. */
  get names(): readonly string[] {
    return this.#from.map((from, step) => {
      if (from > this.#most) return '';
      const to = step + 1 < HEATS ? Math.min(this.#most, this.#from[step + 1] - 1) : this.#most;
      return from === to ? countText(from) : `${countText(from)}–${countText(to)}`;
    });
  }
}

export const heatScale = (layer: HeatLayer, heat: Heat): HeatScale =>
  new HeatScale(layer === 'heat' ? [heat.guest, heat.tables] : [heat.windows]);

/** The guest's disk, each cluster as hot as the L2 slice that maps it. Yields the part done. */
export function* guestHeat(image: MappableImage, heat: Heat): Generator<number, BytePlane> {
  const { numbers, uses } = heat.guest;
  const scale = heatScale('heat', heat);
  const plane = new BytePlane(
    guestClusters(image.geometry),
    ranksOf({ view: 'guest', layer: 'heat' }),
    0,
  );
  for (let i = 0; i < numbers.length; i++) {
    const from = numbers[i] * heat.spanClusters;
    plane.fill(from, Math.min(plane.clusters, from + heat.spanClusters), scale.value(uses[i]));
    if (i % STEP === 0) yield i / numbers.length;
  }
  return plane;
}

/** The file: the tables that were looked up, and data as hot as the L2 slice that maps it. */
export function* hostHeat(
  image: MappableImage,
  heat: Heat,
  guest: BytePlane,
): Generator<number, BytePlane> {
  const plane = yield* ontoHost(image, guest);
  const scale = heatScale('heat', heat);
  const { numbers, uses } = heat.tables;
  // Tables that the workload made lie where the file does not reach to.
  for (let i = 0; i < numbers.length && numbers[i] < plane.clusters; i++)
    plane.set(numbers[i], scale.value(uses[i]));
  return plane;
}

/** The file, each cluster as hot as its overlap window. */
export function* windowHeat(image: MappableImage, heat: Heat): Generator<number, BytePlane> {
  const { numbers, uses } = heat.windows;
  const scale = heatScale('windowHeat', heat);
  const view: View = 'host';
  const plane = new BytePlane(
    image.geometry.hostClusters,
    ranksOf({ view, layer: 'windowHeat' }),
    0,
  );
  for (let i = 0; i < numbers.length; i++) {
    const from = numbers[i] * WINDOW_SIZE;
    if (from >= plane.clusters) break;
    plane.fill(from, Math.min(plane.clusters, from + WINDOW_SIZE), scale.value(uses[i]));
    if (i % STEP === 0) yield i / numbers.length;
  }
  return plane;
}
