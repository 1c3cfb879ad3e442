import type { MetadataList } from '../../overlap/metadataList.js';
import type { MappableImage } from '../../qcow2/image.js';
import { type Template, TEMPLATES, type TypeSet } from '../../overlap/types.js';
import type { Disagreement } from './disagreement.js';
import { type RowCheck, CheckGroup } from './checkGroup.js';
import { buildStructures, type Engine } from '../guard/judge.js';
import type { SimulatedOperation } from '../copy/operation.js';
import type { Run } from './operationRun.js';
import type { SimulationSettings } from '../driver/settings.js';
import type { Losses, Verdict } from './verdict.js';

/** Nothing was done, and so nothing lost. */
type NoLosses = Readonly<Partial<Record<keyof Losses | 'reported', undefined>>>;

/** What one check says. */
export type Cell =
  | Verdict
  /** The image is not opened with these settings; QEMU's words, or the structures'. */
  | ({ readonly type: 'refused'; readonly message: string } & NoLosses);

export interface Row {
  /** Undefined for a set of types that no template has. */
  readonly template: Template | undefined;
  readonly guarded: TypeSet;
  /** Undefined while it is not known. */
  readonly today: Cell | undefined;
  readonly structures: Cell | undefined;
  /** Why the two do not agree, when they do not. */
  readonly disagreement: Disagreement | undefined;
}

/** The settings that all cells have in common. */
export type CommonSettings = Omit<SimulationSettings, 'guarded' | 'engine' | 'watch'> & {
  readonly structures: Extract<Engine, { type: 'structures' }>;
};

const TEMPLATE_NAMES = ['none', 'constant', 'cached', 'all'] as const satisfies Template[];

/** The four templates, and `guarded` if it is none of them. */
export function rowsFor(guarded: TypeSet): Pick<Row, 'template' | 'guarded'>[] {
  const rows: Pick<Row, 'template' | 'guarded'>[] = TEMPLATE_NAMES.map((template) => ({
    template,
    guarded: TEMPLATES[template],
  }));
  if (!rows.some((row) => row.guarded === guarded)) rows.push({ template: undefined, guarded });
  return rows;
}

/**
 * What every check says of a list of operations. Checks that say the same of every write come to the
 * same end: so they share one simulation until they part, and whoever parts begins another one.
 */
export class VerdictTable {
  readonly #image: MappableImage;
  readonly #common: Omit<CommonSettings, 'structures'>;
  readonly #rows: readonly Pick<Row, 'template' | 'guarded'>[];
  readonly #yours: number;
  readonly #waiting: Waiting[] = [];
  readonly #groups: CheckGroup[] = [];
  /** Why the engines of a row parted first, by its place. */
  readonly #parted = new Map<number, Disagreement | undefined>();

  /** @param guarded the user's types: they come first, and have a row of their own if no template has them */
  constructor(image: MappableImage, guarded: TypeSet, { structures, ...common }: CommonSettings) {
    this.#image = image;
    this.#common = common;
    this.#rows = rowsFor(guarded);
    this.#yours = this.#rows.findIndex((row) => row.guarded === guarded);
    const checks = this.#rows.flatMap((row, index): RowCheck[] => [
      { row: index, guarded: row.guarded, engine: { type: 'today' } },
      { row: index, guarded: row.guarded, engine: structures },
    ]);
    const isYours = ({ row }: RowCheck): boolean => row === this.#yours;
    const inOrder = [...checks.filter(isYours), ...checks.filter((each) => !isYours(each))];
    this.#waiting.push({ checks: inOrder, built: [] });
  }

  /** See Run.begins. */
  begins(operations: readonly SimulatedOperation[]): boolean {
    return this.#groups.every((group) => group.run.begins(operations));
  }

  /** Simulates on a little; false when all is known. Throws on I/O errors. */
  step(operations: readonly SimulatedOperation[]): boolean {
    for (const group of this.#groups) if (group.step(operations)) return true;
    const next = this.#waiting.at(0);
    if (!next) return false;
    const { checks, built } = next;
    const check = checks.at(built.length);
    if (check) {
      built.push({ ...check, built: buildStructures(this.#image, check) });
      return true;
    }
    this.#waiting.shift();
    this.#groups.push(
      new CheckGroup(this.#image, built, this.#common, {
        onParted: (parted) => this.#waiting.push({ checks: parted, built: [] }),
        onDisagreement: (row, why) => {
          if (!this.#parted.has(row)) this.#parted.set(row, why);
        },
      }),
    );
    return true;
  }

  /** The simulation under the user's types, once there is one; it may have more to do. */
  yours(engine: Engine['type']): Simulated | undefined {
    const group = this.#groupOf(this.#yours, engine);
    return (
      group && {
        run: group.run,
        refusal: group.refusal(this.#yours, engine),
        structures: engine === 'structures' ? group.list(this.#yours) : undefined,
      }
    );
  }

  /** Whether all checks have said what they say of the operation of this place. */
  isKnown(operation: number): boolean {
    return this.#rows.every(
      (_, row) => this.#cell(row, 'today', operation) && this.#cell(row, 'structures', operation),
    );
  }

  /** What is known of the verdict on the operation of this place. */
  rows(operation: number): Row[] {
    return this.#rows.map((row, index) => {
      const today = this.#cell(index, 'today', operation);
      const structures = this.#cell(index, 'structures', operation);
      const agree = !today || !structures || sameCells(today, structures);
      const parted = this.#parted.get(index);
      const isLater = parted !== undefined && parted.operation > operation;
      return { ...row, today, structures, disagreement: agree || isLater ? undefined : parted };
    });
  }

  #groupOf(row: number, engine: Engine['type']): CheckGroup | undefined {
    return this.#groups.find((group) => group.has(row, engine));
  }

  #cell(row: number, engine: Engine['type'], operation: number): Cell | undefined {
    const group = this.#groupOf(row, engine);
    const message = group?.refusal(row, engine);
    return message === undefined ? group?.run.verdicts.at(operation) : { type: 'refused', message };
  }
}

/** Checks that wait for a simulation, and those of them whose structures have been built. */
interface Waiting {
  readonly checks: readonly RowCheck[];
  readonly built: RowCheck[];
}

/** One cell's simulation, which others may share. */
interface Simulated {
  readonly run: Run;
  /** Why the image is not opened. */
  readonly refusal: string | undefined;
  readonly structures: MetadataList | undefined;
}

const sameLosses = (a: Cell, b: Cell): boolean =>
  a.destroyed?.kinds.join() === b.destroyed?.kinds.join() &&
  a.overwritten?.kinds.join() === b.overwritten?.kinds.join();

function sameCells(a: Cell, b: Cell): boolean {
  if (a.type !== b.type || !sameLosses(a, b)) return false;
  return a.type !== 'stopped' || b.type !== 'stopped' || a.by === b.by;
}
