import type { Parsed } from '../size.js';
import { EventLog } from './eventLog.js';
import { MetadataList } from './metadataList.js';
import type { OperationList } from './operationList.js';
import type { StructureGeometry, StructureSettings } from './settings.js';
import { createTimeline, type Timeline } from './timeline.js';

/** Operations between two kept states: replaying so many takes a few milliseconds. */
const KEEP_EVERY = 2 ** 16;

/**
 * A list of operations applied to fresh structures. The state after any number of them can be had
 * again, forwards and backwards: a state is kept every 65,536 operations, once somebody steps, and
 * the rest is replayed from there.
 */
export class Replay {
  readonly operations: OperationList;
  /** After the last operation. Not to be changed. */
  readonly final: MetadataList;
  readonly events: EventLog;
  readonly timeline: Timeline;
  /** `#kept[i]` is the state after `i * KEEP_EVERY` operations; states behind are not known yet. */
  readonly #kept: MetadataList[];
  #cursor: { state: MetadataList; position: number };

  private constructor(empty: MetadataList, operations: OperationList) {
    this.operations = operations;
    this.#kept = [empty.clone()];
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
  ): Parsed<Replay> {
    const created = MetadataList.create(geometry, settings);
    return created.ok ? { ok: true, value: new Replay(created.value, operations) } : created;
  }

  /**
   * The state after the first `position` operations, 0 for none. It is not to be changed, and
   * stands only until the next call.
   */
  at(position: number): MetadataList {
    if (position === this.operations.length) return this.final;
    const kept = Math.min(Math.floor(position / KEEP_EVERY), this.#kept.length - 1);
    const behind = this.#cursor.position <= position && this.#cursor.position > kept * KEEP_EVERY;
    if (!behind) this.#cursor = { state: this.#kept[kept].clone(), position: kept * KEEP_EVERY };
    this.#advance(position);
    return this.#cursor.state;
  }

  #advance(position: number): void {
    const cursor = this.#cursor;
    while (cursor.position < position) {
      const stop = Math.min(position, this.#kept.length * KEEP_EVERY);
      const next = stop > cursor.position ? stop : position;
      this.operations.applyTo(cursor.state, cursor, next);
      if (next === this.#kept.length * KEEP_EVERY) this.#kept.push(cursor.state.clone());
    }
  }
}
