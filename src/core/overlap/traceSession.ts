import type { ParseResult } from '../size.js';
import { MetadataList } from './metadataList.js';
import { type Creation, type Operation, parseOperation } from './operation.js';
import type { LimitPolicy } from './settings.js';
import type { TypeSet } from './types.js';
import { HAS_BITMAP } from './windowTable.js';

/** ENOMEM: what creating a list returns when memory is refused. */
const NO_MEMORY = -12;

/** A state that nobody could print: each slot and window is a number or four. */
export const MAX_PRINTED = 2 ** 24;

/** One operation and the state after it, in the form of the recorded traces. */
export interface TraceLine {
  readonly op: string;
  /** What `check` found; 0 for the others; negative when the list could not be created. */
  readonly ret: TypeSet;
  /** Start and length in bytes of the area of each refusal. */
  readonly events: readonly (readonly [number, number])[];
  readonly mem?: number;
  readonly windows?: number;
  /** Window in each slot, or -1. */
  readonly slots?: readonly number[];
  /** Window, whether it has a bitmap, used and allocated fragments: where any is not 0. */
  readonly w?: readonly (readonly [number, number, number, number])[];
}

/** Applies an operations file line by line. */
export class TraceSession {
  readonly #policy: LimitPolicy;
  #list: MetadataList | undefined;

  constructor(policy: LimitPolicy) {
    this.#policy = policy;
  }

  /** Applies one line; an error is one of the line itself. */
  apply(line: string): ParseResult<TraceLine> {
    const parsed = parseOperation(line);
    if (!parsed.ok) return parsed;
    const op = line.trim();
    const operation = parsed.value;
    if (operation.type === 'create') return this.#create(op, operation);
    const list = this.#list;
    if (!list) return { ok: false, message: `'${operation.type}' before a list was created` };
    const events: (readonly [number, number])[] = [];
    list.onMemoryEvent = ({ start, length }) => void events.push([start, length]);
    const ret = perform(list, operation);
    return { ok: true, value: { op, ret, events, ...stateOf(list) } };
  }

  #create(op: string, creation: Creation): ParseResult<TraceLine> {
    const created = MetadataList.create(creation, { ...creation, policy: this.#policy });
    this.#list = created.ok ? created.value : undefined;
    if (!created.ok) return { ok: true, value: { op, ret: NO_MEMORY, events: [] } };
    if (created.value.cache.size > MAX_PRINTED)
      return {
        ok: false,
        message: `${created.value.cache.size} cache slots, expected at most ${MAX_PRINTED}`,
      };
    return { ok: true, value: { op, ret: 0, events: [], ...stateOf(created.value) } };
  }
}

/** Applies one operation; the result is what a check found, else 0. */
export function perform(list: MetadataList, operation: Operation): TypeSet {
  switch (operation.type) {
    case 'enter':
      list.enter(operation.offset, operation.clusters, operation.types);
      return 0;
    case 'remove':
      list.remove(operation.offset, operation.clusters, operation.types);
      return 0;
    case 'check':
      return list.check(operation.ignore, operation.offset, operation.size);
  }
}

/** The state of a list, in the form of the recorded traces. */
export function stateOf(list: MetadataList): Pick<TraceLine, 'mem' | 'windows' | 'slots' | 'w'> {
  const { windows, cache } = list;
  const slots = Array.from({ length: cache.size }, (_, slot) => {
    const row = cache.row(slot);
    return row < 0 ? -1 : windows.window(row);
  });
  const w: (readonly [number, number, number, number])[] = [];
  for (const row of windows.ascendingRows()) {
    const bitmap = windows.flags[row] & HAS_BITMAP ? 1 : 0;
    const used = windows.used[row];
    const allocated = windows.allocated[row];
    if (bitmap || used || allocated) w.push([windows.window(row), bitmap, used, allocated]);
  }
  return { mem: list.ledger.used, windows: windows.count, slots, w };
}
