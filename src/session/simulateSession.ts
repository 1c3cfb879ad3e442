import type { Scan } from '../core/check/scan.js';
import { refusesBitmap } from '../core/overlap/windowState.js';
import type { MetadataList } from '../core/overlap/metadataList.js';
import type { MappableImage } from '../core/qcow2/image.js';
import type { Difference } from '../core/simulate/verdict/difference.js';
import type { Surroundings } from '../core/simulate/copy/surroundings.js';
import { clusterMarks } from '../core/simulate/verdict/marks.js';
import { operationText, type SimulatedOperation } from '../core/simulate/copy/operation.js';
import type { Outcome } from '../core/simulate/copy/outcome.js';
import { Run } from '../core/simulate/verdict/operationRun.js';
import type { SimulationSettings } from '../core/simulate/driver/settings.js';
import { type Row, VerdictTable } from '../core/simulate/verdict/verdictTable.js';
import type { Work } from '../core/work.js';
import type { ParseResult } from '../core/size.js';
import type {
  ClusterOwners,
  DifferenceAnswer,
  MarksAnswer,
  SimulateAnswer,
  SimulatedOverlap,
  StepsPage,
  VerdictAnswer,
} from '../protocol/simulation.js';
import { lossOwners } from './lossOwners.js';
import { describeList } from './builtStructures.js';
import { differenceParts, openingAnswer, summary } from './simulateAnswers.js';
import { runSlice } from './slice.js';
import { readTask, type SimulateTask } from './simulateTask.js';
import type { Query, SimulateOptions, SimulateQuery } from '../protocol/questions.js';
import { bytes } from '../core/units.js';

/** Milliseconds of simulating before other questions get their turn. */
const SLICE = 12;

/** A run of its own, for what the table has gone past or given up. */
interface Kept {
  readonly key: string;
  readonly run: Run;
}

/** All checks at work on a list of operations, which may be longer than the one that is asked about. */
interface Judged {
  readonly key: string;
  readonly table: VerdictTable;
  readonly operations: readonly SimulatedOperation[];
  readonly texts: readonly string[];
}

/** A simulated copy on its way to some state. */
interface Copy {
  /** Undefined as long as there is none. */
  readonly run: Run | undefined;
  /** Why the image is not opened. */
  readonly refusal: string | undefined;
  readonly structures: MetadataList | undefined;
}

/** Something that is being looked for, or was found. */
interface Search<T> {
  readonly search: Work<T>;
  found: T | undefined;
}

/** Owners of what an operation loses. */
interface Owned extends Search<ClusterOwners[]> {
  readonly table: VerdictTable;
  /** The number of the operation and the operation itself. */
  readonly of: string;
}

/** What is different on disk after so many operations. */
interface Compared extends Search<Difference> {
  readonly run: Run;
  readonly done: number;
}

/**
 * Simulated operations on one image. It keeps the simulated copies of the last question, so that an
 * operation more takes no more than that operation. Whatever takes long is done in slices, one with
 * each question, and dropped when a question about something else comes. Throws on I/O errors.
 */
export class SimulateSession {
  readonly #image: MappableImage;
  readonly #surroundings: Surroundings;
  readonly #scan: () => Scan | undefined;
  readonly #onList: (operations: readonly string[]) => void;
  #list = '[]';
  #judged: Judged | undefined;
  #short: Kept | undefined;
  #owned: Owned | undefined;
  #compared: Compared | undefined;

  /**
   * @param scan what is known of the image, once it has been scanned
   * @param onList hears of the list of operations whenever it has become another
   */
  constructor(
    image: MappableImage,
    surroundings: Surroundings,
    scan: () => Scan | undefined,
    onList: (operations: readonly string[]) => void,
  ) {
    this.#image = image;
    this.#surroundings = surroundings;
    this.#scan = scan;
    this.#onList = onList;
  }

