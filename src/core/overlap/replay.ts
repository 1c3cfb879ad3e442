import type { ParseResult } from '../size.js';
import { EventLog } from './eventLog.js';
import { MetadataList } from './metadataList.js';
import type { OperationList } from './operationList.js';
import type { StructureGeometry, StructureSettings } from './settings.js';
import { createTimeline, type Timeline } from './timeline.js';

/** Operations between two kept states, at first: replaying so many takes a few milliseconds. */
const KEEP_EVERY = 2 ** 16;
/** Bytes that the kept states may take before every second one of them is given up. */
const MAX_KEPT = 2 ** 27;
/** Operations before a state reached backwards at which another is kept: most likely it goes on so. */
const NEAR = 2 ** 10;

/** A list after so many operations. */
interface Kept {
  readonly state: MetadataList;
  position: number;
}

/**
 * A list of operations applied to fresh structures. The state after any number of them can be had
 * again, forwards and backwards: states are kept on the way, every 65,536 operations or, where they
 * are large, at longer intervals, and the rest is replayed from there.
 */
export class Replay {
  readonly operations: OperationList;
  /** After the last operation. Not to be changed. */
  readonly final: MetadataList;
  readonly events: EventLog;
  readonly timeline: Timeline;
  /** The state after every `#every` operations, from 0 on; those further behind are not known yet. */
  #kept: readonly Kept[];
  #every = KEEP_EVERY;
  /** A little before a state that was reached backwards. */
  #near: Kept;
  #cursor: Kept;

  private constructor(empty: MetadataList, operations: OperationList) {
    this.operations = operations;
    this.#near = { state: empty.clone(), position: 0 };
    this.#kept = [this.#near];
    this.events = new EventLog();
    const cursor = { position: 0 };
    empty.onMemoryEvent = (event) => {
      this.events.add(cursor.position, event);
    };
    this.timeline = createTimeline(empty, operations.length, (position) => {
      operations.applyTo(empty, cursor, position);
    });
    empty.onMemoryEvent = () => undefined;
    this.final = empty;
    this.#cursor = { state: empty, position: operations.length };
  }

  /** Applies all operations; or says why the structures cannot be created. */
  static run(
    geometry: StructureGeometry,
    settings: StructureSettings,
    operations: OperationList,
  ): ParseResult<Replay> {
    const created = MetadataList.create(geometry, settings);
    return created.ok ? { ok: true, value: new Replay(created.value, operations) } : created;
  }

  /**
   * The state after the first `position` operations, 0 for none. It is not to be changed, and
   * stands only until the next call.
   */
  at(position: number): MetadataList {
    if (position === this.operations.length) return this.final;
    const isBack = position < this.#cursor.position;
    const kept = this.#kept[Math.min(Math.floor(position / this.#every), this.#kept.length - 1)];
    const isNear = this.#near.position <= position && this.#near.position >= kept.position;
    const start = isNear ? this.#near : kept;
    if (isBack || this.#cursor.position < start.position) this.#cursor = copyOf(start);
    const near = position - NEAR;
    if (isBack && near > start.position) {
      this.#advance(near);
      this.#near = copyOf(this.#cursor);
    }
    this.#advance(position);
    return this.#cursor.state;
  }

  #advance(position: number): void {
    const cursor = this.#cursor;
    while (cursor.position < position) {
      const unknown = this.#kept.length * this.#every;
      const next = unknown > cursor.position ? Math.min(position, unknown) : position;
      this.operations.applyTo(cursor.state, cursor, next);
      if (next === unknown) this.#keep();
    }
  }

  #keep(): void {
    this.#kept = [...this.#kept, copyOf(this.#cursor)];
    const bytes = this.#kept.reduce((sum, { state }) => sum + state.byteLength, 0);
    if (bytes <= MAX_KEPT) return;
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.#every *= 2;
  }
}

const copyOf = ({ state, position }: Kept): Kept => ({ state: state.clone(), position });
