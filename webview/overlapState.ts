import { effect, signal } from '@preact/signals';
import type { SimulateQuery } from '../src/protocol/simulation.js';
import type { OverlapAnswer, OverlapOptions, OverlapQuery } from '../src/protocol/overlap.js';

/**
 * The overlap structures as the panel, the strip and the map show them: under which settings, after
 * how many operations of opening, with which window selected.
 */
export class OverlapState {
  /** The settings of VS Code; undefined until the host has told them. */
  readonly options = signal<OverlapOptions | undefined>(undefined);
  /** Operations of opening that have been done; undefined: all. */
  readonly position = signal<number | undefined>(undefined);
  /** The latest answer: kept while the next is on its way. */
  readonly answer = signal<OverlapAnswer | undefined>(undefined);
  /** Why there is no answer. */
  readonly failure = signal<string | undefined>(undefined);
  readonly selectedWindow = signal<number | undefined>(undefined);
  /** Whether the map is drawn with the windows on it. */
  readonly shown = signal(true);
  /** Whether there is an image to be asked about: its tables have been read. */
  readonly ready = signal(false);
  /** Simulated operations after which they are shown, instead of just after opening. */
  readonly simulated = signal<SimulateQuery | undefined>(undefined);
  readonly #ask: (query: OverlapQuery, simulated?: SimulateQuery) => Promise<OverlapAnswer>;
  #asked = 0;

  constructor(ask: (query: OverlapQuery, simulated?: SimulateQuery) => Promise<OverlapAnswer>) {
    this.#ask = ask;
    effect(() => {
      const options = this.options.value;
      const position = this.position.value;
      const simulated = this.simulated.value;
      if (options && this.ready.value) void this.#load({ options, position }, simulated);
    });
  }

  /** Another image, or the same read anew. */
  reset(): void {
    this.ready.value = false;
    this.answer.value = undefined;
    this.failure.value = undefined;
    this.position.value = undefined;
    this.selectedWindow.value = undefined;
  }

  /** Other settings make another opening: it is shown at its end. */
  setOptions(options: OverlapOptions): void {
    this.position.value = undefined;
    this.options.value = options;
  }

  async #load(query: OverlapQuery, simulated: SimulateQuery | undefined): Promise<void> {
    const asked = ++this.#asked;
    try {
      const answer = await this.#ask(query, simulated);
      if (asked !== this.#asked) return;
      this.failure.value = undefined;
      this.answer.value = answer;
    } catch (error) {
      if (asked === this.#asked) this.failure.value = String(error);
    }
  }
}
