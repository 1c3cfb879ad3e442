import type { MemoryEvent } from '../../overlap/memoryEvent.js';
import type { MetadataList } from '../../overlap/metadataList.js';
import type { MappableImage } from '../../qcow2/image.js';
import { type Disagreement, disagreement } from './disagreement.js';
import type { Division } from '../guard/guard.js';
import type { Answer, Checking, Engine } from '../guard/judge.js';
import type { SimulatedOperation } from '../copy/operation.js';
import type { Outcome } from '../copy/outcome.js';
import { Run } from './operationRun.js';
import type { SimulationSettings } from '../driver/settings.js';

/** A check that a cell of the verdict table is about. */
export interface RowCheck extends Checking {
  readonly row: number;
}

interface Listener {
  /** Hears of checks that left together: they say the same, but no longer what the others say. */
  onParted(checks: readonly RowCheck[]): void;
  /** Hears why the two engines of a row part. */
  onDisagreement(row: number, why: Disagreement | undefined): void;
}

/** Checks that have said the same of every write so far, and the one simulation that they share. */
export class CheckGroup {
  readonly run: Run;
  /** The first one is asked, the others look on; undefined for one that has left. */
  readonly #members: (RowCheck | undefined)[];
  /** What has been done; undefined while the image is being opened. */
  #done: readonly Outcome[] | undefined;
  readonly #events: readonly MemoryEvent[][];
  readonly #listener: Listener;

  /** Throws on I/O errors, as all methods do. */
  constructor(
    image: MappableImage,
    checks: readonly RowCheck[],
    common: Omit<SimulationSettings, keyof Checking | 'watch'>,
    listener: Listener,
  ) {
    const [asked, ...others] = checks;
    this.#members = [...checks];
    this.#listener = listener;
    this.#events = checks.map(() => []);
    const watch = {
      checks: others,
      onDivision: (division: Division) => {
        this.#divide(division);
      },
    };
    const { guarded, engine } = asked;
    this.run = new Run(image, { ...common, guarded, engine, watch }, ({ lists }) => {
      this.#done = this.run.outcomes;
      for (const [place, list] of lists.entries())
        if (list) list.onMemoryEvent = (event) => this.#events[place].push(event);
    });
  }

  /** See Run.step. */
  step(operations: readonly SimulatedOperation[]): boolean {
    if (!this.run.isBusy) for (const events of this.#events) events.length = 0;
    return this.run.step(operations);
  }

  /** Whether one of the checks is among these. */
  has(row: number, engine: Engine['type']): boolean {
    return this.#place(row, engine) >= 0;
  }

  /** Why the image does not open with one of the checks, if it does not. */
  refusal(row: number, engine: Engine['type']): string | undefined {
    const { opened, simulation } = this.run;
    const place = this.#place(row, engine);
    if (place > 0) {
      const refusal = simulation?.refusals[place - 1];
      if (refusal !== undefined) return refusal;
    }
    return opened?.ok === false ? opened.message : undefined;
  }

  /** The structures of one of the checks as they are now. Not to be changed. */
  list(row: number): MetadataList | undefined {
    return this.run.simulation?.lists.at(this.#place(row, 'structures'));
  }

  #place(row: number, engine: Engine['type']): number {
    return this.#members.findIndex(
      (member) => member?.row === row && member.engine.type === engine,
    );
  }

  /** Whoever answers something else than the check that is asked leaves, with all who say the same. */
  #divide(division: Division): void {
    this.#explain(division);
    const leaving = new Map<Answer, RowCheck[]>();
    const [asked] = division.answers;
    for (const [place, answer] of division.answers.entries()) {
      const member = this.#members[place];
      if (!member || answer === undefined || answer === asked) continue;
      this.#members[place] = undefined;
      leaving.set(answer, [...(leaving.get(answer) ?? []), member]);
    }
    for (const parted of leaving.values()) this.#listener.onParted(parted);
  }

  /** Tells of each row why its engines part here, if they do. */
  #explain({ offset, size, answers, lists, steps }: Division): void {
    const operation = this.#done?.length;
    for (const [place, member] of this.#members.entries()) {
      if (member?.engine.type !== 'today') continue;
      const other = this.#place(member.row, 'structures');
      const [today, structures] = [answers.at(place), other < 0 ? undefined : answers.at(other)];
      if (today === undefined || structures === undefined || today === structures) continue;
      const why =
        operation === undefined
          ? undefined
          : disagreement({
              operation,
              offset,
              size,
              today,
              structures,
              list: lists[other],
              events: this.#events[other],
              steps: [...(this.#done ?? []).map((outcome) => outcome.steps), steps],
            });
      this.#listener.onDisagreement(member.row, why);
    }
  }
}
