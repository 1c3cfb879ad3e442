import { COPIED } from '../qcow2/l2Entry.js';
import type { Geometry } from '../qcow2/geometry.js';
import { KINDS_SHIFT, MANY, ONE_REFERENCE, REFERENCES_SHIFT, storedOf } from '../map/cell.js';
import { CHUNK_BITS, FEW_IN_SLAB, SLAB } from '../map/clusterMap.js';
import type { L2EntryCheck, L2Words } from './l2EntryCheck.js';
import type { L2Place } from './tablePlace.js';
import { CLUSTER } from './plainRuns.js';
import type { References } from './references.js';
import type { Extent } from './tableTally.js';

/** Entries that are put aside before they are counted, about. */
const ENOUGH = 2 ** 19;
const SLAB_BITS = 31 - Math.clz32(SLAB);
/** Stands for an entry that refers to nothing. It falls into no slab that a file can have. */
const NOTHING = CLUSTER;
const CELLS_IN_LINE = 16;
/** Clusters are told apart by these bits where a mistake only costs time. */
const REMAINDER = 0xffff;

/** Tables that are put aside at most before they are counted; 0: counts are too narrow for that. */
export const tablesPutAside = ({ l2Entries, refcountBits, extendedL2, externalData }: Geometry) =>
  2 ** refcountBits - 1 > MANY && !extendedL2 && !externalData
    ? Math.max(1, Math.floor(ENOUGH / l2Entries))
    : 0;

/**
 * Counts tables of plain entries whose clusters lie all over the file. The entries are put aside
 * and sorted by the slab of the map they fall into, so that the cells of one are counted while they
 * are in the processor's cache: one by one, each costs a wait for memory.
 */
export class ScatteredCount {
  readonly #geometry: Geometry;
  readonly #references: References;
  readonly #check: L2EntryCheck;
  /** The place of each table put aside. */
  #places: L2Place[] = [];
  readonly #mostTables: number;
  /** Of each entry of each table: its cluster, with COPIED in the sign bit, or NOTHING. */
  readonly #entries: Int32Array;
  /** The same by slab, without NOTHING. */
  readonly #sorted: Int32Array;
  /** Where each slab's entries begin in `#sorted`, those of no slab last. */
  readonly #starts: Uint32Array;
  /** By the remainder of a cluster: one of these may contradict an entry's COPIED. */
  readonly #miscopied = new Uint8Array(REMAINDER + 1);
  /** Entries that contradict their cells. */
  #miscopies = 0;
  /** By cluster: references for which its cell had no room. */
  readonly #uncounted = new Map<number, number>();
  /** Sum of what was read only to have it in the cache: without a use, nothing would be read. */
  warmed = 0;

  constructor(geometry: Geometry, references: References, check: L2EntryCheck) {
    this.#geometry = geometry;
    this.#references = references;
    this.#check = check;
    this.#mostTables = tablesPutAside(geometry);
    const room = this.#mostTables * geometry.l2Entries;
    this.#entries = new Int32Array(room);
    this.#sorted = new Int32Array(room);
    this.#starts = new Uint32Array(Math.floor(geometry.hostClusters / SLAB) + 3);
  }

  /** Puts a table aside, and says what it extends over; nothing for one that has an odd entry. */
  add(view: DataView, place: L2Place): Extent | undefined {
    if (this.#places.length > 0) {
      const { kind, checkCopied } = this.#places[0];
      if (kind !== place.kind || checkCopied !== place.checkCopied) this.flush();
    }
    const extent = this.#decode(view);
    if (!extent) return undefined;
    if (this.#places.push(place) === this.#mostTables) this.flush();
    return extent;
  }

  #decode(view: DataView): Extent | undefined {
    const { clusterBits, clusterSize, hostClusters, l2Entries } = this.#geometry;
    const lowMask = clusterSize - 1;
    const highShift = 32 - clusterBits;
    const highLimit = 2 ** (31 - highShift);
    const entries = this.#entries;
    const base = this.#places.length * l2Entries;
    let lowest = CLUSTER;
    let highest = -1;
    let used = 0;
    let pieces = 0;
    let expected = -1;
    for (let index = 0; index < l2Entries; index++) {
      const high = view.getInt32(index * 8);
      const low = view.getInt32(index * 8 + 4);
      const offsetHigh = high & 0x7fffffff;
      if (offsetHigh === 0 && (low & ~1) === 0) {
        entries[base + index] = NOTHING;
        continue;
      }
      const cluster = (offsetHigh << highShift) | (low >>> clusterBits);
      if (offsetHigh >= highLimit || (low & lowMask) !== 0 || cluster >= hostClusters)
        return undefined;
      entries[base + index] = cluster | (high & 0x80000000);
      if (cluster < lowest) lowest = cluster;
      if (cluster > highest) highest = cluster;
      if (cluster !== expected) pieces++;
      expected = cluster + 1;
      used++;
    }
    return { lowest, highest, used, pieces };
  }

