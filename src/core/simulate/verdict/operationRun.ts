import type { MappableImage } from '../../qcow2/image.js';
import { operationText, type SimulatedOperation } from '../copy/operation.js';
import type { Outcome } from '../copy/outcome.js';
import { type Verdict, verdictOn } from './verdict.js';
import type { Work } from '../../work.js';
import { Simulation, type OpenResult } from './simulation.js';
import type { SimulationSettings } from '../driver/settings.js';

/** Steps kept of a run, in all. */
const MAX_KEPT = 2 ** 17;

/** A list of operations, one after the other, on one simulated copy of an image. */
export class Run {
  readonly #opening: Work<Simulation>;
  readonly #onOpened: (simulation: Simulation) => void;
  /** Undefined while the image is being opened. */
  #simulation: Simulation | undefined;
  /** The operations that were begun. */
  readonly #done: string[] = [];
  /** What is left of the last of them. */
  #work: Work<Outcome> | undefined;
  readonly #outcomes: Outcome[] = [];
  readonly #verdicts: Verdict[] = [];
  #kept = 0;
  /** Operations whose steps have been given up. */
  #given = 0;

  /** @param onOpened hears of the copy when it is open: the first steps open it, and throw on I/O errors */
  constructor(
    image: MappableImage,
    settings: SimulationSettings,
    onOpened: (simulation: Simulation) => void = () => undefined,
  ) {
    this.#opening = Simulation.opening(image, settings);
    this.#onOpened = onOpened;
  }

  /** Undefined while the image is being opened. */
  get opened(): OpenResult | undefined {
    return this.#simulation?.opened;
  }

  /** What came of each operation so far; the steps of the earliest are given up when there are many. */
  get outcomes(): readonly Outcome[] {
    return this.#outcomes;
  }

  /** The verdict on each operation so far. */
  get verdicts(): readonly Verdict[] {
    return this.#verdicts;
  }

  /** The copy, after the operations so far; undefined while it is being opened. Not to be changed. */
  get simulation(): Simulation | undefined {
    return this.#simulation;
  }

  /** Whether what has been begun so far is how a list begins. */
  begins(operations: readonly SimulatedOperation[]): boolean {
    return (
      this.#done.length <= operations.length &&
      this.#done.every((text, index) => text === operationText(operations[index]))
    );
  }

  /** Whether an operation has been begun, and is not done yet. */
  get isBusy(): boolean {
    return this.#work !== undefined;
  }

  /**
   * Does a part of opening, or of the operation that comes next in a list that it begins; false when all
   * are done.
   */
  step(operations: readonly SimulatedOperation[]): boolean {
    const simulation = this.#simulation;
    if (!simulation) {
      this.#open();
      return true;
    }
    const next = operations.at(this.#outcomes.length);
    if (!next || !simulation.opened.ok) return false;
    if (!this.#work) {
      this.#done.push(operationText(next));
      this.#work = simulation.steps(next);
    }
    const part = this.#work.next();
    if (!part.done) return true;
    this.#work = undefined;
    this.#outcomes.push(part.value);
    this.#verdicts.push(verdictOn(this.#outcomes, this.#outcomes.length - 1));
    this.#kept += part.value.steps.length;
    while (this.#kept > MAX_KEPT && this.#given < this.#outcomes.length - 1) this.#giveUp();
    return true;
  }

  #open(): void {
    const step = this.#opening.next();
    if (!step.done) return;
    this.#simulation = step.value;
    this.#onOpened(step.value);
  }

  #giveUp(): void {
    const outcome = this.#outcomes[this.#given];
    const { length } = outcome.steps;
    this.#kept -= length;
    this.#outcomes[this.#given++] = {
      ...outcome,
      steps: [],
      stepsLeftOut: outcome.stepsLeftOut + length,
    };
  }
}
