import { kindsOf, referencesOf } from '../layout/cell.js';
import type { ClusterMap } from '../layout/clusterMap.js';
import { BIT } from '../layout/kinds.js';
import type { Step, WriteStep } from './outcome.js';

/** A write that was done where something else lies. */
export interface Harm {
  readonly step: WriteStep;
  /** The host cluster, and the kinds (see layout/kinds.ts) that the map has for it. */
  readonly cluster: number;
  readonly kinds: number;
}

/**
 * What the writes of one operation on an untouched image destroy, by the map of that image: the
 * guarded tables, and what no check guards as well, such as another guest cluster, bitmap data or
 * the LUKS header. A cluster may be written when nothing refers to it, or only what is written.
 */
export function* harmsOf(
  steps: readonly Step[],
  map: ClusterMap,
  clusterSize: number,
): Generator<Harm> {
  const fresh = new Set<number>();
  const released = new Set<number>();
  for (const step of steps) {
    if (step.type === 'allocate' || step.type === 'free') {
      const first = step.offset / clusterSize;
      const into = step.type === 'allocate' ? fresh : released;
      for (let cluster = first; cluster < first + step.clusters; cluster++) into.add(cluster);
      continue;
    }
    if (step.type !== 'write' || step.conflict !== undefined) continue;
    if (step.what === 'external data' || step.size === 0) continue;
    const first = Math.floor(step.offset / clusterSize);
    const last = Math.floor((step.offset + step.size - 1) / clusterSize);
    for (let cluster = first; cluster <= last && cluster < map.clusters; cluster++) {
      const cell = map.cell(cluster);
      const kinds = kindsOf(cell);
      // What is new, or given up by this very operation, has one owner less than others may see.
      const own = step.what === 'hole' ? released.has(cluster) : !fresh.has(cluster);
      const others = referencesOf(cell) - +(own || released.has(cluster));
      if (others > 0 && !(step.what === 'compressed data' && kinds === BIT.compressed))
        yield { step, cluster, kinds };
    }
  }
}
