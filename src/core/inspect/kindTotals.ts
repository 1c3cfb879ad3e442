import { claimedTwice, kindsOf } from '../map/cell.js';
import { CHUNK, type ClusterMap } from '../map/clusterMap.js';
import { KINDS, type KindName, perKind } from '../map/kinds.js';
import type { Work } from '../work.js';

/** Chunks of the map in one step. */
const AT_ONCE = 16;

export interface KindTotals {
  /** Clusters that hold each kind; a cluster with two kinds counts under both. */
  readonly clusters: Readonly<Record<KindName, number>>;
  readonly claimedTwice: number;
}

/** Counts the clusters of a map by what they hold. Yields after a while of work. */
export function* kindTotals(map: ClusterMap): Work<KindTotals> {
  const counts = new Array<number>(KINDS.length).fill(0);
  let unallocated = 0;
  let twice = 0;
  const tally = (cell: number, times: number) => {
    const kinds = kindsOf(cell);
    if (kinds === 0) unallocated += times;
    for (let rest = kinds; rest !== 0; rest &= rest - 1)
      counts[31 - Math.clz32(rest & -rest)] += times;
    if (claimedTwice(cell)) twice += times;
  };
  for (let index = 0; index < map.chunkCount; index++) {
    if (index % AT_ONCE === AT_ONCE - 1) yield;
    const chunk = map.chunk(index);
    const end = Math.min(CHUNK, map.clusters - index * CHUNK);
    if (typeof chunk === 'number') tally(chunk, end);
    else
      for (let i = 0; i < end;) {
        const first = i;
        while (i < end && chunk[i] === chunk[first]) i++;
        tally(chunk[first], i - first);
      }
  }
  const clusters: Record<KindName, number> = { ...perKind(0), unallocated };
  KINDS.forEach((kind, bit) => (clusters[kind] = counts[bit]));
  return { clusters, claimedTwice: twice };
}
