import { MANY, referencesOf, storedOf } from '../map/cell.js';
import { type Chunk, CHUNK, type ClusterMap } from '../map/clusterMap.js';
import type { Finding } from './finding.js';
import type { References } from './references.js';
import type { StoredRefcounts } from './storedRefcounts.js';
import { hostCluster, hostOffset } from '../units.js';

/**
 * Stored refcounts against counted references, cluster by cluster (compare_refcounts). The
 * findings stay in the map: they are told anew when asked for, so a wholly leaked image costs nothing.
 */
export class Comparison {
  leaks = 0;
  corruptions = 0;
  /** Clusters whose refcount block cannot be read. */
  errors = 0;
  /** The highest cluster with a refcount or a reference; 0 if there is none. */
  highest = 0;

  readonly #map: ClusterMap;
  readonly #references: References;
  readonly #stored: StoredRefcounts;
  readonly #clusterSize: number;
  /** Differences in each chunk. */
  readonly #differences: Uint16Array;

  constructor(references: References, stored: StoredRefcounts, clusterSize: number) {
    this.#map = references.map;
    this.#references = references;
    this.#stored = stored;
    this.#clusterSize = clusterSize;
    this.#differences = new Uint16Array(this.#map.chunkCount);
  }

  get total(): number {
    return this.leaks + this.corruptions + this.errors;
  }

  /** Compares all clusters. Yields the part done, 0 … 1. */
  *run(): Generator<number> {
    for (let chunk = 0; chunk < this.#map.chunkCount; chunk++) {
      this.#compareChunk(chunk);
      if ((chunk & 1023) === 1023) yield chunk / this.#map.chunkCount;
    }
  }

  #end(chunk: number): number {
    return Math.min(CHUNK, this.#references.clusters - chunk * CHUNK);
  }

  #compareChunk(chunk: number): void {
    const cells = this.#map.chunk(chunk);
    const end = this.#end(chunk);
    const base = chunk * CHUNK;
    if (this.#stored.someUnreadable) {
      for (let i = 0; i < end; i++) this.#compare(base + i, chunk);
    } else if (typeof cells === 'number') {
      if (storedOf(cells) === MANY || referencesOf(cells) !== storedOf(cells))
        for (let i = 0; i < end; i++) this.#compare(base + i, chunk);
    } else {
      // Most cells are like the one before.
      let alike = 0;
      for (let i = 0; i < end; i++) {
        const cell = cells[i];
        if (cell === alike) continue;
        if (storedOf(cell) !== MANY && referencesOf(cell) === storedOf(cell)) alike = cell;
        else this.#compare(base + i, chunk);
      }
    }
    this.#findHighest(cells, base, end);
  }

  #findHighest(cells: Chunk, base: number, end: number): void {
    if (cells === 0) return;
    for (let i = end - 1; i >= 0; i--) {
      const cell = typeof cells === 'number' ? cells : cells[i];
      if ((cell & 0xffff) === 0 || this.#stored.unreadable(base + i)) continue;
      this.highest = base + i;
      return;
    }
  }

  #compare(cluster: number, chunk: number): void {
    const difference = this.#difference(cluster);
    if (difference === undefined) return;
    this.#differences[chunk]++;
    if (difference === 'unreadable') this.errors++;
    else if (difference === 'too low') this.corruptions++;
    else this.leaks++;
  }

  #difference(cluster: number): 'leak' | 'too low' | 'unreadable' | undefined {
    const cell = this.#map.cell(cluster);
    const references = referencesOf(cell);
    const stored = storedOf(cell);
    if (this.#stored.unreadable(cluster)) return 'unreadable';
    if (references !== MANY || stored !== MANY)
      return references === stored ? undefined : references > stored ? 'too low' : 'leak';
    const exactStored = this.#stored.exact(cluster) ?? 0n;
    const exactReferences = BigInt(this.#references.exact(cluster));
    if (exactStored === exactReferences) return undefined;
    return exactReferences > exactStored ? 'too low' : 'leak';
  }

  /** The finding of one cluster, if it has one. */
  finding(cluster: number): Finding | undefined {
    const difference = cluster < this.#references.clusters ? this.#difference(cluster) : undefined;
    if (difference === undefined) return undefined;
    const at = {
      offset: hostOffset(cluster * this.#clusterSize),
      cluster: hostCluster(cluster),
      owner: undefined,
    };
    if (difference === 'unreadable')
      return {
        ...at,
        severity: 'error',
        code: 'refcount-unreadable',
        message: `Can't get refcount for cluster ${cluster}: Input/output error`,
      };
    const counts = `cluster ${cluster} refcount=${this.#stored.exact(cluster) ?? 0n} reference=${this.#references.exact(cluster)}`;
    return difference === 'leak'
      ? { ...at, severity: 'leak', code: 'leak', message: `Leaked ${counts}` }
      : { ...at, severity: 'corruption', code: 'refcount-too-low', message: `ERROR ${counts}` };
  }

  /** The findings from the `from`th on, in cluster order. */
  *findings(from = 0): Generator<Finding> {
    let skip = from;
    for (let chunk = 0; chunk < this.#map.chunkCount; chunk++) {
      if (skip >= this.#differences[chunk]) {
        skip -= this.#differences[chunk];
        continue;
      }
      let left = this.#differences[chunk];
      for (let i = 0, end = this.#end(chunk); i < end && left > 0; i++) {
        const finding = this.finding(chunk * CHUNK + i);
        if (!finding) continue;
        left--;
        if (skip > 0) skip--;
        else yield finding;
      }
    }
  }
}