  simulate(query: SimulateQuery): SimulateAnswer {
    this.#share(query.operations);
    const read = this.#read(query);
    if (!read.ok) return { state: 'refused', message: read.message };
    const task = read.value;
    const { length } = task.operations;
    const { table, operations } = this.#judge(task);
    const isDone = (): boolean => hasDone(table.yours(task.engine), length);
    runSlice(SLICE, () => !isDone() && table.step(operations));
    const yours = table.yours(task.engine);
    if (yours?.refusal !== undefined) return { state: 'refused', message: yours.refusal };
    const { outcomes = [], verdicts = [], simulation } = yours?.run ?? {};
    return {
      state: isDone() ? 'done' : 'computing',
      opening: simulation && openingAnswer(simulation),
      outcomes: outcomes.slice(0, length).map((outcome, i) => summary(outcome, verdicts[i])),
    };
  }

  /** On the last operation of the list. */
  verdict(query: SimulateQuery): VerdictAnswer {
    const read = this.#read(query);
    if (!read.ok) return { state: 'refused', message: read.message };
    const task = read.value;
    const last = task.operations.length - 1;
    if (last < 0) throw new Error('there is no operation to judge');
    const { table, operations } = this.#judge(task);
    const isKnown = (): boolean => table.isKnown(last);
    runSlice(SLICE, () => !isKnown() && table.step(operations));
    const rows = table.rows(last);
    const owners = isKnown() ? this.#owners(table, rows, last, task.operations[last]) : undefined;
    return {
      state: owners ? 'known' : 'computing',
      rows: rows.map(({ template, guarded, today, structures, disagreement }) => ({
        template,
        yours: guarded === task.settings.guarded,
        cells: { today, structures },
        disagreement,
      })),
      owners,
    };
  }

  steps({ operation, from, count, ...query }: Query<'simulateSteps'>): StepsPage {
    const steps = this.#outcome(query, operation)?.steps ?? [];
    return { total: steps.length, steps: steps.slice(from, from + count) };
  }

