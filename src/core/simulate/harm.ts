import { kindsOf, referencesOf } from '../layout/cell.js';
import type { ClusterMap } from '../layout/clusterMap.js';
import { BIT } from '../layout/kinds.js';
import type { Step, Written, WriteStep } from './outcome.js';

/** A write that was done where something else lies. */
export interface Harm {
  readonly step: WriteStep;
  readonly cluster: number;
  /** The kinds (see layout/kinds.ts) of what lies there; its own only if another of that kind does. */
  readonly kinds: number;
}

/** The kind of what a write puts into the file. */
const OWN: Readonly<Record<Written, number>> = {
  'guest data': BIT.data,
  'compressed data': BIT.compressed,
  'zeroed area': BIT.data,
  'copy on write': BIT.data,
  hole: BIT.data,
  header: BIT.mainHeader,
  'header field': BIT.mainHeader,
  'L1 entry': BIT.activeL1,
  'L1 table': BIT.activeL1,
  'L2 slice': BIT.activeL2,
  'L2 table': BIT.activeL2,
  'refcount block': BIT.refcountBlock,
  'refcount table entry': BIT.refcountTable,
  'refcount table': BIT.refcountTable,
  'snapshot table': BIT.snapshotTable,
  'snapshot L1 table': BIT.inactiveL1,
  'bitmap directory': BIT.bitmapDirectory,
  'bitmap table': BIT.bitmapTable,
  'bitmap data': BIT.bitmapData,
  'external data': 0,
};

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
        yield { step, cluster, kinds: kinds & ~OWN[step.what] || kinds };
    }
  }
}
