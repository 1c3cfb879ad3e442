import { Unpredictable } from './failure.js';
import type {
  AllocationKind,
  CacheName,
  Corruption,
  LaterMessage,
  Outcome,
  Step,
  WriteStep,
} from './outcome.js';

/** Steps kept of an operation; the rest is counted. */
const MAX_STEPS = 2 ** 16;

/** Work that one operation may take, in bytes read or steps done: more is no operation that anybody waits for. */
const MAX_WORK = 2 ** 30;

/** A step is as much work as reading so many bytes. */
const STEP_WORK = 2 ** 8;

/** Lines that are kept: a repair says something about each cluster, and of some twice. */
const MAX_MESSAGES = 100_000;

/** A step that may still grow. */
interface LookUpStep {
  readonly type: 'look-up';
  readonly cache: CacheName;
  readonly offset: number;
  readonly hit: boolean;
  count: number;
}

/** Notes what happens during one operation. */
export class Recorder {
  /** Lines that were too many to be kept. */
  messagesLeftOut = 0;
  /** A repair takes as long as it takes: whoever drives it may drop it between two steps. */
  isPatient = false;
  #steps: Step[] = [];
  #leftOut = 0;
  #messages: string[] = [];
  #laterMessages: LaterMessage[] = [];
  #doubts: string[] = [];
  #corruption: Corruption | undefined;
  #work = 0;
  /** The last step, when it is one: look-ups of the same table are one step. */
  #lookUp: LookUpStep | undefined;
  readonly #counts = { l2: { hits: 0, misses: 0 }, refcount: { hits: 0, misses: 0 } };

  write(step: WriteStep): void {
    this.#add(step);
  }

  /** The file has become longer, without a write: no step of an operation does that. */
  grew(from: number, to: number): void {
    this.work(from === to ? 0 : STEP_WORK);
  }

  lookUp(cache: CacheName, offset: number, hit: boolean, count: number): void {
    const counts = this.#counts[cache];
    if (hit) counts.hits += count;
    else {
      counts.misses++;
      counts.hits += count - 1;
    }
    const last = this.#lookUp;
    if (last?.offset === offset && last.cache === cache && hit) last.count += count;
    else {
      const step: LookUpStep = { type: 'look-up', cache, offset, hit, count };
      this.#add(step);
      this.#lookUp = step;
    }
  }

  allocate(kind: AllocationKind, offset: number, clusters: number): void {
    if (clusters > 0) this.#add({ type: 'allocate', kind, offset, clusters });
  }

  free(kind: AllocationKind, offset: number, clusterSize: number): void {
    const last = this.#steps.at(-1);
    if (
      last?.type === 'free' &&
      last.kind === kind &&
      last.offset + last.clusters * clusterSize === offset
    )
      this.#steps[this.#steps.length - 1] = { ...last, clusters: last.clusters + 1 };
    else this.#add({ type: 'free', kind, offset, clusters: 1 });
  }

  /** A changed entry; its text is made only if it is kept. */
  entry(step: () => Extract<Step, { type: 'l1-entry' | 'l2-entry' }>): void {
    if (this.#steps.length < MAX_STEPS) this.#add(step());
    else {
      this.#lookUp = undefined;
      this.#leftOut++;
      this.work(STEP_WORK);
    }
  }

  corrupt(corruption: Corruption): void {
    this.#corruption ??= corruption;
    this.#add({ type: 'corruption', corruption });
  }

  message(line: string): void {
    this.tell(() => line);
  }

  /** No more lines are kept: they only have to be counted, in `messagesLeftOut`. */
  get isFull(): boolean {
    return this.#messages.length >= MAX_MESSAGES;
  }

  /** A line that is only put into words while there is room for it. */
  tell(line: () => string): void {
    if (this.isFull) this.messagesLeftOut++;
    else this.#messages.push(line());
  }

  /** A message that QEMU has had since a version. */
  laterMessage(since: string, text: string): void {
    this.#laterMessages.push({ text, since, before: this.#messages.length });
  }

  /** Steps of this operation so far. */
  get steps(): readonly Step[] {
    return this.#steps;
  }

  /** QEMU has said something in this operation. */
  get hasMessages(): boolean {
    return this.#messages.length > 0;
  }

  /** Something that another run of QEMU may do in another way. */
  doubt(reason: string): void {
    if (!this.#doubts.includes(reason)) this.#doubts.push(reason);
  }

  /** Counts work. Throws Unpredictable when it is too much. */
  work(amount: number): void {
    if (this.isPatient) return;
    this.#work += amount;
    if (this.#work > MAX_WORK)
      throw new Unpredictable('gave up: this operation reads or changes too much metadata');
  }

  /** What has been noted since the last call. */
  take(): Omit<Outcome, 'operation' | 'ending'> {
    const taken = {
      messages: this.#messages,
      laterMessages: this.#laterMessages,
      doubts: this.#doubts,
      corruption: this.#corruption,
      steps: this.#steps,
      stepsLeftOut: this.#leftOut,
      caches: { l2: { ...this.#counts.l2 }, refcount: { ...this.#counts.refcount } },
    };
    this.#steps = [];
    this.#lookUp = undefined;
    this.#leftOut = 0;
    this.#messages = [];
    this.#laterMessages = [];
    this.#doubts = [];
    this.#corruption = undefined;
    this.#work = 0;
    for (const counts of [this.#counts.l2, this.#counts.refcount]) counts.hits = counts.misses = 0;
    return taken;
  }

  #add(step: Step): void {
    this.work(STEP_WORK);
    this.#lookUp = undefined;
    if (this.#steps.length < MAX_STEPS) this.#steps.push(step);
    else this.#leftOut++;
  }
}
