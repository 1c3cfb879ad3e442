import { hex } from '../../../src/core/bytes.js';
import type { Outcome, Step } from '../../../src/core/simulate/copy/outcome.js';
import type { Trace } from './trace.js';

/** The first write to the file and the first look-up in a cache that are not alike. */
export function differentSteps(
  what: string,
  trace: Trace,
  outcome: Pick<Outcome, 'steps' | 'stepsLeftOut'> | undefined,
): string[] {
  if (outcome === undefined || outcome.stepsLeftOut > 0) return [];
  const writes = trace.writes.map(({ offset, size }) => `${hex(offset)}+${hex(size)}`);
  const lookUps = trace.lookUps.map(
    ({ cache, offset, isHit }) => `${cache} ${hex(offset)} ${isHit ? 'hit' : 'miss'}`,
  );
  const own = outcome.steps;
  return [
    ...firstDifference(`${what}, file writes`, writes, own.flatMap(writeText)),
    ...firstDifference(`${what}, look-ups`, collapsed(lookUps), collapsed(own.flatMap(lookUpText))),
  ];
}

/** A hole is not traced, and a write that was stopped is none. */
function writeText(step: Step): string[] {
  if (step.type !== 'write' || step.what.startsWith('hole') || step.conflict !== undefined)
    return [];
  return [`${hex(step.offset)}+${hex(step.size)}`];
}

function lookUpText(step: Step): string[] {
  if (step.type !== 'look-up') return [];
  return [`${step.cache} ${hex(step.offset)} ${step.hit ? 'hit' : 'miss'}`];
}

/** Without look-ups of the table that was just looked up, which are hits. */
function collapsed(lookUps: readonly string[]): string[] {
  const table = (text: string): string => text.replace(/ \w+$/, '');
  return lookUps.filter(
    (text, index) => index === 0 || table(text) !== table(lookUps[index - 1] ?? ''),
  );
}

function firstDifference(what: string, qemu: readonly string[], ours: readonly string[]): string[] {
  const length = Math.max(qemu.length, ours.length);
  for (let index = 0; index < length; index++) {
    if (qemu[index] === ours[index]) continue;
    const near = (list: readonly string[]): string => list.slice(index, index + 3).join(', ');
    return [`${what}, number ${String(index + 1)}: QEMU ${near(qemu)}; ours ${near(ours)}`];
  }
  return [];
}
