import { effect, signal } from '@preact/signals';
import type { View } from '../../src/core/picture/layer.js';
import type { Stretch } from '../../src/core/picture/stretch.js';
import type { RangeAnswer } from '../../src/protocol/navigation.js';
import { Poll } from './poll.js';
import type { Rpc } from './rpc.js';

/** Milliseconds between two questions about what is being counted. */
const PATIENCE = 80;

/** Clusters of the file or of the disk, one after the other. */
export interface ClusterRange extends Stretch {
  readonly view: View;
}

const sameRange = (a: ClusterRange | undefined, b: ClusterRange | undefined): boolean =>
  a?.view === b?.view && a?.first === b?.first && a?.end === b?.end;

/** A range of clusters, and what is in it as soon as that is counted. */
export class RangeState {
  readonly range = signal<ClusterRange | undefined>(undefined);
  /** Of the range; undefined before anything is known of it. */
  readonly answer = signal<RangeAnswer | undefined>(undefined);
  /** Counts up when what is known may have changed. */
  readonly #epoch = signal(0);
  readonly #poll = new Poll();

  constructor(ask: (range: ClusterRange) => Promise<RangeAnswer>) {
    effect(() => {
      const range = this.range.value;
      if (this.#epoch.value < 0) return;
      this.#poll.drop();
      this.answer.value = undefined;
      if (range) void this.#follow(range, ask);
    });
  }

  /** Another state of the image, or another one. */
  refresh(): void {
    this.#epoch.value++;
  }

  choose(range: ClusterRange | undefined): void {
    if (!sameRange(range, this.range.peek())) this.range.value = range;
  }

  async #follow(
    range: ClusterRange,
    ask: (range: ClusterRange) => Promise<RangeAnswer>,
  ): Promise<void> {
    await this.#poll.run(
      (turn) =>
        turn.until(
          () => ask(range),
          (answer) => {
            this.answer.value = answer;
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

/** Questions about ranges, of whatever asks. */
export const asksRange =
  (rpc: Rpc) =>
  (range: ClusterRange): Promise<RangeAnswer> =>
    rpc.ask('range', range);
