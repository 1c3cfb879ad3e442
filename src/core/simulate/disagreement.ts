import type { Kind } from '../layout/kinds.js';
import type { MemoryEvent } from '../overlap/memoryEvent.js';
import type { MetadataList } from '../overlap/metadataList.js';
import { WINDOW_SIZE } from '../overlap/typeRuns.js';
import { GUARDED_TYPES, STRUCTURE_TYPES, type TypeSet } from '../overlap/types.js';
import { DROPPED } from '../overlap/windowTable.js';
import type { Outcome, Step, WriteStep } from './outcome.js';
import { stoppingType } from './verdict.js';

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

/** One engine's side. */
interface Side {
  readonly outcomes: readonly Outcome[];
}

interface StructuresSide extends Side {
  /** As they are after the operation. */
  readonly list: MetadataList | undefined;
  /** Refusals during the operation. */
  readonly events: readonly MemoryEvent[];
}

/**
 * Why the engines part in their latest operation, which is the first that they do not agree on;
 * undefined when they agree.
 */
export function disagreement(today: Side, structures: StructuresSide): Disagreement | undefined {
  const operation = today.outcomes.length - 1;
  const parting = firstParting(today.outcomes[operation], structures.outcomes[operation]);
  if (!parting) return undefined;
  const { asToday, asStructures } = parting;
  const { offset, size } = asToday;
  const at = (reason: Reason): Disagreement => ({ operation, offset, size, reason });
  const stopped = kindOfConflict(asToday);
  const alarmed = kindOfConflict(asStructures);
  if (stopped !== undefined && alarmed !== undefined)
    return at({ type: 'order', today: stopped, structures: alarmed });
  if (stopped !== undefined) return at(whyMissed(stopped, asToday, structures));
  if (alarmed !== undefined) return at(whyAlarmed(alarmed, parting, structures));
  return undefined;
}

/** A write that only one of two engines stops, or both for another reason. */
interface Parting {
  /** Its place in the list of steps. */
  readonly step: number;
  readonly asToday: WriteStep;
  readonly asStructures: WriteStep;
}

/** The first one of an operation. */
function firstParting(today: Outcome, structures: Outcome): Parting | undefined {
  for (const [step, asToday] of today.steps.entries()) {
    const asStructures = structures.steps.at(step);
    if (asStructures?.type !== 'write' || asToday.type !== 'write') continue;
    if (asToday.conflict !== asStructures.conflict) return { step, asToday, asStructures };
  }
  return undefined;
}

const kindOfConflict = ({ conflict }: WriteStep): Kind | undefined =>
  conflict === undefined ? undefined : stoppingType(conflict);

const bitOf = (kind: Kind): TypeSet => 1 << GUARDED_TYPES.indexOf(kind);

function whyMissed(kind: Kind, write: WriteStep, { list, events }: StructuresSide): Reason {
  if ((bitOf(kind) & STRUCTURE_TYPES) === 0 || !list) return { type: 'unknown-type', kind };
  const { clusterSize, windows, windowBytes } = list;
  const first = Math.floor(write.offset / windowBytes);
  const last = Math.floor((Math.ceil((write.offset + write.size) / clusterSize) - 1) / WINDOW_SIZE);
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
function whyAlarmed(
  kind: Kind,
  { asStructures: { offset, size }, step }: Parting,
  { outcomes }: StructuresSide,
): Reason {
  const last = outcomes.length - 1;
  for (let operation = last; operation >= 0; operation--) {
    const { steps } = outcomes[operation];
    for (let index = (operation === last ? step : steps.length) - 1; index >= 0; index--) {
      const left = leftBy(steps[index], kind);
      if (left >= offset && left < offset + size) return { type: 'stale', kind, operation };
    }
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
const offsetOfEntry = (entry: string): number => Number(BigInt(entry) & 0x00fffffffffffe00n);
