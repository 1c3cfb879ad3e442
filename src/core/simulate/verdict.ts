import type { Kind } from '../layout/kinds.js';
import { GUARDED_TYPES, overlapMessage, type TypeSet, typeNames } from '../overlap/types.js';
import type { Outcome, Step, WriteStep, Written } from './outcome.js';

/** A write that went through, over metadata that it has no business with. */
export interface DestroyedPlace {
  /** Its place in the operation's list of steps. */
  readonly step: number;
  readonly what: Written;
  /** Bytes of the host file. */
  readonly offset: number;
  readonly size: number;
  readonly types: readonly Kind[];
}

/** The metadata that an operation destroyed without a word. */
export interface Destruction {
  /** All types, in the order of their bits. */
  readonly types: readonly Kind[];
  /** How many writes did it. */
  readonly writes: number;
  /** The first of them. */
  readonly places: readonly DestroyedPlace[];
}

/**
 * What came of an operation, in one word. Whatever else happened, `destroyed` tells of metadata that
 * was destroyed: a write may go through before another one is stopped.
 */
export type Verdict = (
  | { readonly type: 'passes' }
  /** An overlap check prevented a write: that of this type. */
  | { readonly type: 'stopped'; readonly by: Kind; readonly message: string }
  /** QEMU found the image corrupt by other means. */
  | { readonly type: 'corrupt'; readonly message: string }
  /** The request fails, as a request may. */
  | { readonly type: 'failed'; readonly error: string }
  /** QEMU itself ends with SIGABRT. */
  | { readonly type: 'aborts'; readonly reason: string }
  | { readonly type: 'unpredictable'; readonly reason: string }
  /** An earlier operation (by its place in the list) has ended the session. */
  | { readonly type: 'unreached'; readonly since: number }
) & { readonly destroyed: Destruction | undefined };

/** Places that are told of each operation. */
const MOST_PLACES = 20;

/**
 * The verdict on the operation at `index` of a list.
 *
 * @param outcomes of the operations up to there
 */
export function verdictOn(outcomes: readonly Outcome[], index: number): Verdict {
  const outcome = outcomes[index];
  const destroyed = destruction(outcome.steps);
  const since = outcomes.findIndex(endsSession);
  if (since >= 0 && since < index) return { type: 'unreached', since, destroyed };
  const { ending, corruption } = outcome;
  if (ending.state === 'aborted') return { type: 'aborts', reason: ending.reason, destroyed };
  if (ending.state === 'unpredictable')
    return { type: 'unpredictable', reason: ending.reason, destroyed };
  if (corruption) {
    const { message } = corruption;
    const by = stoppingType(message);
    return by === undefined
      ? { type: 'corrupt', message, destroyed }
      : { type: 'stopped', by, message, destroyed };
  }
  if (ending.state === 'failed') return { type: 'failed', error: ending.error, destroyed };
  return { type: 'passes', destroyed };
}

/** Whether nothing that comes after can be told, or can succeed. */
function endsSession({ ending, corruption }: Outcome): boolean {
  return (
    corruption?.fatal === true || ending.state === 'aborted' || ending.state === 'unpredictable'
  );
}

/** Whether a step is a write that destroyed metadata. */
export function destroys(step: Step): step is WriteStep {
  return step.type === 'write' && step.conflict === undefined && step.hits !== 0;
}

function destruction(steps: readonly Step[]): Destruction | undefined {
  let types: TypeSet = 0;
  let writes = 0;
  const places: DestroyedPlace[] = [];
  for (const [index, step] of steps.entries()) {
    if (!destroys(step)) continue;
    types |= step.hits;
    writes++;
    const { what, offset, size, hits } = step;
    if (places.length < MOST_PLACES)
      places.push({ step: index, what, offset, size, types: typeNames(hits) });
  }
  return writes === 0 ? undefined : { types: typeNames(types), writes, places };
}

/** The type whose check gave QEMU's message; undefined for a message of another kind. */
export function stoppingType(message: string): Kind | undefined {
  return GUARDED_TYPES.find((_, bit) => overlapMessage(1 << bit) === message);
}
