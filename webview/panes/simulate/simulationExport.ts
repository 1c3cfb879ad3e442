import { parseSimulatedOperation } from '../../../src/core/simulate/copy/operation.js';
import { qemuScript } from '../../../src/core/simulate/verdict/qemuScript.js';
import { jsonText } from '../../../src/core/jsonText.js';
import type { Store } from '../../state/store.js';

/** Shell commands that reproduce the case with QEMU's own tools. */
export function simulationScript({ simulation, facts, shell }: Store): string {
  const query = simulation.query.value;
  if (!query) return '';
  const { overlap, caches, cache, discardNoUnref } = query.options;
  const operations = query.operations.flatMap((line) => {
    const parsed = parseSimulatedOperation(line);
    return parsed.ok ? [parsed.value] : [];
  });
  const guard = { mode: overlap.overlapCheck, types: overlap.types };
  return qemuScript(operations, facts.value?.fileName ?? '', {
    ...{ guard, caches, cache, discardNoUnref },
    shell: shell.value,
  });
}

/** The operations, how the image is opened, and what came of it. */
export function simulationJson({ simulation, facts }: Store): string {
  const query = simulation.query.value;
  const outcomes = simulation.outcomes.value;
  return jsonText({ image: facts.value?.fileName, ...query, outcomes }, 2);
}
