import type { Owner } from '../core/layout/owner.js';
import { ownersOfAll } from '../core/layout/owners.js';
import type { Scan } from '../core/layout/scan.js';
import type { StructureSettings } from '../core/overlap/settings.js';
import { refusesBitmap } from '../core/overlap/windowState.js';
import type { LaidOutImage } from '../core/qcow2/image.js';
import type { Difference } from '../core/simulate/difference.js';
import type { Surroundings } from '../core/simulate/driver.js';
import { parseCacheOptions } from '../core/simulate/cacheOptions.js';
import { clusterMarks } from '../core/simulate/marks.js';
import { parseSimulatedOperation, type SimulatedOperation } from '../core/simulate/operation.js';
import type { Outcome } from '../core/simulate/outcome.js';
import { Run } from '../core/simulate/run.js';
import type { SimulationSettings } from '../core/simulate/simulation.js';
import type { Verdict } from '../core/simulate/verdict.js';
import { type Cell, Pair, type Row, rowsFor } from '../core/simulate/verdictTable.js';
import type { Parsed } from '../core/size.js';
import type { OverlapAnswer } from '../protocol/overlap.js';
import type {
  ClusterOwners,
  DifferenceAnswer,
  DifferencePart,
  MarksAnswer,
  MarksQuery,
  OperationOutcome,
  SimulateAnswer,
  SimulateOptions,
  SimulateQuery,
  StepsPage,
  StepsQuery,
  VerdictAnswer,
} from '../protocol/simulation.js';
import { readOptions } from './overlapOptions.js';
import { describeList } from './overlapSession.js';

/** Milliseconds of simulating before other questions get their turn. */
const SLICE = 100;
/** Clusters whose owners are told, in all, and of each place. */
const MOST_OWNED = 64;
const MOST_OF_PLACE = 16;
/** Owners of one cluster that are told. */
const MOST_OF_CLUSTER = 8;
/** Lines of each part of a difference. */
const MOST_LINES = 100;

/** A run and the settings that it goes by. */
interface Kept {
  readonly key: string;
  readonly run: Run;
}

interface Table {
  readonly key: string;
  readonly rows: readonly (Pick<Row, 'template' | 'guarded'> & { readonly pair: Pair })[];
}

/** What a query says, read. */
interface Task {
  readonly operations: readonly SimulatedOperation[];
  readonly settings: SimulationSettings;
  readonly structures: StructureSettings;
  /** Of all settings but the engine, and with it. */
  readonly key: string;
  readonly engineKey: string;
}

/**
 * Simulated operations on one image. It keeps the simulated copies of the last question, so that an
 * operation more takes no more than that operation. Throws on I/O errors.
 */
export class SimulateSession {
  readonly #image: LaidOutImage;
  readonly #surroundings: Surroundings;
  readonly #scan: () => Scan | undefined;
  readonly #onList: (operations: readonly string[]) => void;
  #list = '[]';
  #kept: Kept | undefined;
  /** A shorter run, for what the kept one has given up. */
  #short: Kept | undefined;
  #table: Table | undefined;

  /**
   * @param scan what is known of the image, once it has been scanned
   * @param onList hears of the list of operations whenever it has become another
   */
  constructor(
    image: LaidOutImage,
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
    const task = this.#read(query);
    if (!task.ok) return { state: 'refused', message: task.message };
    const run = this.#run(task.value);
    if (!run.opened.ok) return { state: 'refused', message: run.opened.message };
    const end = performance.now() + SLICE;
    const { operations } = task.value;
    let more = true;
    while (more && performance.now() < end) more = run.advance(operations);
    const outcomes = run.outcomes.map((outcome, index) => summary(outcome, run.verdicts[index]));
    return { state: run.outcomes.length < operations.length ? 'computing' : 'done', outcomes };
  }

