import { claimedTwice, kindsOf } from '../map/cell.js';
import { CHUNK, type ClusterMap } from '../map/clusterMap.js';
import { KINDS, type KindName, perKind } from '../map/kinds.js';

/** Clusters that hold each kind; a cluster with two kinds counts under both. */
export type ClustersByKind = Readonly<Record<KindName, number>>;

/** Counts cells by what they hold. */
export class KindTally {
  claimedTwice = 0;
  readonly #counts = new Array<number>(KINDS.length).fill(0);
  #unallocated = 0;

  add(cell: number, times: number): void {
    const kinds = kindsOf(cell);
    if (kinds === 0) this.#unallocated += times;
    for (let rest = kinds; rest !== 0; rest &= rest - 1)
      this.#counts[31 - Math.clz32(rest & -rest)] += times;
    if (claimedTwice(cell)) this.claimedTwice += times;
  }

  get clusters(): ClustersByKind {
    const clusters: Record<KindName, number> = { ...perKind(0), unallocated: this.#unallocated };
    KINDS.forEach((kind, bit) => (clusters[kind] = this.#counts[bit]));
    return clusters;
  }
}

/** All cells of a map. */
export function tallyKinds(map: ClusterMap): KindTally {
  const tally = new KindTally();
  for (let index = 0; index < map.chunkCount; index++) {
    const chunk = map.chunk(index);
    const end = Math.min(CHUNK, map.clusters - index * CHUNK);
    if (typeof chunk === 'number') tally.add(chunk, end);
    else
      for (let i = 0; i < end;) {
        const first = i;
        while (i < end && chunk[i] === chunk[first]) i++;
        tally.add(chunk[first], i - first);
      }
  }
  return tally;
}
