import type { MemoryEvent } from './memoryEvent.js';
import { grown } from './typeRuns.js';

/** A refusal, and the operation (by its place in the list, from 0) that met with it. */
export interface LoggedEvent extends MemoryEvent {
  readonly operation: number;
}

const DURING = ['enter', 'remove', 'check'] as const;
const REFUSED = ['bitmap', 'windows'] as const;

/** All memory-limit events of a replay, as columns: a tight limit refuses hundreds of thousands. */
export class EventLog {
  #length = 0;
  #operations = new Uint32Array(16);
  #kinds = new Uint8Array(16);
  #starts = new Float64Array(16);
  #lengths = new Float64Array(16);

  get length(): number {
    return this.#length;
  }

  add(operation: number, event: MemoryEvent): void {
    const index = this.#length++;
    if (index === this.#kinds.length) {
      this.#operations = grown(this.#operations, new Uint32Array(index * 2));
      this.#kinds = grown(this.#kinds, new Uint8Array(index * 2));
      this.#starts = grown(this.#starts, new Float64Array(index * 2));
      this.#lengths = grown(this.#lengths, new Float64Array(index * 2));
    }
    this.#operations[index] = operation;
    this.#kinds[index] = DURING.indexOf(event.during) * 2 + REFUSED.indexOf(event.refused);
    this.#starts[index] = event.start;
    this.#lengths[index] = event.length;
  }

  at(index: number): LoggedEvent {
    const kind = this.#kinds[index];
    return {
      operation: this.#operations[index],
      during: DURING[kind >> 1],
      refused: REFUSED[kind & 1],
      start: this.#starts[index],
      length: this.#lengths[index],
    };
  }

  /** A page, for a virtual list. */
  page(from: number, count: number): LoggedEvent[] {
    const end = Math.min(this.#length, from + count);
    return Array.from({ length: Math.max(0, end - from) }, (_, i) => this.at(from + i));
  }
}