  marks({ operation, ...query }: Query<'simulateMarks'>): MarksAnswer {
    const steps = this.#outcome(query, operation)?.steps ?? [];
    return clusterMarks(steps, this.#image.geometry.clusterSize);
  }

  difference(query: SimulateQuery): DifferenceAnswer {
    const read = this.#read(query);
    if (!read.ok) throw new Error(read.message);
    const task = read.value;
    const copy = this.#advance(task);
    if (!copy) return { state: 'computing' };
    const { run, refusal } = copy;
    if (!run?.simulation || refusal !== undefined) throw new Error(refusal);
    const done = task.operations.length;
    if (this.#compared?.run !== run || this.#compared.done !== done)
      this.#compared = { run, done, search: run.simulation.differenceSteps(), found: undefined };
    const difference = searchOn(this.#compared);
    if (!difference) return { state: 'computing' };
    return {
      state: 'known',
      fileLength: bytes(difference.fileLength),
      parts: differenceParts(difference),
      unknown: difference.unknown,
    };
  }

  /** The structures after the operations, as if that were their opening. */
  overlap(query: SimulateQuery): SimulatedOverlap {
    const options = { ...query.options, engine: 'structures' } as const;
    const read = this.#read({ ...query, options });
    if (!read.ok) return { state: 'failed', message: read.message, setting: undefined };
    const task = read.value;
    const { length } = task.operations;
    const copy = this.#advance(task);
    if (!copy) return { state: 'computing' };
    const { refusal, structures: list } = copy;
    if (refusal !== undefined) return { state: 'failed', message: refusal, setting: undefined };
    if (!list) return { state: 'none' };
    const last = query.operations.at(-1);
    return {
      state: 'built',
      operations: length,
      position: length,
      last: last === undefined ? undefined : { text: last, windows: [], evicted: [] },
      events: list.counters.events,
      ...describeList(
        list,
        refusesBitmap(list),
        task.structures.bitmapSize,
        this.#image.geometry.hostClusters,
      ),
    };
  }

  /** Settings as the simulator takes them, and a key that tells them apart. */
  settingsOf(
    options: SimulateOptions,
  ): ParseResult<{ readonly settings: SimulationSettings; readonly key: string }> {
    const read = this.#read({ operations: [], options });
    if (!read.ok) return read;
    const { settings, engine, key } = read.value;
    return { ok: true, value: { settings, key: `${engine} ${key}` } };
  }

  #share(operations: readonly string[]): void {
    const list = JSON.stringify(operations);
    if (list === this.#list) return;
    this.#list = list;
    this.#onList(operations);
  }

  #read(query: SimulateQuery): ParseResult<SimulateTask> {
    return readTask(query, this.#image, this.#surroundings, this.#scan()?.map);
  }

  /** The table for a list that it has begun, or goes on from; or a fresh one. */
  #judge({ operations, texts, settings, structures, key }: SimulateTask): Judged {
    const judged = this.#judged;
    if (judged?.key === key) {
      if (texts.every((text, index) => text === judged.texts.at(index))) return judged;
      if (judged.table.begins(operations)) return (this.#judged = { ...judged, operations, texts });
    }
    const { bitmapSize, totalSizeLimit, policy } = structures;
    const table = new VerdictTable(this.#image, settings.guarded, {
      cache: settings.cache,
      sizes: settings.sizes,
      discardNoUnref: settings.discardNoUnref,
      surroundings: settings.surroundings,
      map: settings.map,
      structures: { type: 'structures', bitmapSize, totalSizeLimit, policy },
    });
    return (this.#judged = { key, table, operations, texts });
  }

  /** The copy that has done, or will have done, exactly these operations. */
  #copy(task: SimulateTask): Copy {
    const { table, texts } = this.#judge(task);
    if (texts.length === task.texts.length)
      return (
        table.yours(task.engine) ?? { run: undefined, refusal: undefined, structures: undefined }
      );
    const key = `${task.engine} ${task.key}`;
    if (this.#short?.key !== key || !this.#short.run.begins(task.operations))
      this.#short = { key, run: new Run(this.#image, task.settings) };
    const { run } = this.#short;
    const { opened } = run;
    const refusal = opened?.ok === false ? opened.message : undefined;
    return { run, refusal, structures: run.simulation?.structures };
  }

  /** Brings that copy a step on. */
  #stepCopy(task: SimulateTask): boolean {
    const { table, texts, operations } = this.#judge(task);
    if (texts.length === task.texts.length) return table.step(operations);
    return this.#copy(task).run?.step(task.operations) ?? false;
  }

  /** Works on that copy for a slice; undefined as long as it is not done. */
  #advance(task: SimulateTask): Copy | undefined {
    const { length } = task.operations;
    runSlice(SLICE, () => !hasDone(this.#copy(task), length) && this.#stepCopy(task));
    const copy = this.#copy(task);
    return hasDone(copy, length) ? copy : undefined;
  }

  /** That copy when it is done. */
  #finish(task: SimulateTask): Copy {
    while (!hasDone(this.#copy(task), task.operations.length) && this.#stepCopy(task));
    return this.#copy(task);
  }

  /** What came of an operation, with its steps. */
  #outcome(query: SimulateQuery, operation: number): Outcome | undefined {
    const read = this.#read(query);
    if (!read.ok) throw new Error(read.message);
    const task = read.value;
    const { run, refusal } = this.#finish(task);
    const known = refusal === undefined ? run?.outcomes.at(operation) : undefined;
    if (!known || known.steps.length > 0 || known.stepsLeftOut === 0) return known;
    const shorter = {
      ...task,
      operations: task.operations.slice(0, operation + 1),
      texts: task.texts.slice(0, operation + 1),
    };
    return this.#finish(shorter).run?.outcomes.at(operation);
  }

  /** Owners of what is lost; undefined while they are being looked for. */
  #owners(
    table: VerdictTable,
    rows: readonly Row[],
    place: number,
    operation: SimulatedOperation,
  ): readonly ClusterOwners[] | undefined {
    const scan = this.#scan();
    if (!scan) return [];
    const of = `${place} ${operationText(operation)}`;
    if (this.#owned?.table !== table || this.#owned.of !== of)
      this.#owned = { table, of, search: lossOwners(scan, rows, operation), found: undefined };
    return searchOn(this.#owned);
  }
}

/** Searches on for a slice of time; undefined as long as nothing is found. */
function searchOn<T>(search: Search<T>): T | undefined {
  runSlice(SLICE, () => {
    if (search.found !== undefined) return false;
    const step = search.search.next();
    if (step.done) search.found = step.value;
    return !step.done;
  });
  return search.found;
}

/** Whether a copy has done so many operations, or never will. */
const hasDone = (copy: Copy | undefined, operations: number): boolean =>
  copy !== undefined &&
  (copy.refusal !== undefined ||
    (copy.run?.opened !== undefined && copy.run.outcomes.length >= operations));