  /** On the last operation of the list. */
  verdict(query: SimulateQuery): VerdictAnswer {
    const task = this.#read(query);
    if (!task.ok) return { state: 'refused', message: task.message };
    const { operations, settings } = task.value;
    if (operations.length === 0) throw new Error('there is no operation to judge');
    const table = this.#tableFor(task.value);
    const end = performance.now() + SLICE;
    for (const [done, { pair }] of table.rows.entries())
      while (pair.advance(operations))
        if (performance.now() >= end) return { state: 'computing', done, of: table.rows.length };
    const rows = table.rows.map((row) => ({ ...row, ...row.pair.row() }));
    return {
      state: 'known',
      rows: rows.map(({ template, guarded, today, structures, disagreement }) => ({
        template,
        yours: guarded === settings.guarded,
        cells: { today, structures },
        disagreement,
      })),
      owners: this.#owners(
        rows.flatMap(({ today, structures }) => [today, structures]),
        operations[operations.length - 1],
      ),
    };
  }

  steps({ operation, from, count, ...query }: StepsQuery): StepsPage {
    const steps = this.#outcome(query, operation)?.steps ?? [];
    return { total: steps.length, steps: steps.slice(from, from + count) };
  }

  marks({ operation, ...query }: MarksQuery): MarksAnswer {
    const steps = this.#outcome(query, operation)?.steps ?? [];
    return clusterMarks(steps, this.#image.layout.clusterSize);
  }

  difference(query: SimulateQuery): DifferenceAnswer {
    const task = this.#read(query);
    if (!task.ok) throw new Error(task.message);
    const difference = this.#finish(task.value).simulation.difference();
    return {
      fileLength: difference.fileLength,
      parts: differenceParts(difference),
      unknown: difference.unknown,
    };
  }

  /** The structures after the operations, as if that were their opening. */
  overlap(query: SimulateQuery): OverlapAnswer {
    const options = { ...query.options, engine: 'structures' } as const;
    const task = this.#read({ ...query, options });
    if (!task.ok) return { state: 'failed', message: task.message, setting: undefined };
    const run = this.#finish(task.value);
    if (!run.opened.ok) return { state: 'failed', message: run.opened.message, setting: undefined };
    const list = run.simulation.structures;
    if (!list) return { state: 'none' };
    const { operations, structures } = task.value;
    const last = query.operations.at(-1);
    return {
      state: 'built',
      operations: operations.length,
      position: operations.length,
      last: last === undefined ? undefined : { text: last, windows: [] },
      events: list.counters.events,
      ...describeList(
        list,
        refusesBitmap(list),
        structures.bitmapSize,
        this.#image.layout.hostClusters,
      ),
    };
  }

  /** Settings as the simulator takes them, and a key that tells them apart. */
  settingsOf(
    options: SimulateOptions,
  ): Parsed<{ readonly settings: SimulationSettings; readonly key: string }> {
    const task = this.#read({ operations: [], options });
    if (!task.ok) return task;
    return { ok: true, value: { settings: task.value.settings, key: task.value.engineKey } };
  }

  #share(operations: readonly string[]): void {
    const list = JSON.stringify(operations);
    if (list === this.#list) return;
    this.#list = list;
    this.#onList(operations);
  }

  #read({ operations, options }: SimulateQuery): Parsed<Task> {
    const refusal = this.#image.refusal.open;
    if (refusal !== undefined) return { ok: false, message: refusal };
    const structures = readOptions(options.overlap);
    if (!structures.ok) return structures;
    const sizes = parseCacheOptions(options.caches);
    if (!sizes.ok) return sizes;
    const parsed: SimulatedOperation[] = [];
    for (const line of operations) {
      const operation = parseSimulatedOperation(line);
      if (!operation.ok) return operation;
      parsed.push(operation.value);
    }
    const { guarded } = structures.value;
    const engine = engineOf(options, structures.value);
    const settings = {
      guarded,
      engine,
      cache: options.cache,
      sizes: sizes.value,
      surroundings: this.#surroundings,
      map: this.#scan()?.map,
    };
    const key = JSON.stringify({
      ...options,
      engine: undefined,
      known: settings.map !== undefined,
    });
    return {
      ok: true,
      value: {
        operations: parsed,
        settings,
        structures: structures.value,
        key,
        engineKey: `${options.engine} ${key}`,
      },
    };
  }

  /** A run that the operations go on from, or a fresh one. */
  #run({ operations, settings, engineKey }: Task): Run {
    if (this.#kept?.key !== engineKey || !this.#kept.run.begins(operations))
      this.#kept = { key: engineKey, run: new Run(this.#image, settings) };
    return this.#kept.run;
  }

  /** A run of exactly these operations, to its end. */
  #finish(task: Task): Run {
    const fits = (kept: Kept | undefined): kept is Kept =>
      kept?.key === task.engineKey && kept.run.begins(task.operations);
    const kept = fits(this.#kept) ? this.#kept : fits(this.#short) ? this.#short : undefined;
    const run = kept?.run ?? new Run(this.#image, task.settings);
    if (!kept) this.#short = { key: task.engineKey, run };
    while (run.advance(task.operations));
    return run;
  }

  /** What came of an operation, with its steps. */
  #outcome(query: SimulateQuery, operation: number): Outcome | undefined {
    const task = this.#read(query);
    if (!task.ok) throw new Error(task.message);
    const known = this.#finish(task.value).outcomes.at(operation);
    if (!known || known.steps.length > 0 || known.stepsLeftOut === 0) return known;
    const operations = task.value.operations.slice(0, operation + 1);
    return this.#finish({ ...task.value, operations }).outcomes.at(operation);
  }

  #tableFor({ operations, settings, structures, key }: Task): Table {
    const { cache, sizes, surroundings, map } = settings;
    if (this.#table?.key === key && this.#table.rows.every(({ pair }) => pair.begins(operations)))
      return this.#table;
    const { bitmapSize, totalSizeLimit, policy } = structures;
    const engine = { type: 'structures', bitmapSize, totalSizeLimit, policy } as const;
    const rows = rowsFor(settings.guarded).map((row) => ({
      ...row,
      pair: new Pair(this.#image, row.guarded, {
        cache,
        sizes,
        surroundings,
        map,
        structures: engine,
      }),
    }));
    return (this.#table = { key, rows });
  }

  /** Owners of the clusters where something is lost, each cluster once; but for who writes there. */
  #owners(cells: readonly Cell[], operation: SimulatedOperation): ClusterOwners[] {
    const scan = this.#scan();
    if (!scan) return [];
    const { clusterSize } = this.#image.layout;
    const clusters = new Set<number>();
    const places = cells.flatMap(({ destroyed, overwritten }) => [
      ...(destroyed?.places ?? []),
      ...(overwritten?.places ?? []),
    ]);
    for (const { offset, size } of places) {
      const first = Math.floor(offset / clusterSize);
      const last = Math.ceil((offset + size) / clusterSize) - 1;
      for (let cluster = first; cluster <= last; cluster++)
        if (clusters.size < MOST_OWNED && cluster < first + MOST_OF_PLACE) clusters.add(cluster);
        else break;
    }
    return Array.from(ownersOfAll(scan, clusters), ([cluster, owners]) => ({
      cluster,
      owners: victimsOf(owners, operation, clusterSize).slice(0, MOST_OF_CLUSTER),
    }));
  }
}

