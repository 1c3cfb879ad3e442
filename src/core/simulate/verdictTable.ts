import type { MemoryEvent } from '../overlap/memoryEvent.js';
import type { LaidOutImage } from '../qcow2/image.js';
import { type Template, TEMPLATES, type TypeSet } from '../overlap/types.js';
import type { Engine } from './guard.js';
import { type Disagreement, disagreement } from './disagreement.js';
import type { SimulatedOperation } from './operation.js';
import { Run } from './run.js';
import type { SimulationSettings } from './simulation.js';
import type { Losses, Verdict } from './verdict.js';

/** Nothing was done, and so nothing lost. */
export type NoLosses = { readonly [K in keyof Losses | 'reported']?: undefined };

/** What one check says. */
export type Cell =
  | Verdict
  /** The image is not opened with these settings; QEMU's words, or the structures'. */
  | ({ readonly type: 'refused'; readonly message: string } & NoLosses);

export interface Row {
  /** Undefined for a set of types that no template has. */
  readonly template: Template | undefined;
  readonly guarded: TypeSet;
  readonly today: Cell;
  readonly structures: Cell;
  /** Why the two do not agree, when they do not. */
  readonly disagreement: Disagreement | undefined;
}

/** The settings that all cells have in common. */
export type CommonSettings = Omit<SimulationSettings, 'guarded' | 'engine'> & {
  readonly structures: Extract<Engine, { type: 'structures' }>;
};

/** The four templates, and `guarded` if it is none of them. */
export function rowsFor(guarded: TypeSet): Pick<Row, 'template' | 'guarded'>[] {
  const rows: Pick<Row, 'template' | 'guarded'>[] = TEMPLATE_NAMES.map((template) => ({
    template,
    guarded: TEMPLATES[template],
  }));
  if (!rows.some((row) => row.guarded === guarded)) rows.push({ template: undefined, guarded });
  return rows;
}

const TEMPLATE_NAMES = ['none', 'constant', 'cached', 'all'] as const satisfies Template[];

/** One row of the table: both engines under one set of guarded types, side by side. */
export class Pair {
  readonly #today: Run;
  readonly #structures: Run;
  readonly #events: MemoryEvent[] = [];
  #parted: Disagreement | undefined;

  /** Throws on I/O errors, as all methods do. */
  constructor(image: LaidOutImage, guarded: TypeSet, common: CommonSettings) {
    const { structures, ...settings } = common;
    this.#today = new Run(image, { ...settings, guarded, engine: { type: 'today' } });
    this.#structures = new Run(image, { ...settings, guarded, engine: structures });
    const list = this.#structures.simulation.structures;
    if (list) list.onMemoryEvent = (event) => this.#events.push(event);
  }

  /** See Run.begins. */
  begins(operations: readonly SimulatedOperation[]): boolean {
    return this.#today.begins(operations) && this.#structures.begins(operations);
  }

  /** Does the next operation on one side, and then on the other; false when all are done. */
  advance(operations: readonly SimulatedOperation[]): boolean {
    const today = this.#today;
    const structures = this.#structures;
    const inStep = today.outcomes.length === structures.outcomes.length || !structures.opened.ok;
    if (inStep && today.advance(operations)) return true;
    this.#events.length = 0;
    if (!structures.advance(operations)) return false;
    if (today.outcomes.length === structures.outcomes.length) this.#compare();
    return true;
  }

  /** Notes where the two part first. */
  #compare(): void {
    this.#parted ??= disagreement(this.#today, {
      outcomes: this.#structures.outcomes,
      list: this.#structures.simulation.structures,
      events: this.#events,
    });
  }

  /** What both say of the latest operation. */
  row(): Pick<Row, 'today' | 'structures' | 'disagreement'> {
    const today = cellOf(this.#today);
    const structures = cellOf(this.#structures);
    return {
      today,
      structures,
      disagreement: sameCells(today, structures) ? undefined : this.#parted,
    };
  }
}

function cellOf(run: Run): Cell {
  if (!run.opened.ok) return { type: 'refused', message: run.opened.message };
  return run.verdicts[run.verdicts.length - 1];
}

const sameLosses = (a: Cell, b: Cell): boolean =>
  a.destroyed?.kinds.join() === b.destroyed?.kinds.join() &&
  a.overwritten?.kinds.join() === b.overwritten?.kinds.join();

function sameCells(a: Cell, b: Cell): boolean {
  if (a.type !== b.type || !sameLosses(a, b)) return false;
  return a.type !== 'stopped' || b.type !== 'stopped' || a.by === b.by;
}
