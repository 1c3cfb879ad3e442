import { mebibytesNeeded } from '../core/check/mapNeed.js';
import { countText } from '../core/numbers.js';
import { scan, type Scan, type ScanProgress } from '../core/check/scan.js';
import { Inspection } from '../core/inspect/inspection.js';
import { BudgetError } from '../core/map/budget.js';
import type { ClusterMap } from '../core/map/clusterMap.js';
import type { MappableImage } from '../core/qcow2/image.js';
import type { ImageEvent } from '../protocol/imageService.js';
import { ScanPace } from './scanPace.js';

type State =
  | { readonly type: 'scanning'; readonly steps: Generator<ScanProgress, Scan, void> }
  | { readonly type: 'cancelled' }
  | { readonly type: 'scanned'; readonly inspection: Inspection; readonly scan: Scan };

/** Who goes by the map as it becomes known. */
export interface ScanFollower {
  /** There is a map to look at; it fills from now on. */
  begun(map: ClusterMap): void;
  /** The map has become what it is at `generation`. */
  mapChanged(map: ClusterMap, generation: number): void;
  finished(scan: Scan): void;
  /** There will be no more than is known by now. */
  abandoned(): void;
}

/** The scan of an image, slice by slice, and what is known of it by now. */
export class LiveScan {
  readonly #emit: (event: ImageEvent) => void;
  readonly #follower: ScanFollower;
  readonly #pace = new ScanPace();
  readonly #started = performance.now();
  #state: State;
  #map: ClusterMap | undefined;
  #generation = 0;
  #done = 0;

  /** `memory`: what may be kept of the image, in bytes. */
  constructor(
    image: MappableImage,
    follower: ScanFollower,
    emit: (event: ImageEvent) => void,
    memory: number,
  ) {
    this.#follower = follower;
    this.#emit = emit;
    this.#state = { type: 'scanning', steps: scanWithin(image, memory) };
  }

  get map(): ClusterMap | undefined {
    return this.#map;
  }

  /** Counts up as tiles are to show the map as it has become. */
  get generation(): number {
    return this.#generation;
  }

  /** How far the scan is, 0 … 1. */
  get done(): number {
    return this.#done;
  }

  get isScanning(): boolean {
    return this.#state.type === 'scanning';
  }

  /** Undefined unless the scan is complete. */
  get result(): { readonly inspection: Inspection; readonly scan: Scan } | undefined {
    return this.#state.type === 'scanned' ? this.#state : undefined;
  }

  /** Scans on for about `milliseconds`; false when there is nothing left to scan. */
  advance(milliseconds: number): boolean {
    if (this.#state.type !== 'scanning') return false;
    const { steps } = this.#state;
    const end = performance.now() + milliseconds;
    for (;;) {
      const step = steps.next();
      const now = performance.now();
      if (step.done) {
        this.#finish(step.value, now);
        return true;
      }
      this.#done = step.value.done;
      this.#show(step.value.map);
      if (this.#pace.isProgressDue(now)) this.#report(step.value, now);
      if (now >= end) return true;
    }
  }

  /** Stops; what is known so far stays answerable. */
  cancel(): void {
    if (this.#state.type !== 'scanning') return;
    this.abandon();
    this.#emit({ type: 'cancelled', generation: this.#nextGeneration(performance.now()) });
  }

  /** Stops without a word. */
  abandon(): void {
    if (this.#state.type === 'scanning') this.#state = { type: 'cancelled' };
    this.#follower.abandoned();
  }

  /** Draws; how long that takes decides how often the map is shown anew. */
  timed<T>(draw: () => T): T {
    const begin = performance.now();
    const drawn = draw();
    this.#pace.drew(performance.now() - begin);
    return drawn;
  }

  #finish(result: Scan, now: number): void {
    const inspection = new Inspection(result);
    this.#map = result.map;
    this.#state = { type: 'scanned', inspection, scan: result };
    const summary = inspection.summary(now - this.#started);
    const generation = this.#nextGeneration(now);
    this.#follower.finished(result);
    this.#emit({ type: 'scanned', generation, summary });
  }

  #show(map: ClusterMap): void {
    if (this.#map === map) return;
    this.#map = map;
    this.#follower.begun(map);
  }

  #report({ phase, done }: ScanProgress, now: number): void {
    this.#pace.progressed(now);
    const generation = this.#pace.affords(now) ? this.#nextGeneration(now) : this.#generation;
    this.#emit({ type: 'progress', generation, phase, done });
  }

  #nextGeneration(now: number): number {
    this.#pace.begin(now);
    this.#generation++;
    if (this.#map) this.#follower.mapChanged(this.#map, this.#generation);
    return this.#generation;
  }
}

/** Says how much memory the image needs when it is more than it may take. */
function* scanWithin(image: MappableImage, memory: number): Generator<ScanProgress, Scan, void> {
  try {
    return yield* scan(image, memory);
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    const needed = mebibytesNeeded(image, error);
    throw new Error(
      `this image needs about ${countText(needed)} MiB of memory, more than the editor takes; ` +
        `on the command line, qcow2-lens check --memory ${needed}`,
      { cause: error },
    );
  }
}
