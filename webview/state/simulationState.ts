import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { CacheOptions } from '../../src/core/simulate/copy/cacheOptions.js';
import type { ClusterMark } from '../../src/core/simulate/verdict/marks.js';
import type { OverlapAnswer } from '../../src/protocol/overlap.js';
import type {
  DiskDifference,
  MarksAnswer,
  OperationOutcome,
  SimulateAnswer,
  VerdictAnswer,
} from '../../src/protocol/simulation.js';
import { Poll } from './poll.js';
import type { OverlapState } from './overlapState.js';
import type { KeptSimulation } from './viewState.js';
import type {
  Answer,
  Query,
  SimulateOptions,
  SimulateQuery,
} from '../../src/protocol/questions.js';
import type { CacheMode, EngineName } from '../../src/protocol/shapes.js';
import { MAX_OPERATIONS } from '../../src/protocol/limits.js';

type Simulating =
  | 'simulate'
  | 'simulateVerdict'
  | 'simulateMarks'
  | 'simulateSteps'
  | 'simulateDifference'
  | 'simulateOverlap';

/** Whoever brings a question to the worker. */
interface Asker {
  ask<M extends Simulating>(method: M, query: Query<M>): Promise<Answer<M>>;
}

/** Which cell of the verdict table is looked at. */
export interface VerdictPlace {
  readonly row: number;
  readonly engine: EngineName;
}

/**
 * The simulated operations and what came of them. The list is the same in all panels of a file: the
 * worker tells of every change. It asks only while its tab is open.
 */
