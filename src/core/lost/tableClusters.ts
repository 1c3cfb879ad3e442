import { type ByteSource, readBytes } from '../byteSource.js';
import { viewOf } from '../bytes.js';
import { maskedOffset } from '../qcow2/entryTable.js';
import type { Work } from '../work.js';
import type { TableRun } from './tableSectors.js';

/** How clusters and L2 entries of an image are taken to be. */
export interface Layout {
  readonly clusterBits: number;
  readonly extendedL2: boolean;
}

/** A cluster that is full of sound entries, and zeros. */
export interface TableCluster {
  readonly cluster: number;
  /** Entries with a cluster of the file. */
  readonly located: number;
  /** Of them: with COPIED. */
  readonly copied: number;
  /** Compressed ones, and such as read as zeros: none of an L1 table is. */
  readonly compressed: number;
  readonly zeroFlags: number;
  /** Entries have a bitmap behind each. */
  readonly isPaired: boolean;
  /** The last entry that says something, and 1. */
  readonly length: number;
}

/** Tables that are kept: a full disk of 64 TiB in clusters of 64 KiB has half as many. */
const MAX_TABLES = 2 ** 18;
const AT_ONCE = 64;

/** The tables in runs of sectors that look like some, by cluster. Throws on I/O errors. */
export function* tableClusters(
  source: ByteSource,
  runs: readonly TableRun[],
  { clusterBits, extendedL2 }: Layout,
): Work<ReadonlyMap<number, TableCluster>> {
  const size = 2 ** clusterBits;
  const tables = new Map<number, TableCluster>();
  let read = 0;
  for (const { start, end } of runs) {
    // The last cluster of a file may be cut short.
    const stop = end >= source.size ? Math.ceil(end / size) : Math.floor(end / size);
    for (let cluster = Math.max(1, Math.ceil(start / size)); cluster < stop; cluster++) {
      const table = tableAt(source, cluster, clusterBits, extendedL2);
      if (table) tables.set(cluster, table);
      if (tables.size >= MAX_TABLES) return tables;
      if (++read % AT_ONCE === 0) yield;
    }
  }
  return tables;
}

/** The table in a cluster; undefined if it is none. */
function tableAt(
  source: ByteSource,
  cluster: number,
  clusterBits: number,
  extendedL2: boolean,
): TableCluster | undefined {
  const view = viewOf(readBytes(source, cluster * 2 ** clusterBits, 2 ** clusterBits));
  return (
    tableIn(view, source.size, cluster, clusterBits, false) ??
    (extendedL2 ? tableIn(view, source.size, cluster, clusterBits, true) : undefined)
  );
}

function tableIn(
  view: DataView,
  fileSize: number,
  cluster: number,
  clusterBits: number,
  isPaired: boolean,
): TableCluster | undefined {
  const entryBytes = isPaired ? 16 : 8;
  const found = { located: 0, copied: 0, compressed: 0, zeroFlags: 0, length: 0 };
  let same = 0;
  let last = -1;
  for (let at = 0, index = 0; at < view.byteLength; at += entryBytes, index++) {
    const [high, low] = [view.getUint32(at), view.getUint32(at + 4)];
    if (high === 0 && low === 0) continue;
    found.length = index + 1;
    if ((high & 0x40000000) !== 0) {
      found.compressed++;
      continue;
    }
    if ((low & 1) !== 0) found.zeroFlags++;
    const offset = maskedOffset(high, low);
    if (offset === 0) continue;
    if (offset % 2 ** clusterBits !== 0 || offset >= fileSize) return undefined;
    found.located++;
    if ((high & 0x80000000) !== 0) found.copied++;
    if (offset === last) same++;
    last = offset;
  }
  // Refcounts that look like entries are all alike.
  if (found.located === 0 || same > found.located / 2) return undefined;
  return { cluster, isPaired, ...found };
}

/** The clusters that the entries of tables side by side refer to. Throws on I/O errors. */
export function targetsOf(
  source: ByteSource,
  cluster: number,
  clusters: number,
  clusterBits: number,
): { readonly index: number; readonly cluster: number; readonly isCopied: boolean }[] {
  const size = 2 ** clusterBits;
  const view = viewOf(readBytes(source, cluster * size, clusters * size));
  const targets: { index: number; cluster: number; isCopied: boolean }[] = [];
  for (let at = 0; at < view.byteLength; at += 8) {
    const [high, low] = [view.getUint32(at), view.getUint32(at + 4)];
    const offset = maskedOffset(high, low);
    if (offset === 0 || (high & 0x40000000) !== 0) continue;
    targets.push({
      index: at / 8,
      cluster: Math.floor(offset / size),
      isCopied: (high & 0x80000000) !== 0,
    });
  }
  return targets;
}
