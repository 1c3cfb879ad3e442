import type { Step } from './outcome.js';
import { destroys } from './verdict.js';

/** What an operation did to host clusters, the least important first. */
export const TOUCHES = ['written', 'allocated', 'freed', 'stopped', 'destroyed'] as const;

export type Touch = (typeof TOUCHES)[number];

/** Adjacent host clusters that a step touched. */
export interface ClusterMark {
  /** Number of the step, from 1: what stands on the map. */
  readonly number: number;
  readonly cluster: number;
  readonly clusters: number;
  readonly touch: Touch;
}

/** Marks on a map: more than can be told apart. */
const MOST_MARKS = 500;

/**
 * Marks for the map. Where several steps touch the same clusters, the one that matters most has the
 * mark; `leftOut` counts places beyond the first few hundred.
 */
export function clusterMarks(
  steps: readonly Step[],
  clusterSize: number,
): { readonly marks: readonly ClusterMark[]; readonly leftOut: number } {
  const byPlace = new Map<string, ClusterMark>();
  for (const [index, step] of steps.entries()) {
    const mark = markOf(step, index + 1, clusterSize);
    if (!mark) continue;
    const place = `${mark.cluster} ${mark.clusters}`;
    const before = byPlace.get(place);
    if (!before || rank(mark.touch) > rank(before.touch)) byPlace.set(place, mark);
  }
  const all = [...byPlace.values()];
  const most = all.sort((a, b) => rank(b.touch) - rank(a.touch) || a.number - b.number);
  return { marks: most.slice(0, MOST_MARKS), leftOut: Math.max(0, all.length - MOST_MARKS) };
}

const rank = (touch: Touch): number => TOUCHES.indexOf(touch);

function markOf(step: Step, number: number, clusterSize: number): ClusterMark | undefined {
  switch (step.type) {
    case 'write': {
      if (step.what === 'external data' || step.size === 0) return undefined;
      const cluster = Math.floor(step.offset / clusterSize);
      const clusters = Math.ceil((step.offset + step.size) / clusterSize) - cluster;
      const touch =
        step.conflict !== undefined ? 'stopped' : destroys(step) ? 'destroyed' : 'written';
      return { number, cluster, clusters, touch };
    }
    case 'allocate':
    case 'free': {
      const cluster = Math.floor(step.offset / clusterSize);
      const touch = step.type === 'free' ? 'freed' : 'allocated';
      return { number, cluster, clusters: step.clusters, touch };
    }
    default:
      return undefined;
  }
}
