import type { Scan } from '../core/check/scan.js';
import { type SpaceBill, spaceBill } from '../core/space/bill.js';
import { messageOf } from '../core/text.js';
import type { Query } from '../protocol/questions.js';
import type { SpaceAnswer, ToldSnapshot } from '../protocol/space.js';

/** Snapshots that are told one by one. */
const MAX_TOLD = 200;

/** The bill of a scanned image: added up once, in slices, when it is first asked for. */
export class SpaceSession {
  #steps: Generator<number, SpaceBill, void> | undefined;
  #done = 0;
  #bill: SpaceBill | undefined;
  #failure: string | undefined;

  /** `gone`: snapshots that are to be deleted, by their place in the table. */
  answer(scan: Scan, { gone }: Query<'space'>): SpaceAnswer {
    this.#steps ??= spaceBill(scan);
    if (this.#failure !== undefined) return { state: 'failed', message: this.#failure };
    const bill = this.#bill;
    if (!bill) return { state: 'computing', done: this.#done };
    return {
      state: 'known',
      parts: bill.parts,
      snapshots: toldOf(bill),
      snapshotCount: bill.snapshots.length,
      allFreedBytes: bill.freedBy(bill.snapshots.map(({ snapshot }) => snapshot.index)),
      freedBytes: bill.freedBy(gone),
      canDelete: !scan.image.geometry.externalData,
    };
  }

  /** Adds up for about so many milliseconds; false when there is nothing to do. */
  advance(milliseconds: number): boolean {
    if (!this.#steps || this.#bill || this.#failure !== undefined) return false;
    const end = performance.now() + milliseconds;
    try {
      do {
        const step = this.#steps.next();
        if (step.done) this.#bill = step.value;
        else this.#done = step.value;
      } while (!this.#bill && performance.now() < end);
    } catch (error) {
      this.#failure = messageOf(error);
    }
    return true;
  }
}

function toldOf({ snapshots }: SpaceBill): ToldSnapshot[] {
  const named = new Map<string, number>();
  for (const { snapshot } of snapshots)
    named.set(snapshot.name, (named.get(snapshot.name) ?? 0) + 1);
  return snapshots.slice(0, MAX_TOLD).map(({ snapshot, freedBytes }) => ({
    index: snapshot.index,
    name: snapshot.name,
    id: snapshot.id,
    seconds: snapshot.seconds,
    freedBytes,
    isNamesake: (named.get(snapshot.name) ?? 0) > 1,
  }));
}
