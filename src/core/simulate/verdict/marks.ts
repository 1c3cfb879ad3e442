import type { Step } from '../copy/outcome.js';
import { GUEST_DATA } from '../../map/kinds.js';
import { hostCluster, type HostCluster } from '../../units.js';

/** What an operation did to host clusters, the least important first. */
export const TOUCHES = [
  'written',
  'allocated',
  'freed',
  'stopped',
  'overwritten',
  'destroyed',
] as const;

export type Touch = (typeof TOUCHES)[number];

/** Adjacent host clusters that a step touched. */
export interface ClusterMark {
  /** Number of the step, from 1: what stands on the map. */
  readonly number: number;
  readonly cluster: HostCluster;
  readonly clusters: number;
  readonly touch: Touch;
  /** What is said of it, instead of its step. */
  readonly text?: string | undefined;
}

/** Marks on a map: more than can be told apart. */
const MAX_MARKS = 500;

/**
 * Marks for the map. Where several steps touch the same clusters, the one that matters most has the
 * mark; `leftOut` counts places beyond the first few hundred.
 */
export function clusterMarks(
  steps: readonly Step[],
  clusterSize: number,
): { readonly marks: readonly ClusterMark[]; readonly leftOut: number } {
  const byPlace = new Map<string, ClusterMark>();
  for (const [index, step] of steps.entries())
    for (const mark of marksOf(step, index + 1, clusterSize)) {
      const place = `${mark.cluster} ${mark.clusters}`;
      const before = byPlace.get(place);
      if (!before || rank(mark.touch) > rank(before.touch)) byPlace.set(place, mark);
    }
  const all = [...byPlace.values()];
  const most = all.sort((a, b) => rank(b.touch) - rank(a.touch) || a.number - b.number);
  return { marks: most.slice(0, MAX_MARKS), leftOut: Math.max(0, all.length - MAX_MARKS) };
}

const rank = (touch: Touch): number => TOUCHES.indexOf(touch);

/** Where a write overwrote something, that place has a mark of its own. */
function* marksOf(step: Step, number: number, clusterSize: number): Generator<ClusterMark> {
  const mark = (offset: number, size: number, touch: Touch): ClusterMark => {
    const cluster = hostCluster(Math.floor(offset / clusterSize));
    return { number, cluster, clusters: Math.ceil((offset + size) / clusterSize) - cluster, touch };
  };
  switch (step.type) {
    case 'write': {
      const { what, offset, size, conflict, losses } = step;
      if (what === 'external data' || size === 0) return;
      yield mark(offset, size, conflict === undefined ? 'written' : 'stopped');
      for (const loss of losses) {
        const isData = (loss.kinds & ~GUEST_DATA) === 0;
        yield mark(loss.offset, loss.size, isData ? 'overwritten' : 'destroyed');
      }
      break;
    }
    case 'allocate':
    case 'free': {
      const size = step.clusters * clusterSize - (step.offset % clusterSize);
      yield mark(step.offset, size, step.type === 'free' ? 'freed' : 'allocated');
      break;
    }
    default:
  }
}