/** Owners of a cluster but for the operation itself, unless it meets nobody but itself there. */
function victimsOf(
  owners: readonly Owner[],
  operation: SimulatedOperation,
  clusterSize: number,
): readonly Owner[] {
  if (!('offset' in operation) || operation.type === 'host-write') return owners;
  const { offset, length } = operation;
  const others = owners.filter(
    (owner) =>
      owner.type !== 'l2-entry' ||
      owner.snapshot !== undefined ||
      owner.guestOffset + clusterSize <= offset ||
      owner.guestOffset >= offset + length,
  );
  return others.length === 0 && owners.length > 1 ? owners : others;
}

function engineOf(
  { engine }: SimulateOptions,
  { bitmapSize, totalSizeLimit, policy }: StructureSettings,
): SimulationSettings['engine'] {
  return engine === 'today'
    ? { type: 'today' }
    : { type: 'structures', bitmapSize, totalSizeLimit, policy };
}

function summary(outcome: Outcome, verdict: Verdict): OperationOutcome {
  let writes = 0;
  let allocated = 0;
  let freed = 0;
  for (const step of outcome.steps) {
    if (step.type === 'allocate') allocated += step.clusters;
    if (step.type === 'free') freed += step.clusters;
    if (step.type === 'write' && step.conflict === undefined) writes++;
  }
  const { messages, doubts, caches, steps, stepsLeftOut: leftOut } = outcome;
  return {
    verdict,
    messages,
    doubts,
    caches,
    tally: { steps: steps.length, leftOut, writes, allocated, freed },
  };
}

function differenceParts(difference: Difference): DifferencePart[] {
  const part = <T>(
    what: DifferencePart['what'],
    all: readonly T[],
    line: (item: T) => DifferencePart['lines'][number],
  ): DifferencePart => ({ what, total: all.length, lines: all.slice(0, MOST_LINES).map(line) });
  return [
    part('header', Object.entries(difference.header), ([name, [old, now]]) => ({
      name,
      old,
      new: now,
    })),
    part('l1', difference.l1, ({ index, ...change }) => ({ name: String(index), ...change })),
    part('l2', difference.l2, ({ guestCluster, ...change }) => ({
      name: String(guestCluster),
      ...change,
    })),
    part('refcountTable', difference.refcountTable, ({ index, ...change }) => ({
      name: String(index),
      ...change,
    })),
    part('refcounts', difference.refcounts, ({ cluster, ...change }) => ({
      name: String(cluster),
      ...change,
    })),
  ].filter(({ total }) => total > 0);
}
