import { effect, signal } from '@preact/signals';
import type { Cause } from '../../src/core/check/causes/cause.js';
import type { HostCluster } from '../../src/core/units.js';
import { Poll } from './poll.js';
import type { Rpc } from './rpc.js';
import type { Scan } from './scan.js';

/** Milliseconds between two questions about a diagnosis that is being computed. */
const PATIENCE = 80;

/** Where a cause that does harm is in the file, by the number that its card has. */
export interface CausePlace {
  readonly number: number;
  readonly cluster: HostCluster;
}

interface Surroundings {
  readonly rpc: Rpc;
  readonly scan: { readonly value: Scan };
}

/** The places of causes on the map. */
export class CausePlaces {
  readonly places = signal<readonly CausePlace[]>([]);
  readonly #poll = new Poll();

  constructor(surroundings: Surroundings) {
    effect(() => {
      this.#poll.drop();
      this.places.value = [];
      const scan = surroundings.scan.value;
      // Where nothing is wrong there is nothing to ask.
      if (scan.state === 'scanned' && harms(scan)) void this.#follow(surroundings);
    });
  }

  async #follow({ rpc }: Surroundings): Promise<void> {
    await this.#poll.run(
      (turn) =>
        turn.until(
          () => rpc.ask('diagnosis', {}),
          (answer) => {
            if (answer.state === 'diagnosed') this.places.value = placesOf(answer.diagnosis.causes);
            return answer.state !== 'computing';
          },
          PATIENCE,
        ),
      () => undefined,
    );
  }
}

const harms = ({ summary }: Extract<Scan, { readonly state: 'scanned' }>): boolean =>
  summary.counts !== undefined && summary.counts.corruptions + summary.counts.checkErrors > 0;

/** What does harm has a number, and a place where it has one. */
export function placesOf(causes: readonly Cause[]): CausePlace[] {
  return causes.flatMap(({ severity, clusterToShow: cluster }, place) => {
    const isHarm = severity === 'danger' || severity === 'damage';
    return isHarm && cluster !== undefined ? [{ number: place + 1, cluster }] : [];
  });
}
