import { batch, effect, signal } from '@preact/signals';
import type { OverlapAnswer } from '../../src/protocol/overlap.js';
import { Latest } from './latest.js';
import type { OverlapOptions } from '../../src/protocol/shapes.js';
import type { OverlapQuery } from '../../src/protocol/questions.js';

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
  /** What it answers: whatever else is asked about the same structures is asked with it. */
  readonly answered = signal<OverlapQuery | undefined>(undefined);
  /** Why there is no answer. */
  readonly failure = signal<string | undefined>(undefined);
  readonly selectedWindow = signal<number | undefined>(undefined);
  /** Whether the map is drawn with the windows on it. */
  readonly areWindowsShown = signal(true);
  /** Whether there is an image to be asked about: its tables have been read. */
  readonly ready = signal(false);
  readonly #latest: Latest<OverlapQuery, OverlapAnswer>;

  constructor(ask: (query: OverlapQuery) => Promise<OverlapAnswer>) {
    this.#latest = new Latest(ask, (query, outcome) => {
      // Under other settings already: nobody is to ask on about these.
      if (query.options !== this.options.peek()) return;
      batch(() => {
        this.failure.value = outcome.ok ? undefined : outcome.error;
        if (!outcome.ok) return;
        this.answer.value = outcome.answer;
        this.answered.value = query;
      });
    });
    effect(() => {
      const options = this.options.value;
      const position = this.position.value;
      if (options && this.ready.value) this.#latest.want({ options, position });
    });
  }

  /** Another image, or the same read anew. */
  reset(): void {
    this.#latest.drop();
    batch(() => {
      this.ready.value = false;
      this.answer.value = undefined;
      this.answered.value = undefined;
      this.failure.value = undefined;
      this.position.value = undefined;
      this.selectedWindow.value = undefined;
    });
  }

  /** Other settings make another opening: it is shown at its end. */
  setOptions(options: OverlapOptions): void {
    if (JSON.stringify(options) === JSON.stringify(this.options.peek())) return;
    batch(() => {
      this.position.value = undefined;
      this.options.value = options;
    });
  }

  /** Shows the structures after so many of all operations. */
  seek(position: number, operations: number): void {
    this.position.value = position >= operations ? undefined : Math.max(0, position);
  }
}
