import { kindsOf, MANY, referencesOf, storedOf } from '../core/layout/cell.js';
import { CHUNK } from '../core/layout/clusterMap.js';
import { type KindName, kindNames } from '../core/layout/kinds.js';
import type { Scan } from '../core/layout/scan.js';

/** Host clusters side by side that hold the same and are counted alike. */
export interface LayoutRun {
  /** Host offset in bytes. */
  readonly offset: number;
  readonly clusters: number;
  readonly types: readonly KindName[];
  /** Stored; a decimal string when it has more than 53 bits; undefined when it cannot be read. */
  readonly refcount: number | string | undefined;
  /** Counted. */
  readonly references: number;
}

/** The whole file as runs, up to its end. */
export function* layoutRuns(scanned: Scan): Generator<LayoutRun> {
  const { map, references, stored, image } = scanned;
  const refcountOf = (cluster: number, cell: number): LayoutRun['refcount'] => {
    if (storedOf(cell) < 255 && !stored.someUnreadable) return storedOf(cell);
    const exact = stored.exact(cluster);
    if (exact === undefined) return undefined;
    return exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : exact.toString();
  };
  const runAt = (cluster: number, cell: number): LayoutRun => ({
    offset: cluster * image.layout.clusterSize,
    clusters: 1,
    types: kindNames(kindsOf(cell)),
    refcount: refcountOf(cluster, cell),
    references: referencesOf(cell) < 255 ? referencesOf(cell) : references.exact(cluster),
  });
  let first = 0;
  let firstCell = map.clusters > 0 ? map.cell(0) : 0;
  let run = runAt(0, firstCell);
  /** Cells alike say all, but for counts that did not fit and refcounts that cannot be read. */
  const saysAll = (cell: number): boolean =>
    referencesOf(cell) < MANY && storedOf(cell) < MANY && !stored.someUnreadable;
  const ends = (cluster: number, cell: number): boolean => {
    if (cell !== firstCell) return true;
    if (saysAll(cell)) return false;
    const here = runAt(cluster, cell);
    return here.refcount !== run.refcount || here.references !== run.references;
  };
  for (let index = 0; index < map.chunkCount; index++) {
    const chunk = map.chunk(index);
    const end = Math.min(CHUNK, map.clusters - index * CHUNK);
    // A chunk of one value that continues the run has nothing to look at inside.
    if (chunk === firstCell && saysAll(firstCell)) continue;
    for (let i = 0; i < end; i++) {
      const cluster = index * CHUNK + i;
      const cell = typeof chunk === 'number' ? chunk : chunk[i];
      if (!ends(cluster, cell)) continue;
      yield { ...run, clusters: cluster - first };
      first = cluster;
      firstCell = cell;
      run = runAt(cluster, cell);
    }
  }
  if (map.clusters > 0) yield { ...run, clusters: map.clusters - first };
}
