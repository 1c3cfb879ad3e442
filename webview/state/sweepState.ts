import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { SweepAnswer } from '../../src/protocol/simulation.js';
import type { SimulateOptions } from '../../src/protocol/questions.js';
import { messageOf } from '../../src/core/text.js';

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
  #asked = 0;

  /** @param swept hears that there is a map to be shown */
  constructor(ask: (options: SimulateOptions) => Promise<SweepAnswer>, swept: () => void) {
    this.#ask = ask;
    this.#swept = swept;
  }

  /** Another image, or the same read anew; also: the user has had enough. */
  reset(): void {
    this.#asked++;
    this.answer.value = undefined;
    this.failure.value = undefined;
    this.options.value = undefined;
  }

  async start(options: SimulateOptions): Promise<void> {
    this.reset();
    const asked = this.#asked;
    this.options.value = options;
    this.answer.value = { state: 'computing', done: 0 };
    try {
      for (;;) {
        const answer = await this.#ask(options);
        if (asked !== this.#asked) return;
        this.answer.value = answer;
        if (answer.state === 'computing') continue;
        if (answer.state === 'known') this.#swept();
        return;
      }
    } catch (error) {
      if (asked !== this.#asked) return;
      this.answer.value = undefined;
      this.failure.value = messageOf(error);
    }
  }
}
