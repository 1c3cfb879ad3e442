import { type ByteSource, readBytes } from '../byteSource.js';
import { refcountReader } from '../qcow2/refcountEntry.js';
import { type TableCluster, targetsOf } from './tableClusters.js';

/** Where refcounts may be, and how well they fit what is in use. */
export interface RefcountGuess {
  /** The first cluster of the refcount table, and how many it has. */
  readonly cluster: number;
  readonly clusters: number;
  readonly bits: number;
  /** Of clusters that are known to be in use: the part that has a refcount, 0 … 1. */
  readonly agreement: number;
  /** How many were asked. */
  readonly asked: number;
  /** The refcount of a cluster, 0 where no block counts it. */
  count(cluster: number): number;
}

/** More references to one cluster than this are none that anybody makes. */
const MOST = 1000;
/** Part of the clusters in use that must have a refcount. */
const ENOUGH = 0.5;
const ORDERS = [4, 0, 1, 2, 3, 5, 6] as const;
/** The table is 8 MiB at most. */
const MAX_BYTES = 2 ** 23;
const KEPT_BLOCKS = 64;

/**
 * The refcount table that says of clusters in use that they are; undefined when there is none. Throws on
 * I/O errors.
 */
export function guessRefcounts(
  source: ByteSource,
  tables: ReadonlyMap<number, TableCluster>,
  clusterBits: number,
  used: readonly number[],
): RefcountGuess | undefined {
  let best: RefcountGuess | undefined;
  for (const { cluster } of tables.values()) {
    if (!isRefcountTable(tables.get(cluster)) || isRefcountTable(tables.get(cluster - 1))) continue;
    let clusters = 1;
    const most = Math.max(1, MAX_BYTES / 2 ** clusterBits);
    while (clusters < most && isRefcountTable(tables.get(cluster + clusters))) clusters++;
    for (const order of ORDERS) {
      const guess = guessAt(source, cluster, clusters, clusterBits, 2 ** order, used);
      if (guess && (!best || guess.agreement > best.agreement)) best = guess;
    }
  }
  return best;
}

/** A refcount table has no flags in it. */
const isRefcountTable = (table: TableCluster | undefined): boolean =>
  table?.copied === 0 && table.compressed === 0 && table.zeroFlags === 0 && !table.isPaired;

function guessAt(
  source: ByteSource,
  cluster: number,
  clusters: number,
  clusterBits: number,
  bits: number,
  used: readonly number[],
): RefcountGuess | undefined {
  const blocks = new Map(
    targetsOf(source, cluster, clusters, clusterBits).map((target) => [
      target.index,
      target.cluster,
    ]),
  );
  const count = counter(source, blocks, clusterBits, bits);
  const isUsed = (other: number): boolean => {
    const stored = count(other);
    return stored >= 1 && stored <= MOST;
  };
  // It counts itself and its blocks.
  if (!isUsed(cluster) || ![...blocks.values()].slice(0, KEPT_BLOCKS).every(isUsed))
    return undefined;
  const agreement = used.filter(isUsed).length / Math.max(1, used.length);
  if (agreement < ENOUGH) return undefined;
  return { cluster, clusters, bits, agreement, asked: used.length, count };
}

function counter(
  source: ByteSource,
  blocks: ReadonlyMap<number, number>,
  clusterBits: number,
  bits: number,
): (cluster: number) => number {
  const size = 2 ** clusterBits;
  const perBlock = (size * 8) / bits;
  const known = new Map<number, (index: number) => number | bigint>();
  return (cluster) => {
    const block = blocks.get(Math.floor(cluster / perBlock));
    if (block === undefined) return 0;
    let reader = known.get(block);
    if (!reader) {
      if (known.size >= KEPT_BLOCKS) known.clear();
      reader = refcountReader(readBytes(source, block * size, size), bits);
      known.set(block, reader);
    }
    return Number(reader(cluster % perBlock));
  };
}