  /** Counts all that has been put aside. */
  flush(): void {
    if (this.#places.length === 0) return;
    this.#sort();
    this.#count();
    this.#places = [];
  }

  #sort(): void {
    const length = this.#places.length * this.#geometry.l2Entries;
    const entries = this.#entries;
    const sorted = this.#sorted;
    const starts = this.#starts.fill(0);
    const shift = SLAB_BITS;
    const last = starts.length - 2;
    for (let i = 0; i < length; i++)
      starts[Math.min((entries[i] & 0x7fffffff) >>> shift, last) + 1]++;
    for (let slab = 1; slab < starts.length; slab++) starts[slab] += starts[slab - 1];
    for (let i = 0; i < length; i++) {
      const entry = entries[i];
      sorted[starts[Math.min((entry & 0x7fffffff) >>> shift, last)]++] = entry;
    }
    // Each start has moved to the end of its slab, which is the start of the next.
    starts.copyWithin(1, 0);
    starts[0] = 0;
  }

  #count(): void {
    const { map } = this.#references;
    const sorted = this.#sorted;
    const starts = this.#starts;
    this.#uncounted.clear();
    this.#miscopies = 0;
    for (let slab = 0; slab + 2 < starts.length; slab++) {
      const from = starts[slab];
      const to = starts[slab + 1];
      if (to - from >= FEW_IN_SLAB) {
        const cells = map.writableSlab(slab);
        this.#warm(cells);
        this.#countIn(cells, from, to);
        continue;
      }
      // A few do not deserve the memory of a slab.
      for (let i = from; i < to;) {
        const chunk = (sorted[i] & CLUSTER) >>> CHUNK_BITS;
        const first = i;
        while (i < to && (sorted[i] & CLUSTER) >>> CHUNK_BITS === chunk) i++;
        this.#countIn(map.writable(chunk), first, i);
      }
    }
    if (this.#uncounted.size > 0) this.#countExactly(this.#uncounted);
    if (this.#miscopies > 0) this.#judgeCopied(this.#miscopies);
  }

  /** Counts sorted entries whose clusters all lie in a slab, or a chunk, of these cells. */
  #countIn(cells: Uint32Array, from: number, to: number): void {
    const [{ kind, checkCopied }] = this.#places;
    const kinds = kind << KINDS_SHIFT;
    const sorted = this.#sorted;
    // Locals, since the engine does not fold constants of a module into a loop.
    const one = ONE_REFERENCE;
    const field = MANY << REFERENCES_SHIFT;
    const full = Math.min(MANY - 1, this.#references.max) << REFERENCES_SHIFT;
    const inCells = cells.length - 1;
    const uncounted = this.#uncounted;
    const remainders = this.#miscopied;
    let miscopies = this.#miscopies;
    for (let i = from; i < to; i++) {
      const entry = sorted[i];
      const cell = cells[entry & inCells];
      if ((cell & field) < full) cells[entry & inCells] = (cell + one) | kinds;
      else uncounted.set(entry & CLUSTER, (uncounted.get(entry & CLUSTER) ?? 0) + 1);
      if (checkCopied && ((cell & 0xff) === 1) !== entry < 0) {
        if (miscopies++ === 0) remainders.fill(0);
        remainders[entry & REMAINDER] = 1;
      }
    }
    this.#miscopies = miscopies;
  }

  /** Reads in order what will be needed in disorder. */
  #warm(cells: Uint32Array): void {
    let sum = 0;
    for (let i = 0; i < cells.length; i += CELLS_IN_LINE) sum += cells[i] & 1;
    this.warmed = sum;
  }

  /** Counts the last references to some clusters, for which their cells had no room, in QEMU's order. */
  #countExactly(uncounted: ReadonlyMap<number, number>): void {
    const blindly = new Map<number, number>();
    for (const { cluster } of this.#inOrder())
      if (uncounted.has(cluster)) blindly.set(cluster, (blindly.get(cluster) ?? 0) + 1);
    for (const [cluster, times] of uncounted)
      blindly.set(cluster, (blindly.get(cluster) ?? 0) - times);
    for (const { words, cluster, place } of this.#inOrder()) {
      const left = blindly.get(cluster);
      if (left === undefined) continue;
      if (left > 0) blindly.set(cluster, left - 1);
      else this.#check.countExactly(words, cluster, place);
    }
  }

  /** Judges the entries that contradict their cells, of which there are so many, in QEMU's order. */
  #judgeCopied(miscopied: number): void {
    const { map } = this.#references;
    let left = miscopied;
    for (const { words, cluster, place } of this.#inOrder()) {
      if (left === 0 || this.#check.countCopied(left)) return;
      if (this.#miscopied[cluster & REMAINDER] === 0) continue;
      if ((storedOf(map.cell(cluster)) === 1) === ((words.high & COPIED) !== 0)) continue;
      this.#check.copied(words, cluster, place);
      left--;
    }
  }

  /** The entries as they were read. */
  *#inOrder(): Generator<{ words: L2Words; cluster: number; place: L2Place }> {
    const { clusterBits, l2Entries } = this.#geometry;
    for (const [table, place] of this.#places.entries())
      for (let index = 0; index < l2Entries; index++) {
        const entry = this.#entries[table * l2Entries + index];
        if (entry === NOTHING) continue;
        const cluster = entry & CLUSTER;
        const high = ((entry & ~CLUSTER) | (cluster >>> (32 - clusterBits))) >>> 0;
        const low = (cluster << clusterBits) >>> 0;
        yield { words: { index, high, low, zeroes: 0, allocated: 0 }, cluster, place };
      }
  }
}
