import type { Kind } from '../../map/kinds.js';
import type { MemoryEvent } from '../../overlap/memoryEvent.js';
import type { MetadataList } from '../../overlap/metadataList.js';
import { WINDOW_SIZE } from '../../overlap/typeRuns.js';
import { GUARDED_TYPES, STRUCTURE_TYPES, type TypeSet } from '../../overlap/types.js';
import { ENTRY_OFFSET } from '../../qcow2/entryTable.js';
import { DROPPED } from '../../overlap/windowTable.js';
import type { Answer } from '../guard/judge.js';
import type { Step } from '../copy/outcome.js';

/** Why the two engines part, found in what the structures hold at that moment. */
export type Reason =
  /** The structures are of 2015 and know no such type. */
  | { readonly type: 'unknown-type'; readonly kind: Kind }
  /** Memory was refused for the window that the write falls into. */
  | {
      readonly type: 'unprotected';
      readonly kind: Kind;
      readonly window: number;
      readonly how: 'lost' | 'dropped' | 'refused';
    }
  /** Only 40 bytes for each snapshot were entered, and the write falls behind them. */
  | { readonly type: 'under-covered' }
  /** What lies there was never entered: a table off the cluster grid is not. */
  | { readonly type: 'not-entered'; readonly kind: Kind }
  /** The structures still hold a table that is gone; an operation of the list moved it. */
  | { readonly type: 'stale'; readonly kind: Kind; readonly operation: number | undefined }
  /** Both stop it, but of several types that are hit each tells another first. */
  | { readonly type: 'order'; readonly today: Kind; readonly structures: Kind };

/** Where the engines part. */
export interface Disagreement {
  /** Place in the list of operations. */
  readonly operation: number;
  /** The write, in host bytes. */
  readonly offset: number;
  readonly size: number;
  readonly reason: Reason;
}

/** A write that the engines do not agree on, at the moment when they are asked. */
export interface Parting {
  /** Place in the list of operations. */
  readonly operation: number;
  /** The write, in host bytes. */
  readonly offset: number;
  readonly size: number;
  readonly today: Answer;
  readonly structures: Answer;
  /** The structures, and what memory they were refused during the operation. */
  readonly list: MetadataList | undefined;
  readonly events: readonly MemoryEvent[];
  /** Of all operations so far, and of this one up to the write. */
  readonly steps: readonly (readonly Step[])[];
}

/** Why the engines part; undefined when one of them fails for a reason of another kind. */
export function disagreement(parting: Parting): Disagreement | undefined {
  const { operation, offset, size } = parting;
  if (typeof parting.today === 'string' || typeof parting.structures === 'string') return undefined;
  const at = (reason: Reason): Disagreement => ({ operation, offset, size, reason });
  const [today, structures] = [kindOf(parting.today), kindOf(parting.structures)];
  if (today !== undefined && structures !== undefined)
    return at({ type: 'order', today, structures });
  if (today !== undefined) return at(whyMissed(today, parting));
  if (structures !== undefined) return at(whyAlarmed(structures, parting));
  return undefined;
}

const kindOf = (answer: TypeSet): Kind | undefined =>
  GUARDED_TYPES.find((_, bit) => answer === 1 << bit);

const bitOf = (kind: Kind): TypeSet => 1 << GUARDED_TYPES.indexOf(kind);

function whyMissed(kind: Kind, { list, events, offset, size }: Parting): Reason {
  if ((bitOf(kind) & STRUCTURE_TYPES) === 0 || !list) return { type: 'unknown-type', kind };
  const { clusterSize, windows, windowBytes } = list;
  const first = Math.floor(offset / windowBytes);
  const last = Math.floor((Math.ceil((offset + size) / clusterSize) - 1) / WINDOW_SIZE);
  for (let window = first; window <= last; window++) {
    const unprotected = (how: 'lost' | 'dropped' | 'refused'): Reason => ({
      type: 'unprotected',
      kind,
      window,
      how,
    });
    const row = windows.existingRow(window);
    if (row >= 0 && (windows.lost[row] & bitOf(kind)) !== 0) return unprotected('lost');
    if (row >= 0 && (windows.flags[row] & DROPPED) !== 0) return unprotected('dropped');
    const start = window * windowBytes;
    if (events.some((event) => event.during === 'check' && event.start === start))
      return unprotected('refused');
  }
  return kind === 'snapshot-table' ? { type: 'under-covered' } : { type: 'not-entered', kind };
}

/** Looks for the operation that left the place: the latest that set another L1 entry, or freed it. */
function whyAlarmed(kind: Kind, { steps, offset, size }: Parting): Reason {
  for (let operation = steps.length - 1; operation >= 0; operation--)
    for (const step of steps[operation].toReversed()) {
      const left = leftBy(step, kind);
      if (left >= offset && left < offset + size) return { type: 'stale', kind, operation };
    }
  return { type: 'stale', kind, operation: undefined };
}

/**
 * Host offset that a table of a kind has left in a step; -1 for a step that is about something else.
 * An active L2 table is copied away long before its old place is free.
 */
function leftBy(step: Step, kind: Kind): number {
  if (kind !== 'active-l2') return step.type === 'free' && step.kind === kind ? step.offset : -1;
  // An entry of 0 names no table.
  return step.type === 'l1-entry' ? offsetOfEntry(step.old) || -1 : -1;
}

/** Host offset of a table that an entry, in hexadecimal, names. */
const offsetOfEntry = (entry: string): number => Number(BigInt(entry) & ENTRY_OFFSET);
