import { effect, signal } from '@preact/signals';
import type { Diagnosis } from '../../../src/core/check/causes/cause.js';
import { paneState } from '../../state/paneState.js';
import type { Store } from '../../state/store.js';

/** How the causes are read: which cards are open, and what a report of them holds. */
class OverviewState {
  /** Whether names are left out of a report. */
  readonly hidesNames = signal(false);
  /** Cards that the user has opened or closed, by their place. */
  readonly #turned = signal<ReadonlyMap<number, boolean>>(new Map());

  /** Of something that is wrong, the worst is open from the start. */
  isOpen(place: number, { verdict }: Diagnosis): boolean {
    return this.#turned.value.get(place) ?? (place === 0 && isDamaged(verdict));
  }

  turn(place: number, open: boolean): void {
    this.#turned.value = new Map(this.#turned.value).set(place, open);
  }

  /** The image is being read anew. */
  reset(): void {
    this.#turned.value = new Map();
  }
}

export const isDamaged = (verdict: Diagnosis['verdict']): boolean =>
  verdict === 'damaged' || verdict === 'unreadable';

export const overviewOf = paneState((store: Store) => {
  const state = new OverviewState();
  effect(() => {
    if (store.diagnosis.answer.value === undefined) state.reset();
  });
  return state;
});
