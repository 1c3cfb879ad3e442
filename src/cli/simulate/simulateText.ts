import { hex } from '../../core/bytes.js';
import { typeNames } from '../../core/overlap/types.js';
import type { OpeningRepair } from '../../core/repair/openingRepair.js';
import { repairedFirstText } from '../../core/repair/repairedFirst.js';
import type { Difference } from '../../core/simulate/verdict/difference.js';
import { messageLines } from '../../core/simulate/copy/laterMessages.js';
import { operationText } from '../../core/simulate/copy/operation.js';
import type { Ending, Outcome, Step } from '../../core/simulate/copy/outcome.js';
import { linesOf, type Printable } from '../frame/printable.js';

/** Changes of one kind that a person reads. `--json` has them all. */
const MAX_ROWS = 20;

/** One operation for people. */
export function outcomeText(outcome: Outcome): Printable {
  const lines = [`${operationText(outcome.operation)}: ${endingText(outcome.ending)}`];
  for (const line of messageLines(outcome)) lines.push(`  ${line}`);
  for (const doubt of outcome.doubts) lines.push(`  perhaps otherwise: ${doubt}`);
  for (const step of outcome.steps) {
    const text = stepText(step);
    if (text !== undefined) lines.push(`  ${text}`);
  }
  if (outcome.stepsLeftOut > 0) lines.push(`  … and ${outcome.stepsLeftOut} more steps`);
  return linesOf(lines);
}

/** What opening a dirty image has repaired first, for people. */
export function repairText(repair: OpeningRepair): Printable {
  const changes = [...repair.changes.totals].map(([what, number]) => `  ${what}: ${number}`);
  return linesOf([repairedFirstText(repair), ...changes]);
}

/** What is different in the file, for people. */
export function finalText(final: Difference): Printable {
  const lines = [`the file has ${final.fileLength} bytes`];
  for (const [field, values] of Object.entries(final.header))
    lines.push(`  ${field}: ${values[0]} -> ${values[1]}`);
  lines.push(
    ...rows(final.l1, ({ index, ...c }) => `L1 entry ${index}: ${c.old} -> ${c.new}`),
    ...rows(
      final.l2,
      ({ guestCluster, ...c }) => `guest cluster ${guestCluster}: ${c.old} -> ${c.new}`,
    ),
    ...rows(
      final.refcountTable,
      ({ index, ...c }) => `refcount table entry ${index}: ${c.old} -> ${c.new}`,
    ),
    ...rows(
      final.refcounts,
      ({ cluster, ...c }) => `refcount of cluster ${cluster}: ${c.old} -> ${c.new}`,
    ),
    ...rows(final.unknown, (what) => `not known: ${what}`),
  );
  return linesOf(lines);
}

function endingText(ending: Ending): string {
  switch (ending.state) {
    case 'done':
      return 'done';
    case 'failed':
      return `failed: ${ending.error}`;
    case 'aborted':
      return `QEMU aborts here: ${ending.reason}`;
    case 'unpredictable':
      return `cannot be foretold: ${ending.reason}`;
  }
}

/** Steps that change something; the others are in the JSON document. */
function stepText(step: Step): string | undefined {
  switch (step.type) {
    case 'write': {
      const hits = step.hits === 0 ? '' : ` on ${typeNames(step.hits).join(', ')}`;
      const end = step.conflict === undefined ? '' : ` — ${step.conflict}`;
      return `${step.what.startsWith('hole') ? 'punch' : 'write'} ${step.what} ${hex(step.offset)} +${hex(step.size)}${step.checked ? '' : ' (unchecked)'}${hits}${end}`;
    }
    case 'allocate':
    case 'free':
      return `${step.type} ${step.kind} ${hex(step.offset)}, ${step.clusters} clusters`;
    case 'l1-entry':
      return `L1 entry ${step.index}: ${step.old} -> ${step.new}`;
    case 'l2-entry':
      return `L2 entry of guest offset ${hex(step.guestOffset)}: ${step.old} -> ${step.new}`;
    case 'look-up':
    case 'corruption':
      return undefined;
  }
}

function rows<T>(items: readonly T[], text: (item: T) => string): string[] {
  const shown = items.slice(0, MAX_ROWS).map((item) => `  ${text(item)}`);
  if (items.length > MAX_ROWS)
    shown.push(`  … and ${items.length - MAX_ROWS} more (--json has them all)`);
  return shown;
}
