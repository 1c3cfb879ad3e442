import { hex } from '../bytes.js';
import type { Geometry } from '../qcow2/geometry.js';
import { SUBCLUSTERS } from '../qcow2/subclusters.js';
import { type Branch, type Children, fewChildren } from './branch.js';
import { exactSizeText } from '../numbers.js';

/** "8 of 32 allocated, 2 zero" */
export function subclusterText(zero: number, allocated: number): string {
  const zeros = bitCount(zero);
  return `${bitCount(allocated)} of ${SUBCLUSTERS} allocated${zeros === 0 ? '' : `, ${zeros} zero`}`;
}

/** What contradicts itself in the bitmaps of an entry (specification, "Extended L2 Entries"). */
export function subclusterTrouble(
  zero: number,
  allocated: number,
  hasOffset: boolean,
): string | undefined {
  if ((zero & allocated) !== 0)
    return `subclusters ${hex((zero & allocated) >>> 0)} are both allocated and zero`;
  return allocated !== 0 && !hasOffset ? 'subclusters are allocated, but no cluster is' : undefined;
}

/** Subclusters that are alike, in a line. */
export function subclusterRuns(geometry: Geometry, zero: number, allocated: number): Children {
  const bytes = geometry.clusterSize / SUBCLUSTERS;
  const stateOf = (subcluster: number): string =>
    STATES[((allocated >>> subcluster) & 1) | (((zero >>> subcluster) & 1) << 1)];
  const runs: Branch[] = [];
  for (let first = 0, last = 0; first < SUBCLUSTERS; first = last + 1) {
    for (last = first; last + 1 < SUBCLUSTERS && stateOf(last + 1) === stateOf(first); last++);
    const value = stateOf(first);
    runs.push({
      key: String(first),
      label: first === last ? `subcluster ${first}` : `subclusters ${first}–${last}`,
      value: `${value} · ${exactSizeText((last - first + 1) * bytes)}`,
      trouble: value === STATES[3] ? 'contradicts itself' : undefined,
    });
  }
  return fewChildren(runs);
}

const STATES = ['unallocated', 'allocated', 'reads as zero', 'allocated and zero'] as const;

function bitCount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
