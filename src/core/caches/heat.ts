import type { Driver } from '../simulate/driver/driver.js';
import { l2Offset } from '../simulate/driver/state/memoryTable.js';
import type { StackDistances } from './stackDistances.js';

/** Look-ups of things by number: two columns, in the order of numbers. */
export interface Uses {
  readonly numbers: Float64Array;
  readonly uses: Float64Array;
}

/** What a workload looked up, and how often. */
export interface CacheHeat {
  /** Of the guest's disk, in parts of `spanClusters` clusters: look-ups of the L2 slice that maps them. */
  readonly guest: Uses;
  readonly spanClusters: number;
  /** Of host clusters that are L2 tables or refcount blocks. */
  readonly tables: Uses;
  /** Of overlap windows. */
  readonly windows: Uses;
}

/** Puts what was looked up where it lies, as the disk is after the workload. */
export function heatOf(
  { l1, sizes }: Driver,
  distances: Readonly<Record<'l2' | 'refcount' | 'windows', StackDistances>>,
): CacheHeat {
  const { clusterSize, sliceBytes, sliceEntries } = sizes;
  const perTable = clusterSize / sliceBytes;
  const slices = new Map(distances.l2.usesByTable());
  const guest: [number, number][] = [];
  for (let index = 0; index < l1.length; index++) {
    const table = l2Offset(l1, index);
    if (table === 0) continue;
    for (let part = 0; part < perTable; part++) {
      const uses = slices.get(table / sliceBytes + part);
      if (uses !== undefined) guest.push([index * perTable + part, uses]);
    }
  }
  const tables = new Map(distances.refcount.usesByTable());
  for (const [slice, uses] of slices) {
    const cluster = Math.floor(slice / perTable);
    tables.set(cluster, (tables.get(cluster) ?? 0) + uses);
  }
  return {
    guest: columns(guest),
    spanClusters: sliceEntries,
    tables: columns([...tables]),
    windows: columns([...distances.windows.usesByTable()]),
  };
}

function columns(pairs: (readonly [number: number, uses: number])[]): Uses {
  const used = pairs.filter(([, uses]) => uses > 0).sort(([a], [b]) => a - b);
  return {
    numbers: Float64Array.from(used, ([number]) => number),
    uses: Float64Array.from(used, ([, uses]) => uses),
  };
}
