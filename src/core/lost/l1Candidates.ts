import { type ByteSource, readBytes } from '../byteSource.js';
import { plural, shareText } from '../numbers.js';
import { MAX_L1_BYTES } from '../qcow2/limits.js';
import type { Snapshot } from '../qcow2/snapshotTable.js';
import type { Work } from '../work.js';
import type { RefcountGuess } from './refcountGuess.js';
import { type TableCluster, targetsOf } from './tableClusters.js';

/** Clusters side by side that may be an L1 table. */
export interface L1Candidate {
  readonly cluster: number;
  /** Entries up to the last that says something. */
  readonly length: number;
  readonly entries: number;
  /** Clusters of the L2 tables that it names. */
  readonly tables: readonly number[];
  /** The one that is last on the disk. */
  readonly lastTable: number;
  readonly score: number;
  readonly reasons: readonly string[];
  /** Names of the snapshots that have it. */
  readonly snapshots: readonly string[];
}

/** Targets that are no tables are looked at: a table of zeros is one, too. So many of each candidate. */
const MAX_LOOKED = 256;
/** Bytes of zeros within a table: a hole of the disk, which in small clusters takes many of them. */
const MAX_GAP = 2 ** 20;
/** Of its entries so many must refer to tables. */
const ENOUGH = 0.5;

/**
 * The L1 tables among tables: what they refer to are tables again. The likeliest first. Throws on I/O
 * errors.
 *
 * @param named snapshots by the first cluster of their L1 table
 */
export function* l1Candidates(
  source: ByteSource,
  tables: ReadonlyMap<number, TableCluster>,
  clusterBits: number,
  refcounts: RefcountGuess | undefined,
  named: ReadonlyMap<number, readonly Snapshot[]>,
): Work<L1Candidate[]> {
  const uppers = new Set<number>();
  for (const table of tables.values()) {
    if (isUpper(source, table, tables, clusterBits)) uppers.add(table.cluster);
    yield;
  }
  const refcountTable = refcounts?.cluster;
  const perCluster = 2 ** clusterBits / 8;
  const known = [...named.values()].flat().map(({ l1Size }) => Math.ceil(l1Size / perCluster));
  // Of the snapshots' own length: neighbours are not taken for one.
  const most = known.length > 0 ? Math.max(...known) : MAX_L1_BYTES / 8 / perCluster;
  const found: L1Candidate[] = [];
  /** Where a table goes on behind a part of the disk that has nothing. */
  const joined = new Set<number>();
  const behindZeros = (end: number, limit: number): number | undefined => {
    const size = 2 ** clusterBits;
    const last = Math.min(limit, end + MAX_GAP / size);
    for (let cluster = end; cluster < last; cluster++) {
      if (uppers.has(cluster)) return cluster;
      if (readBytes(source, cluster * size, size).some((byte) => byte !== 0)) return undefined;
    }
    return undefined;
  };
  for (const cluster of [...uppers].sort((a, b) => a - b)) {
    if (cluster === refcountTable) continue;
    const isStart = named.has(cluster) || !uppers.has(cluster - 1) || most === 1;
    if (!isStart && !found.some((l1) => l1.cluster + most === cluster)) continue;
    const runFrom = (first: number): number => {
      let end = first + 1;
      while (end - cluster < most && uppers.has(end) && !named.has(end)) end++;
      return end;
    };
    let end = runFrom(cluster);
    // An older table names the L2 tables of its successor: what names one again is not the same.
    const tablesOf = (from: number, to: number): number[] =>
      targetsOf(source, from, to - from, clusterBits).map((target) => target.cluster);
    const ofL1 = new Set<number>();
    let next = joined.has(cluster) ? undefined : behindZeros(end, cluster + most);
    if (next !== undefined) for (const table of tablesOf(cluster, end)) ofL1.add(table);
    while (next !== undefined && !named.has(next)) {
      const more = tablesOf(next, runFrom(next));
      if (more.some((table) => ofL1.has(table))) break;
      for (const table of more) ofL1.add(table);
      joined.add(next);
      end = runFrom(next);
      next = behindZeros(end, cluster + most);
      yield;
    }
    found.push(candidate(source, cluster, end - cluster, tables, clusterBits, refcounts, named));
    yield;
  }
  return found.sort((a, b) => b.score - a.score || b.entries - a.entries);
}

/** Whether a table refers to tables. */
function isUpper(
  source: ByteSource,
  table: TableCluster,
  tables: ReadonlyMap<number, TableCluster>,
  clusterBits: number,
): boolean {
  if (table.isPaired || table.compressed > 0 || table.zeroFlags > 0) return false;
  const targets = targetsOf(source, table.cluster, 1, clusterBits);
  const others = targets.filter(({ cluster }) => !tables.has(cluster));
  if (targets.length === others.length) return false;
  const size = 2 ** clusterBits;
  const wrong = others
    .slice(0, MAX_LOOKED)
    .filter(({ cluster }) => readBytes(source, cluster * size, size).some((byte) => byte !== 0));
  return wrong.length <= (1 - ENOUGH) * targets.length;
}

function candidate(
  source: ByteSource,
  cluster: number,
  clusters: number,
  tables: ReadonlyMap<number, TableCluster>,
  clusterBits: number,
  refcounts: RefcountGuess | undefined,
  named: ReadonlyMap<number, readonly Snapshot[]>,
): L1Candidate {
  const targets = targetsOf(source, cluster, clusters, clusterBits);
  const entries = targets.length;
  const sound = targets.filter((target) => tables.has(target.cluster));
  const snapshots = named.get(cluster) ?? [];
  const reasons = [
    `${plural(entries, 'entry', 'entries')}, ${sound.length} of them of L2 tables`,
    ...snapshots.map(({ name }) => `snapshot '${name}' has it`),
  ];
  let score = sound.length / entries;
  if (refcounts) {
    const counted = [cluster, ...targets.map((target) => target.cluster)];
    const fit = counted.filter((each) => refcounts.count(each) > 0).length;
    const flags = targets.filter(
      (target) => target.isCopied === (refcounts.count(target.cluster) === 1),
    ).length;
    const own = refcounts.count(cluster);
    // COPIED counts in the active table alone.
    const flagged = snapshots.length > 0 ? 1 : flags / entries;
    score = 0.5 * score + 0.25 * (fit / counted.length) + 0.25 * flagged;
    if (own === 0) score /= 2;
    reasons.push(
      `its refcount is ${own}`,
      `${shareText(fit, counted.length)} of its clusters have a refcount`,
      ...(snapshots.length > 0 ? [] : [`COPIED is right in ${flags} of ${entries}`]),
    );
  }
  return {
    cluster,
    length: (targets.at(-1)?.index ?? 0) + 1,
    entries,
    tables: sound.map((target) => target.cluster),
    lastTable: targets.at(-1)?.cluster ?? 0,
    score,
    reasons,
    snapshots: snapshots.map(({ name }) => name),
  };
}