export class SimulationState {
  readonly operations: Signal<readonly string[]>;
  readonly engine: Signal<EngineName>;
  readonly cache: Signal<CacheMode>;
  /** The settings of VS Code; undefined until the host has told them. */
  readonly caches = signal<CacheOptions | undefined>(undefined);
  readonly discardNoUnref = signal<boolean | undefined>(undefined);
  /** Whether the tab is open. */
  readonly active = signal(false);
  /** What is being typed. */
  readonly draft = signal('');
  readonly answer = signal<SimulateAnswer | undefined>(undefined);
  readonly verdict = signal<VerdictAnswer | undefined>(undefined);
  readonly marks = signal<MarksAnswer | undefined>(undefined);
  /** Why there is no answer. */
  readonly failure = signal<string | undefined>(undefined);
  /** The cell that the user looks at; undefined: that of the settings. */
  readonly cell = signal<VerdictPlace | undefined>(undefined);
  readonly kept: ReadonlySignal<KeptSimulation> = computed(() => ({
    operations: this.operations.value,
    engine: this.engine.value,
    cache: this.cache.value,
  }));
  readonly query: ReadonlySignal<SimulateQuery | undefined> = computed(() => {
    const overlap = this.#overlap.options.value;
    const caches = this.caches.value;
    const discardNoUnref = this.discardNoUnref.value;
    if (!overlap || !caches || discardNoUnref === undefined) return undefined;
    const options: SimulateOptions = {
      overlap,
      caches,
      engine: this.engine.value,
      cache: this.cache.value,
      discardNoUnref,
    };
    return { operations: this.operations.value, options };
  });
  /** The question once it has been answered to its end; undefined while it has not. */
  readonly done: ReadonlySignal<SimulateQuery | undefined> = computed(() =>
    this.#done.value === this.query.value ? this.#done.value : undefined,
  );
  /** The operation whose verdict and steps are shown; undefined when there is none. */
  readonly chosenOperation: ReadonlySignal<number | undefined> = computed(() => {
    const last = this.operations.value.length - 1;
    return last < 0 ? undefined : Math.min(this.#selected.value ?? last, last);
  });
  readonly outcomes: ReadonlySignal<readonly OperationOutcome[]> = computed(() => {
    const answer = this.answer.value;
    return answer && answer.state !== 'refused' ? answer.outcomes : [];
  });
  /** What another pane has put on the map: it is seen while this one is not open. */
  readonly placed = signal<readonly ClusterMark[] | undefined>(undefined);
  /** What the shown operation touched, or that. */
  readonly onMap: ReadonlySignal<readonly ClusterMark[] | undefined> = computed(() =>
    this.active.value ? this.marks.value?.marks : this.placed.value,
  );
  /** The overlap structures after the shown operation; undefined while the tab is not open. */
  readonly structures: ReadonlySignal<OverlapAnswer | undefined> = computed(() =>
    this.active.value ? this.#structures.value : undefined,
  );
  /** The verdict on the operation that is shown is not all known yet. */
  readonly isJudging: ReadonlySignal<boolean> = computed(() => {
    const { query, operation } = this.#judged.value;
    return query !== this.query.value || operation !== this.chosenOperation.value;
  });
  readonly #structures = signal<OverlapAnswer | undefined>(undefined);
  readonly #done = signal<SimulateQuery | undefined>(undefined);
  /** What the verdict is about, once it is known. */
  readonly #judged = signal<{ readonly query?: SimulateQuery; readonly operation?: number }>({});
  readonly #selected = signal<number | undefined>(undefined);
  readonly #asker: Asker;
  readonly #overlap: OverlapState;
  /** Lists as they were before, for undoing. */
  readonly #before: (readonly string[])[] = [];
  readonly #outcomes = new Poll();
  readonly #verdicts = new Poll();

  constructor(asker: Asker, overlap: OverlapState, kept: KeptSimulation) {
    this.#asker = asker;
    this.#overlap = overlap;
    this.operations = signal(kept.operations);
    this.engine = signal(kept.engine);
    this.cache = signal(kept.cache);
    effect(() => {
      const query = this.query.value;
      if (query && this.active.value && overlap.ready.value) void this.#load(query);
    });
    effect(() => {
      const query = this.done.value;
      const shown = this.chosenOperation.value;
      if (query && shown !== undefined && this.active.value) void this.#loadVerdict(query, shown);
    });
  }

  get canUndo(): boolean {
    return this.#before.length > 0 || this.operations.value.length > 0;
  }

  get isFull(): boolean {
    return this.operations.value.length >= MAX_OPERATIONS;
  }

  /** Shows the verdict and the steps of one operation. */
  select(operation: number): void {
    this.#selected.value = operation;
  }

  add(line: string): void {
    this.replace([...this.operations.value, line]);
  }

  /** Another list. What was there can be had back with `undo`. */
  replace(operations: readonly string[]): void {
    this.#before.push(this.operations.value);
    this.#set(operations.slice(0, MAX_OPERATIONS));
  }

  /** Takes back the last change, or the last operation. */
  undo(): void {
    this.#set(this.#before.pop() ?? this.operations.value.slice(0, -1));
  }

  /** The list of another panel, unless this one is about to say something newer. */
  follow(operations: readonly string[]): void {
    if (this.#outcomes.isRunning || sameList(operations, this.operations.value)) return;
    this.#set(operations);
  }

  /** Another image, or the same read anew: the operations stay. */
  reset(): void {
    this.#outcomes.drop();
    this.#verdicts.drop();
    batch(() => {
      this.#done.value = undefined;
      this.answer.value = undefined;
      this.verdict.value = undefined;
      this.marks.value = undefined;
      this.#structures.value = undefined;
      this.failure.value = undefined;
    });
  }

  #set(operations: readonly string[]): void {
    batch(() => {
      this.operations.value = operations;
      this.#selected.value = undefined;
      this.cell.value = undefined;
      if (operations.length === 0) {
        this.verdict.value = undefined;
        this.marks.value = undefined;
        this.#structures.value = undefined;
      }
    });
  }

  async #load(query: SimulateQuery): Promise<void> {
    await this.#outcomes.run(
      (turn) =>
        turn.until(
          () => this.#asker.ask('simulate', query),
          (answer) => {
            batch(() => {
              this.failure.value = undefined;
              this.answer.value = answer;
              this.#done.value = answer.state === 'done' ? query : undefined;
            });
            return answer.state !== 'computing';
          },
        ),
      (message) => (this.failure.value = message),
    );
  }

  async #loadVerdict(query: SimulateQuery, operation: number): Promise<void> {
    const upTo = { ...query, operations: query.operations.slice(0, operation + 1) };
    await this.#verdicts.run(
      async (turn) => {
        await turn.until(
          () => this.#asker.ask('simulateMarks', { ...query, operation }),
          (marks) => {
            this.marks.value = marks;
            return true;
          },
        );
        await turn.until(
          () => this.#asker.ask('simulateVerdict', upTo),
          (verdict) => {
            if (hasNews(verdict)) this.verdict.value = verdict;
            if (verdict.state !== 'computing') this.#judged.value = { query, operation };
            return verdict.state !== 'computing';
          },
        );
        if (!this.#overlap.areWindowsShown.peek()) return;
        await turn.until(
          () => this.#asker.ask('simulateOverlap', upTo),
          (structures) => {
            if (structures.state === 'computing') return !this.#overlap.areWindowsShown.peek();
            this.#structures.value = structures;
            return true;
          },
        );
      },
      (message) => (this.failure.value = message),
    );
  }

  /** What is different on disk after all operations; undefined when the question is out of date. */
  async difference(query: SimulateQuery): Promise<DiskDifference | undefined> {
    while (this.query.value === query) {
      const answer = await this.#asker.ask('simulateDifference', query);
      if (answer.state === 'known') return answer;
    }
    return undefined;
  }

  /** A page of steps of the operation that is shown. */
  steps(from: number, count: number): Promise<Answer<'simulateSteps'>> {
    const query = this.query.value;
    const operation = this.chosenOperation.value;
    if (!query || operation === undefined) return Promise.resolve({ total: 0, steps: [] });
    return this.#asker.ask('simulateSteps', { ...query, operation, from, count });
  }
}

/** What is shown stays until there is something of the next. */
const hasNews = (verdict: VerdictAnswer): boolean =>
  verdict.state !== 'computing' ||
  verdict.rows.some(({ cells }) => cells.today ?? cells.structures);

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, index) => line === b[index]);
