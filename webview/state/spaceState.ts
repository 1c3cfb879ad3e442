import { effect, signal } from '@preact/signals';
import type { SpaceAnswer } from '../../src/protocol/space.js';
import { paneState } from './paneState.js';
import { Poll } from './poll.js';
import type { Store } from './store.js';

/** Milliseconds between two questions about a bill that is being added up. */
const PATIENCE = 80;

/** What is ticked to be removed. */
interface Removal {
  /** Snapshots and bitmaps, by their places in their tables. */
  readonly snapshots: ReadonlySet<number>;
  readonly bitmaps: ReadonlySet<number>;
  readonly leaks: boolean;
}

const NOTHING: Removal = { snapshots: new Set(), bitmaps: new Set(), leaks: false };

/** Where the bytes go, once somebody wants to know, and what would be removed. */
class SpaceState {
  /** Undefined until it is first asked for. */
  readonly answer = signal<SpaceAnswer | undefined>(undefined);
  readonly removal = signal(NOTHING);
  readonly #store: Store;
  readonly #poll = new Poll();

  constructor(store: Store) {
    this.#store = store;
  }

  tick(what: 'snapshots' | 'bitmaps', index: number, isGone: boolean): void {
    const gone = new Set(this.removal.value[what]);
    if (isGone) gone.add(index);
    else gone.delete(index);
    this.removal.value = { ...this.removal.value, [what]: gone };
  }

  tickLeaks(leaks: boolean): void {
    this.removal.value = { ...this.removal.value, leaks };
  }

  /** The image is being read anew. */
  reset(): void {
    this.#poll.drop();
    this.answer.value = undefined;
    this.removal.value = NOTHING;
  }

  follow({ snapshots, bitmaps, leaks }: Removal): void {
    const query = { gone: [...snapshots], bitmaps: [...bitmaps], leaks };
    void this.#poll.run(
      (turn) =>
        turn.until(
          () => this.#store.rpc.ask('space', query),
          (answer) => {
            // What is being added up is not news beside what is known.
            if (answer.state !== 'computing' || this.answer.value?.state !== 'known')
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
    if (store.scan.value.state === 'scanned') state.follow(state.removal.value);
  });
  return state;
});
