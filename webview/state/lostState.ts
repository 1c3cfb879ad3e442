import { effect, signal } from '@preact/signals';
import type { TableCandidate } from '../../src/core/lost/findTables.js';
import type { ClusterMark } from '../../src/core/simulate/verdict/marks.js';
import { clusterOf } from '../../src/core/units.js';
import type { LostTablesAnswer } from '../../src/protocol/lost.js';
import { paneState } from './paneState.js';
import { Poll } from './poll.js';
import type { Store } from './store.js';

/** Milliseconds between two questions about a search that is going on. */
const PATIENCE = 80;
/** Candidates that are listed, and marked on the map. */
const LISTED = 200;

export const CANDIDATE_TEXT: Readonly<Record<TableCandidate['kind'], string>> = {
  l1: 'L1 table',
  l2: 'L2 table',
  'refcount-table': 'refcount table',
  'snapshot-table': 'snapshot table',
};

/** Tables that nothing points to: those that are listed are on the map, by their numbers. */
class LostState {
  /** Undefined until they are first asked for. */
  readonly answer = signal<LostTablesAnswer | undefined>(undefined);
  readonly #store: Store;
  readonly #poll = new Poll();

  constructor(store: Store) {
    this.#store = store;
    effect(() => {
      const { open, tab } = store.pane.value;
      const answer = open && tab === 'lost' ? this.answer.value : undefined;
      if (answer?.state !== 'found') return undefined;
      store.simulation.placed.value = marksOf(answer, store.clusterSize);
      return () => {
        store.simulation.placed.value = undefined;
      };
    });
  }

  /** Looks for them, unless they are known. */
  search(): void {
    if (this.answer.peek() !== undefined) return;
    this.answer.value = { state: 'computing', done: 0 };
    void this.#poll.run(
      (turn) =>
        turn.until(
          () => this.#store.rpc.ask('lostTables', {}),
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

  /** The image is being read anew. */
  reset(): void {
    this.#poll.drop();
    this.answer.value = undefined;
  }
}

export type FoundLost = Extract<LostTablesAnswer, { readonly state: 'found' }>;
export interface ListedTable extends TableCandidate {
  /** What it would have the header say; undefined for an L2 table. */
  readonly assumed: string | undefined;
}

/** Those that nothing points to, the likeliest first by kind. */
export const candidatesOf = ({ found, assumed }: FoundLost): readonly ListedTable[] =>
  found.candidates
    .map((candidate, index) => ({ ...candidate, assumed: assumed[index] }))
    .filter(({ isKnown }) => !isKnown)
    .slice(0, LISTED);

const marksOf = (found: FoundLost, clusterSize: number): ClusterMark[] =>
  candidatesOf(found).map(({ kind, offset, length }, index) => {
    const cluster = clusterOf(offset, { clusterSize });
    return {
      number: index + 1,
      cluster,
      clusters: Math.ceil((offset + Math.max(1, length)) / clusterSize) - cluster,
      touch: 'written',
      text: `candidate ${index + 1}: ${CANDIDATE_TEXT[kind]}`,
    };
  });

export const lostOf = paneState((store: Store) => {
  const state = new LostState(store);
  effect(() => {
    if (store.scan.value.state !== 'scanned') state.reset();
  });
  return state;
});
