import { MANY, storedOf } from '../map/cell.js';
import { CHUNK, ClusterMap } from '../map/clusterMap.js';
import { Budget } from '../map/budget.js';
import { StoredRefcounts } from '../check/storedRefcounts.js';
import type { MappableImage } from '../qcow2/image.js';

/** Clusters side by side. */
export interface ClusterRun {
  /** Host offset in bytes. */
  readonly offset: number;
  readonly clusters: number;
}

/** What has become of the clusters of a file, by their stored refcounts. */
export interface HostDifference {
  readonly appeared: readonly ClusterRun[];
  readonly vanished: readonly ClusterRun[];
  /** In use before and after, by more or by fewer. */
  readonly changed: readonly ClusterRun[];
}

/** Bytes that the refcounts of one image may take. */
const BUDGET = 2 ** 28;

/**
 * Compares the refcounts of two images with clusters of one size. Yields the part done. Throws on
 * I/O errors, and BudgetError.
 */
export function* hostDifference(
  a: MappableImage,
  b: MappableImage,
): Generator<number, HostDifference, void> {
  const before = new Refcounts(a);
  const after = new Refcounts(b);
  yield* before.load();
  yield* after.load();
  const { clusterSize } = a.geometry;
  const appeared = new Runs(clusterSize);
  const vanished = new Runs(clusterSize);
  const changed = new Runs(clusterSize);
  const clusters = Math.max(before.map.clusters, after.map.clusters);
  for (let start = 0; start < clusters; start += CHUNK) {
    if (before.isUniform(start) && before.uniform(start) === after.uniform(start)) continue;
    for (let cluster = start; cluster < Math.min(clusters, start + CHUNK); cluster++) {
      const old = before.at(cluster);
      const now = after.at(cluster);
      if (old === now) continue;
      (old === 0n ? appeared : now === 0n ? vanished : changed).add(cluster);
    }
  }
  return { appeared: appeared.list, vanished: vanished.list, changed: changed.list };
}

/** The stored refcounts of an image. */
class Refcounts {
  readonly map: ClusterMap;
  readonly #stored: StoredRefcounts;

  constructor(image: MappableImage) {
    this.map = new ClusterMap(image.geometry.hostClusters, new Budget(BUDGET));
    this.#stored = new StoredRefcounts(image, image.geometry);
  }

  load(): Generator<number, void> {
    return this.#stored.load(this.map);
  }

  /** Whether the chunk that begins with a cluster tells all by one small value. */
  isUniform(cluster: number): boolean {
    const cell = this.uniform(cluster);
    return cell >= 0 && storedOf(cell) !== MANY;
  }

  uniform(cluster: number): number {
    const index = cluster / CHUNK;
    // The last chunk may be one of a file that ends in it.
    return cluster + CHUNK <= this.map.clusters ? this.map.uniform(index) : -1;
  }

  at(cluster: number): bigint {
    if (cluster >= this.map.clusters) return 0n;
    const stored = storedOf(this.map.cell(cluster));
    return stored === MANY ? (this.#stored.exact(cluster) ?? 0n) : BigInt(stored);
  }
}

/** Runs while they are found. */
class Runs {
  readonly list: { offset: number; clusters: number }[] = [];
  readonly #clusterSize: number;

  constructor(clusterSize: number) {
    this.#clusterSize = clusterSize;
  }

  add(cluster: number): void {
    const offset = cluster * this.#clusterSize;
    const last = this.list.at(-1);
    if (last && last.offset + last.clusters * this.#clusterSize === offset) last.clusters++;
    else this.list.push({ offset, clusters: 1 });
  }
}
