import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { DiagnosisAnswer } from '../../src/protocol/diagnosis.js';
import { placesOf, type CausePlace } from './causePlaces.js';
import { Poll } from './poll.js';
import type { Scan } from './scan.js';

/** Milliseconds between two questions about a diagnosis that is being computed. */
const PATIENCE = 80;
const NOWHERE: readonly CausePlace[] = [];

interface Surroundings {
  readonly rpc: { ask(method: 'diagnosis', query: object): Promise<DiagnosisAnswer> };
  readonly scan: { readonly value: Scan };
}

/** What is wrong with the image, for the cards and for their numbers on the map: asked once. */
export class DiagnosisState {
  /** Somebody reads the causes; where there is harm they are asked for in any case. */
  readonly wanted = signal(false);
  /** Undefined while the image is being scanned, and when that was stopped. */
  readonly answer = signal<DiagnosisAnswer | undefined>(undefined);
  /** Where the causes that do harm are in the file. */
  readonly places: ReadonlySignal<readonly CausePlace[]> = computed(() => {
    const answer = this.answer.value;
    return answer?.state === 'diagnosed' ? placesOf(answer.diagnosis.causes) : NOWHERE;
  });
  readonly #poll = new Poll();

  constructor({ rpc, scan }: Surroundings) {
    const isDue = computed(() => {
      const now = scan.value;
      return now.state === 'scanned' && (this.wanted.value || harms(now));
    });
    effect(() => {
      const isScanned = scan.value.state === 'scanned';
      this.#poll.drop();
      this.answer.value = undefined;
      if (isScanned && isDue.value) void this.#follow(rpc);
    });
  }

  async #follow(rpc: Surroundings['rpc']): Promise<void> {
    await this.#poll.run(
      (turn) =>
        turn.until(
          () => rpc.ask('diagnosis', {}),
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

const harms = ({ summary }: Extract<Scan, { readonly state: 'scanned' }>): boolean =>
  summary.counts !== undefined && summary.counts.corruptions + summary.counts.checkErrors > 0;
