import type { Scan } from '../core/check/scan.js';
import { ranksOf } from '../core/picture/layer.js';
import type { SimulationSettings } from '../core/simulate/driver/settings.js';
import { type Conflicts, sweep, type SweptDisk } from '../core/simulate/verdict/sweep.js';
import type { SweepAnswer } from '../protocol/simulation.js';
import { runSlice } from './slice.js';

/** Milliseconds of sweeping before other questions get their turn. */
const SLICE = 60;

/** The conflict map of one image under the settings asked for last. Throws on I/O errors. */
export class SweepSession {
  readonly #scan: Scan;
  readonly #onSwept: (disk: SweptDisk) => void;
  #key = '';
  #steps: Generator<number, Conflicts, void> | undefined;
  #answer: SweepAnswer = { state: 'computing', done: 0 };

  /** @param onSwept hears of each map that is complete */
  constructor(scan: Scan, onSwept: (disk: SweptDisk) => void) {
    this.#scan = scan;
    this.#onSwept = onSwept;
  }

  /** Goes on with each question. `key` tells settings apart; others begin anew. */
  sweep(key: string, settings: SimulationSettings): SweepAnswer {
    if (this.#key !== key) {
      this.#key = key;
      const { image, map } = this.#scan;
      this.#steps = sweep(image, map, settings, ranksOf({ view: 'guest', layer: 'simulation' }));
    }
    runSlice(SLICE, () => {
      if (this.#steps) this.#step(this.#steps);
      return this.#steps !== undefined;
    });
    return this.#answer;
  }

  #step(steps: Generator<number, Conflicts, void>): void {
    const step = steps.next();
    if (!step.done) {
      this.#answer = { state: 'computing', done: step.value };
      return;
    }
    this.#steps = undefined;
    const conflicts = step.value;
    if (conflicts.state === 'refused') {
      this.#answer = conflicts;
      return;
    }
    this.#onSwept(conflicts);
    const { counts, judged } = conflicts;
    this.#answer = { state: 'known', counts, judged };
  }
}
