import { effect, signal } from '@preact/signals';
import type { DiagnosisAnswer } from '../../../src/protocol/diagnosis.js';
import type { Diagnosis } from '../../../src/core/check/causes/cause.js';
import { paneState } from '../../state/paneState.js';
import type { Store } from '../../state/store.js';
import { messageOf } from '../../../src/core/text.js';

/** Milliseconds between two questions about a diagnosis that is being computed. */
const PATIENCE = 80;

/** What is wrong with the image, as far as that is known, and which cards are open. */
class OverviewState {
  /** Undefined while the image is being scanned, and when that was stopped. */
  readonly answer = signal<DiagnosisAnswer | undefined>(undefined);
  /** Whether names are left out of a report. */
  readonly hidesNames = signal(false);
  /** Cards that the user has opened or closed, by their place. */
  readonly #turned = signal<ReadonlyMap<number, boolean>>(new Map());
  readonly #ask: () => Promise<DiagnosisAnswer>;
  #asked = 0;

  constructor(ask: () => Promise<DiagnosisAnswer>) {
    this.#ask = ask;
  }

  /** Of something that is wrong, the worst is open from the start. */
  isOpen(place: number, { verdict }: Diagnosis): boolean {
    return this.#turned.value.get(place) ?? (place === 0 && isDamaged(verdict));
  }

  turn(place: number, open: boolean): void {
    this.#turned.value = new Map(this.#turned.value).set(place, open);
  }

  /** The image is being read anew. */
  reset(): void {
    this.#asked++;
    this.answer.value = undefined;
    this.#turned.value = new Map();
  }

  async follow(): Promise<void> {
    this.reset();
    const asked = this.#asked;
    for (;;) {
      const answer = await this.#ask().catch((error: unknown): DiagnosisAnswer => ({
        state: 'failed',
        message: messageOf(error),
      }));
      if (asked !== this.#asked) return;
      this.answer.value = answer;
      if (answer.state !== 'computing') return;
      await new Promise((resolve) => setTimeout(resolve, PATIENCE));
      if (asked !== this.#asked) return;
    }
  }
}

export const isDamaged = (verdict: Diagnosis['verdict']): boolean =>
  verdict === 'damaged' || verdict === 'unreadable';

export const overviewOf = paneState((store: Store) => {
  const state = new OverviewState(() => store.rpc.ask('diagnosis', {}));
  effect(() => {
    if (store.scan.value.state === 'scanned') void state.follow();
    else state.reset();
  });
  return state;
});
