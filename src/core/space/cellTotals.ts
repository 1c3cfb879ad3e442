import { MANY, kindsOf, referencesOf, storedOf } from '../map/cell.js';
import { CHUNK, type Chunk } from '../map/clusterMap.js';
import { ANY_L2, BIT, GUEST_DATA, KINDS } from '../map/kinds.js';
import type { Scan } from '../check/scan.js';
import { ACTIVE, type Ownership } from '../inspect/ownership.js';
import { NOBODY } from '../inspect/ownerSets.js';
import { PARTS, type SpacePart } from './parts.js';

/** Chunks that are looked at in one go. */
const AT_ONCE = 1024;

const partNumber = (name: SpacePart): number => PARTS.indexOf(name);
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
  /** By set of owners: clusters with a higher refcount: they go with their owners once leaks are dropped. */
  readonly heldByLeaks: Float64Array;
  /** L2 tables that the active disk shares with no snapshot. */
  ownTables = 0;
  /** The part of the file's last cluster, which may reach past the file. */
  last = 0;
  /** The cluster behind the last one with a refcount or a reference. */
  readonly end: number;
  readonly #scan: Scan;
  readonly #ownership: Ownership;

  constructor(scan: Scan, ownership: Ownership) {
    this.#scan = scan;
    this.#ownership = ownership;
    this.goingWith = new Float64Array(ownership.sets.size);
    this.heldByLeaks = new Float64Array(ownership.sets.size);
    this.end = scan.comparison.highest + 1;
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
    const straddles = start < this.end && this.end < end;
    if (typeof cells === 'number' && typeof sets === 'number' && !straddles) {
      if (storedOf(cells) !== MANY) {
        this.#add(cells, sets, start, end - start);
        return;
      }
    }
    // Runs of clusters that are alike: most of a file is long ones.
    for (let from = start; from < end;) {
      const cell = typeof cells === 'number' ? cells : cells[from - start];
      const set = typeof sets === 'number' ? sets : sets[from - start];
      let to = from + 1;
      if (storedOf(cell) !== MANY) {
        // What has no kind is told by the place where it lies.
        const stop = from < this.end ? Math.min(end, this.end) : end;
        while (
          to < stop &&
          (typeof cells === 'number' || cells[to - start] === cell) &&
          (typeof sets === 'number' || sets[to - start] === set)
        )
          to++;
      }
      this.#add(cell, set, from, to - from);
      from = to;
    }
  }

  /** Counts clusters from one on that are alike. */
  #add(cell: number, set: number, cluster: number, clusters: number): void {
    this.last = this.#partOf(cell, set, cluster);
    this.clusters[this.last] += clusters;
    if ((kindsOf(cell) & BIT.activeL2) !== 0 && this.#isActiveAlone(set))
      this.ownTables += clusters;
    if (set === NOBODY) return;
    const stored = storedOf(cell);
    const references = referencesOf(cell);
    if (stored === references && this.#isTold(stored, cluster)) this.goingWith[set] += clusters;
    else if (stored > references) this.heldByLeaks[set] += clusters;
  }

  /** Whether a count says all: of higher ones the comparison knows whether they are equal. */
  #isTold(stored: number, cluster: number): boolean {
    return stored !== MANY || this.#scan.comparison.finding(cluster) === undefined;
  }

  /** Clusters of one part. */
  of(part: SpacePart): number {
    return this.clusters[partNumber(part)];
  }

  #partOf(cell: number, set: number, cluster: number): number {
    const kinds = kindsOf(cell);
    if (kinds === 0) return storedOf(cell) > 0 ? LEAKED : cluster < this.end ? FREE : TAIL;
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
    if (set === NOBODY || this.#isActiveAlone(set)) return ACTIVE_DATA;
    return sets.least(set) === ACTIVE ? SHARED_DATA : SNAPSHOT_DATA;
  }

  #isActiveAlone(set: number): boolean {
    const { sets } = this.#ownership;
    return sets.count(set) === 1 && sets.least(set) === ACTIVE;
  }
}

/** The number of the lowest bit. */
const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits);
