import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import type { Layer } from '../../src/core/picture/layer.js';
import type { RepairMode } from '../../src/core/repair/mode.js';
import type { RepairStep } from '../../src/core/repair/repairSteps.js';
import type { ClusterMark, Touch } from '../../src/core/simulate/verdict/marks.js';
import { clusterOf } from '../../src/core/units.js';
import type { RepairsAnswer } from '../../src/protocol/repair.js';
import { paneState } from './paneState.js';
import { Poll } from './poll.js';
import type { Store } from './store.js';

/** Milliseconds between two questions about repairs that are being simulated. */
const PATIENCE = 80;

/** What the map shows of a repair. */
export type RepairLook = 'before' | 'after' | 'changes';

const LAYERS: Readonly<Record<RepairLook, Readonly<Record<RepairMode, Layer>>>> = {
  before: { leaks: 'kinds', all: 'kinds' },
  after: { leaks: 'afterLeaks', all: 'afterAll' },
  changes: { leaks: 'repairLeaks', all: 'repairAll' },
};
export const REPAIR_LOOKS = ['before', 'after', 'changes'] as const;

/** What repairs would do, once somebody wants to know, and what of it is looked at. */
class RepairState {
  /** The preview stands in the place of the overview. */
  readonly isOpen = signal(false);
  /** Undefined until it is first asked for. */
  readonly answer = signal<RepairsAnswer | undefined>(undefined);
  /** The column of which changes and messages are shown. */
  readonly picked = signal<RepairMode>('all');
  /** Its changes are told as steps. */
  readonly isInOrder = signal(false);
  /** The step that is looked at: its place in the list. */
  readonly step = signal(0);
  /** What the map shows of the repair that is looked at; undefined: something else. */
  readonly look: ReadonlySignal<RepairLook | undefined> = computed(() => {
    const { layer } = this.#store.pictures.chosen.value;
    return REPAIR_LOOKS.find((look) => LAYERS[look][this.picked.value] === layer);
  });
  readonly #store: Store;
  readonly #poll = new Poll();

  constructor(store: Store) {
    this.#store = store;
    effect(() => {
      const { open, tab } = store.pane.value;
      const isSeen = this.isOpen.value && this.isInOrder.value && open && tab === 'overview';
      const step = isSeen ? this.#steps().at(this.step.value) : undefined;
      if (step) store.simulation.placed.value = marksOf(step, this.step.value, store.clusterSize);
      return () => {
        if (step) store.simulation.placed.value = undefined;
      };
    });
  }

  /** Shows what one repair does; the map follows, if it shows a repair. */
  pick(mode: RepairMode): void {
    const look = this.look.peek();
    this.picked.value = mode;
    this.step.value = 0;
    if (look) this.show(look);
  }

  show(look: RepairLook): void {
    this.#store.pictures.choose({ layer: LAYERS[look][this.picked.peek()] });
  }

  /** Goes to a step, and to its first place on the map. */
  goTo(step: number): void {
    this.step.value = step;
    const place = this.#steps().at(step)?.places.at(0);
    const cluster = place && clusterOf(place.offset, this.#store);
    if (cluster !== undefined && this.#store.selection.has(cluster))
      this.#store.selection.goTo(cluster);
  }

  #steps(): readonly RepairStep[] {
    const answer = this.answer.value;
    return answer?.state === 'previewed' ? answer.repairs[this.picked.value].steps : [];
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

/** The places of a step as marks of the map. */
function marksOf(step: RepairStep, index: number, clusterSize: number): ClusterMark[] {
  return step.places.map(({ offset, length }) => {
    const cluster = clusterOf(offset, { clusterSize });
    return {
      number: index + 1,
      cluster,
      clusters: Math.ceil((offset + length) / clusterSize) - cluster,
      touch: touchOf(step),
    };
  });
}

function touchOf({ what, conflict, harms }: RepairStep): Touch {
  if (conflict !== undefined) return 'stopped';
  if (harms) return 'destroyed';
  return what === 'hole' ? 'freed' : 'written';
}

export const repairOf = paneState((store: Store) => {
  const state = new RepairState(store);
  effect(() => {
    if (store.scan.value.state === 'scanned') state.scanned();
    else state.reset();
  });
  return state;
});
