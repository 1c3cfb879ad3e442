import { MANY, kindsOf, referencesOf, storedOf } from '../map/cell.js';
import { CHUNK, type Chunk } from '../map/clusterMap.js';
import { ANY_L2, BIT, GUEST_DATA, KINDS } from '../map/kinds.js';
import type { Scan } from '../check/scan.js';
import { ACTIVE, IMAGE, type Ownership } from '../inspect/ownership.js';
import { PARTS } from './parts.js';

/** Chunks that are looked at in one go. */
const AT_ONCE = 1024;

const partNumber = (name: (typeof PARTS)[number]): number => PARTS.indexOf(name);
const ACTIVE_DATA = partNumber('data');
const SHARED_DATA = partNumber('shared-data');
const SNAPSHOT_DATA = partNumber('snapshot-data');
const LEAKED = partNumber('leaked');
const FREE = partNumber('free');
const TAIL = partNumber('tail');

/** By kind: the part that its clusters are counted in; data depend on who needs them. */
const PART_OF_KIND = KINDS.map((kind) => (kind === 'data' ? -1 : partNumber(kind)));

/** The whole map counted once: each cluster in the part that it belongs to, and by who needs it. */
export class CellTotals {
  /** Clusters of each part, in the order of PARTS. */
  readonly clusters = new Float64Array(PARTS.length);
  /** By set of owners: clusters whose refcount is what refers to them, so that they go with their owners. */
  readonly goingWith: Float64Array;
  /** The part of the file's last cluster, which may reach past the file. */
  last = 0;
  readonly #scan: Scan;
  readonly #ownership: Ownership;
  /** The cluster behind the last one with a refcount or a reference. */
  readonly #end: number;

  constructor(scan: Scan, ownership: Ownership) {
    this.#scan = scan;
    this.#ownership = ownership;
    this.goingWith = new Float64Array(ownership.sets.size);
    this.#end = scan.comparison.highest + 1;
  }

  /** Counts. Yields the part done. */
  *count(): Generator<number, void> {
    const { map } = this.#scan;
    const { owners } = this.#ownership;
    for (let index = 0; index < map.chunkCount; index++) {
      if (index % AT_ONCE === 0) yield index / map.chunkCount;
      const start = index * CHUNK;
      const end = Math.min(map.clusters, start + CHUNK);
      this.#countChunk(map.chunk(index), owners.chunk(index), start, end);
    }
  }

  #countChunk(cells: Chunk, sets: Chunk, start: number, end: number): void {
    const straddles = start < this.#end && this.#end < end;
    if (typeof cells === 'number' && typeof sets === 'number' && !straddles) {
      if (storedOf(cells) !== MANY) {
        this.#add(cells, sets, start, end - start);
        return;
      }
    }
    for (let cluster = start; cluster < end; cluster++) {
      const cell = typeof cells === 'number' ? cells : cells[cluster - start];
      const set = typeof sets === 'number' ? sets : sets[cluster - start];
      this.#add(cell, set, cluster, 1);
    }
  }

  /** Counts clusters from one on that are alike. */
  #add(cell: number, set: number, cluster: number, clusters: number): void {
    this.last = this.#partOf(cell, set, cluster);
    this.clusters[this.last] += clusters;
    if (set === IMAGE || !this.#isExact(cell, cluster)) return;
    this.goingWith[set] += clusters;
  }

  #isExact(cell: number, cluster: number): boolean {
    const stored = storedOf(cell);
    if (stored !== referencesOf(cell)) return false;
    return stored !== MANY || this.#scan.comparison.finding(cluster) === undefined;
  }

  #partOf(cell: number, set: number, cluster: number): number {
    const kinds = kindsOf(cell);
    if (kinds === 0) return storedOf(cell) > 0 ? LEAKED : cluster < this.#end ? FREE : TAIL;
    const metadata = kinds & ~GUEST_DATA;
    // A table that the disk shares with a snapshot is the disk's.
    if ((metadata & BIT.activeL2) !== 0 && (metadata & ~ANY_L2) === 0)
      return PART_OF_KIND[lowest(BIT.activeL2)];
    if (metadata !== 0) return PART_OF_KIND[lowest(metadata)];
    const part = PART_OF_KIND[lowest(kinds & ~BIT.data || kinds)];
    return part >= 0 ? part : this.#partOfData(set);
  }

  #partOfData(set: number): number {
    const { sets } = this.#ownership;
    if (set === IMAGE || sets.count(set) === 0) return ACTIVE_DATA;
    if (sets.least(set) !== ACTIVE) return SNAPSHOT_DATA;
    return sets.count(set) === 1 ? ACTIVE_DATA : SHARED_DATA;
  }
}

/** The number of the lowest bit. */
const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits);
