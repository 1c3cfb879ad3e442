import type { ClustersByKind } from '../../inspect/kindTotals.js';
import type { KindName } from '../../map/kinds.js';
import type { Scan } from '../scan.js';

/** Less is not worth a word: bytes, and the part of the disk. */
const LEAST = 2 ** 20;
const LEAST_PART = 1 / 20;

const CONTENTS: readonly KindName[] = ['data', 'compressed', 'vm-state'];
const BITMAPS: readonly KindName[] = ['bitmap-directory', 'bitmap-table', 'bitmap-data'];

/** Bytes of a file that is larger than its disk, which the disk itself does not need. */
export interface Excess {
  readonly bytes: number;
  /** Data of snapshots alone, but for compressed ones, and VM state. */
  readonly snapshots: number;
  readonly bitmaps: number;
  /** The rest of the metadata. */
  readonly tables: number;
  readonly leaks: number;
  readonly free: number;
}

/**
 * What makes a file larger than the disk it holds; undefined for one that is not, or hardly. Exact
 * where no cluster has two owners that contradict each other.
 *
 * @param leaks clusters that nothing refers to, and which are not free
 */
export function excessOf(
  { image, map, statistics }: Scan,
  clusters: ClustersByKind,
  leaks: number,
): Excess | undefined {
  const { clusterSize, virtualSize } = image.geometry;
  const disk = Number(virtualSize);
  const bytes = image.source.size - disk;
  if (bytes < Math.max(LEAST, disk * LEAST_PART)) return undefined;
  const of = (kinds: readonly KindName[]): number =>
    kinds.reduce((sum, kind) => sum + clusters[kind], 0);
  // The active disk has one entry for each of its clusters.
  const active = statistics.allocated - statistics.compressed;
  const bitmaps = of(BITMAPS);
  const tables = map.clusters - of(CONTENTS) - bitmaps - clusters.unallocated;
  return {
    bytes,
    snapshots: Math.max(0, clusters.data - active + clusters['vm-state']) * clusterSize,
    bitmaps: bitmaps * clusterSize,
    tables: tables * clusterSize,
    leaks: leaks * clusterSize,
    free: (clusters.unallocated - leaks) * clusterSize,
  };
}
