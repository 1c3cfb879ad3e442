import { typeNames } from '../../core/overlap/types.js';
import type { OpeningRepair } from '../../core/repair/openingRepair.js';
import type { Difference } from '../../core/simulate/verdict/difference.js';
import { operationText } from '../../core/simulate/copy/operation.js';
import type { Outcome } from '../../core/simulate/copy/outcome.js';

/** One operation as `simulate --json` prints it. */
export function outcomeJson(outcome: Outcome): object {
  const { ending, laterMessages, corruption, steps, caches } = outcome;
  const runs = (type: 'allocate' | 'free'): object[] =>
    steps.flatMap((step) =>
      step.type === type ? [{ offset: step.offset, clusters: step.clusters, type: step.kind }] : [],
    );
  const writes = steps.flatMap((step) =>
    step.type === 'write'
      ? [
          {
            offset: step.offset,
            size: step.size,
            what: step.what,
            checked: step.checked,
            ignore: typeNames(step.ignore),
            conflict: step.conflict,
            hits: step.hits === 0 ? undefined : typeNames(step.hits),
          },
        ]
      : [],
  );
  return {
    op: operationText(outcome.operation),
    ok: ending.state === 'done',
    error: ending.state === 'failed' ? ending.error : undefined,
    aborted: ending.state === 'aborted' ? ending.reason : undefined,
    unpredictable: ending.state === 'unpredictable' ? ending.reason : undefined,
    doubts: outcome.doubts.length > 0 ? outcome.doubts : undefined,
    message: outcome.messages.length > 0 ? outcome.messages.join('\n') : undefined,
    'later-messages':
      laterMessages.length > 0
        ? laterMessages.map(({ text, since }) => ({ since, text }))
        : undefined,
    corruption,
    allocated: runs('allocate'),
    freed: runs('free'),
    writes,
    'steps-left-out': outcome.stepsLeftOut > 0 ? outcome.stepsLeftOut : undefined,
    caches,
  };
}

/** What opening a dirty image has repaired; of the changes how many there are of each kind. */
export const repairJson = ({ fixed, corruptions, rebuilt, changes }: OpeningRepair): object => ({
  'corruptions-fixed': fixed.corruptions,
  'leaks-fixed': fixed.leaks,
  'corruptions-left': corruptions,
  rebuilt,
  changes: Object.fromEntries(changes.totals),
});

export const finalJson = (final: Difference): object => ({
  ...final,
  unknown: final.unknown.length > 0 ? final.unknown : undefined,
});
