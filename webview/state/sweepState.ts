import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { SweepAnswer } from '../../src/protocol/simulation.js';
import type { SimulateOptions } from '../../src/protocol/questions.js';
import { Poll } from './poll.js';

/** The conflict map: what a write to each guest cluster would do, under the settings as they are. */
export class SweepState {
  readonly answer = signal<SweepAnswer | undefined>(undefined);
  readonly failure = signal<string | undefined>(undefined);
  /** Part done, while it is being computed. */
  readonly progress: ReadonlySignal<number | undefined> = computed(() => {
    const answer = this.answer.value;
    return answer?.state === 'computing' ? answer.done : undefined;
  });
  /** The settings that the answer is about. */
  readonly options = signal<SimulateOptions | undefined>(undefined);
  readonly #ask: (options: SimulateOptions) => Promise<SweepAnswer>;
  readonly #swept: () => void;
  readonly #poll = new Poll();

  /** @param swept hears that there is a map to be shown */
  constructor(ask: (options: SimulateOptions) => Promise<SweepAnswer>, swept: () => void) {
    this.#ask = ask;
    this.#swept = swept;
  }

  /** Another image, or the same read anew; also: the user has had enough. */
  reset(): void {
    this.#poll.drop();
    this.answer.value = undefined;
    this.failure.value = undefined;
    this.options.value = undefined;
  }

  async start(options: SimulateOptions): Promise<void> {
    this.reset();
    this.options.value = options;
    this.answer.value = { state: 'computing', done: 0 };
    await this.#poll.run(
      (turn) =>
        turn.until(
          () => this.#ask(options),
          (answer) => {
            this.answer.value = answer;
            if (answer.state === 'known') this.#swept();
            return answer.state !== 'computing';
          },
        ),
      (message) => {
        this.answer.value = undefined;
        this.failure.value = message;
      },
    );
  }
}
