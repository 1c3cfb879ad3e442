import { effect, signal } from '@preact/signals';
import type { RepairMode } from '../../src/core/repair/mode.js';
import type { RepairsAnswer } from '../../src/protocol/repair.js';
import { paneState } from './paneState.js';
import { Poll } from './poll.js';
import type { Store } from './store.js';

/** Milliseconds between two questions about repairs that are being simulated. */
const PATIENCE = 80;

/** What repairs would do, once somebody wants to know, and what of it is looked at. */
class RepairState {
  /** The preview stands in the place of the overview. */
  readonly isOpen = signal(false);
  /** Undefined until it is first asked for. */
  readonly answer = signal<RepairsAnswer | undefined>(undefined);
  /** The column of which changes and messages are shown. */
  readonly picked = signal<RepairMode>('all');
  readonly #store: Store;
  readonly #poll = new Poll();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Shows the preview, wherever one is. */
  open(): void {
    this.isOpen.value = true;
    this.#store.showTab('overview');
    if (this.answer.value === undefined) this.#follow();
  }

  close(): void {
    this.isOpen.value = false;
  }

  /** The image is being read anew. */
  reset(): void {
    this.#poll.drop();
    this.answer.value = undefined;
  }

  /** It has been read. */
  scanned(): void {
    this.reset();
    if (this.isOpen.peek()) this.#follow();
  }

  #follow(): void {
    void this.#poll.run(
      (turn) =>
        turn.until(
          () => this.#store.rpc.ask('repairs', {}),
          (answer) => {
            this.answer.value = answer;
            if (answer.state === 'previewed') this.#store.repaired();
            return answer.state !== 'computing';
          },
          PATIENCE,
        ),
      (message) => {
        this.answer.value = { state: 'failed', message };
      },
    );
  }
}

export const repairOf = paneState((store: Store) => {
  const state = new RepairState(store);
  effect(() => {
    if (store.scan.value.state === 'scanned') state.scanned();
    else state.reset();
  });
  return state;
});
