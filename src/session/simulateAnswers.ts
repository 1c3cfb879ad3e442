import { changeRows } from '../core/repair/changeRows.js';
import type { Difference } from '../core/simulate/verdict/difference.js';
import type { Outcome } from '../core/simulate/copy/outcome.js';
import type { Simulation } from '../core/simulate/verdict/simulation.js';
import type { Verdict } from '../core/simulate/verdict/verdict.js';
import type { DifferencePart, OpeningAnswer, OperationOutcome } from '../protocol/simulation.js';

/** Lines of each part of a difference. */
const MAX_LINES = 100;

/** What is sent of an opening. */
const MAX_MESSAGES = 200;
const MAX_CHANGES = 200;

/** What opening has said, and what it has repaired first; undefined when it does not open. */
export function openingAnswer({ opened, notes }: Simulation): OpeningAnswer | undefined {
  if (!opened.ok) return undefined;
  const { messages, messagesLeftOut } = notes;
  const { repair } = opened;
  return {
    messages: messages.slice(0, MAX_MESSAGES),
    messageCount: messages.length + messagesLeftOut,
    repair: repair && {
      fixed: repair.fixed,
      corruptions: repair.corruptions,
      rebuilt: repair.rebuilt,
      changes: changeRows(repair.changes.kept).slice(0, MAX_CHANGES),
      totals: [...repair.changes.totals],
    },
  };
}

/** What came of an operation, without its steps. */
export function summary(outcome: Outcome, verdict: Verdict): OperationOutcome {
  let writes = 0;
  let allocated = 0;
  let freed = 0;
  for (const step of outcome.steps) {
    if (step.type === 'allocate') allocated += step.clusters;
    if (step.type === 'free') freed += step.clusters;
    if (step.type === 'write' && step.conflict === undefined) writes++;
  }
  const { messages, laterMessages, doubts, caches, steps, stepsLeftOut: leftOut } = outcome;
  return {
    verdict,
    messages,
    laterMessages,
    doubts,
    caches,
    tally: { steps: steps.length, leftOut, writes, allocated, freed },
  };
}

/** What is different on disk, the first lines of each part. */
export function differenceParts(difference: Difference): DifferencePart[] {
  const part = <T>(
    what: DifferencePart['what'],
    all: readonly T[],
    line: (item: T) => DifferencePart['lines'][number],
  ): DifferencePart => ({ what, total: all.length, lines: all.slice(0, MAX_LINES).map(line) });
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
