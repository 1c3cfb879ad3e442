import { effect, signal } from '@preact/signals';
import type { SpaceAnswer } from '../../src/protocol/space.js';
import { paneState } from './paneState.js';
import { Poll } from './poll.js';
import type { Store } from './store.js';

/** Milliseconds between two questions about a bill that is being added up. */
const PATIENCE = 80;

/** Where the bytes go, once somebody wants to know, and which snapshots would be deleted. */
class SpaceState {
  /** Undefined until it is first asked for. */
  readonly answer = signal<SpaceAnswer | undefined>(undefined);
  /** Snapshots that are ticked, by their place in the table. */
  readonly gone = signal<ReadonlySet<number>>(new Set());
  readonly #store: Store;
  readonly #poll = new Poll();

  constructor(store: Store) {
    this.#store = store;
  }

  tick(index: number, isGone: boolean): void {
    const gone = new Set(this.gone.value);
    if (isGone) gone.add(index);
    else gone.delete(index);
    this.gone.value = gone;
  }

  /** The image is being read anew. */
  reset(): void {
    this.#poll.drop();
    this.answer.value = undefined;
    this.gone.value = new Set();
  }

  follow(gone: ReadonlySet<number>): void {
    void this.#poll.run(
      (turn) =>
        turn.until(
          () => this.#store.rpc.ask('space', { gone: [...gone] }),
          (answer) => {
            this.answer.value = answer;
            return answer.state !== 'computing';
          },
          PATIENCE,
        ),
      (message) => (this.answer.value = { state: 'failed', message }),
    );
  }
}

export const spaceOf = paneState((store: Store) => {
  const state = new SpaceState(store);
  effect(() => {
    if (store.scan.value.state !== 'scanned') state.reset();
  });
  effect(() => {
    if (store.scan.value.state === 'scanned') state.follow(state.gone.value);
  });
  return state;
});
