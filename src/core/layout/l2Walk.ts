import type { Layout } from '../qcow2/layout.js';
import { KINDS_SHIFT, MANY, ONE_REFERENCE, REFERENCES_SHIFT } from './cell.js';
import { CHUNK, CHUNK_BITS } from './clusterMap.js';
import type { FindingList } from './findingList.js';
import { L2EntryCheck, type L2Words } from './l2EntryCheck.js';
import type { L2Place } from './l2Place.js';
import type { References } from './references.js';
import type { StoredRefcounts } from './storedRefcounts.js';
import { TableTally } from './tableTally.js';

/** An entry that refers to nothing. No cluster has this number: there are at most 2^31 - 1. */
const NONE = 0x7fffffff;
/** An entry that is not plain. */
const ODD = -1;

/** Reads L2 tables entry by entry into the map (check_refcounts_l2, check_oflag_copied). */
export class L2Walk {
  readonly tally: TableTally;
  readonly #layout: Layout;
  readonly #references: References;
  readonly #check: L2EntryCheck;
  /** The entries of a table: host cluster with COPIED in the sign bit, NONE or ODD. */
  readonly #decoded: Int32Array;
  /** References that a cell can still count without a look at the exact count. */
  readonly #full: number;

  constructor(
    layout: Layout,
    references: References,
    stored: StoredRefcounts,
    findings: FindingList,
    copiedFindings: FindingList,
  ) {
    this.#layout = layout;
    this.#references = references;
    this.tally = new TableTally(layout);
    this.#check = new L2EntryCheck(
      layout,
      references,
      stored,
      findings,
      copiedFindings,
      this.tally,
    );
    this.#decoded = new Int32Array(layout.l2Entries);
    this.#full = Math.min(MANY - 1, references.max) << REFERENCES_SHIFT;
  }

  /** Walks the table whose bytes are in `view`. */
  walk(view: DataView, place: L2Place): void {
    this.tally.startTable(place.active);
    if (this.#layout.extendedL2 || this.#layout.externalData) this.#walkExactly(view, place);
    else this.#walkFast(view, place);
  }

  #walkExactly(view: DataView, place: L2Place): void {
    this.tally.plain = false;
    for (let index = 0; index < this.#layout.l2Entries; index++)
      this.#check.check(this.#words(view, index), place);
  }

  #words(view: DataView, index: number): L2Words {
    const { l2EntrySize, extendedL2 } = this.#layout;
    const at = index * l2EntrySize;
    return {
      index,
      high: view.getUint32(at),
      low: view.getUint32(at + 4),
      zeroes: extendedL2 ? view.getUint32(at + 8) : 0,
      allocated: extendedL2 ? view.getUint32(at + 12) : 0,
    };
  }

  /**
   * Standard entries: all are decoded first, then counted. Two short loops keep more of the map's
   * scattered cells on their way from memory at a time than a long one.
   */
  #walkFast(view: DataView, place: L2Place): void {
    this.#decode(view);
    const decoded = this.#decoded;
    // Locals, since the engine does not fold constants of a module into a loop.
    const none = NONE;
    const odd = ODD;
    for (let index = 0; index < decoded.length;) {
      const entry = decoded[index];
      if (entry === none) {
        index++;
      } else if (entry === odd) {
        this.tally.plain = false;
        this.#check.check(this.#words(view, index), place);
        index++;
      } else {
        let end = index + 1;
        while (end < decoded.length && decoded[end] === entry + (end - index)) end++;
        this.#countRun(entry & 0x7fffffff, end - index, view, index, place);
        this.tally.run(entry & 0x7fffffff, end - index);
        index = end;
      }
    }
  }

  #decode(view: DataView): void {
    const { clusterBits, clusterSize, hostClusters } = this.#layout;
    const decoded = this.#decoded;
    const lowMask = clusterSize - 1;
    const highShift = 32 - clusterBits;
    // A cluster number of 31 bits or more is in no file that can be checked. Compressed entries
    // and reserved bits are above this limit too.
    const highLimit = 2 ** (31 - highShift);
    const none = NONE;
    const odd = ODD;
    for (let index = 0; index < decoded.length; index++) {
      const high = view.getInt32(index * 8);
      const low = view.getInt32(index * 8 + 4);
      const offsetHigh = high & 0x7fffffff;
      const cluster = (offsetHigh << highShift) | (low >>> clusterBits);
      if (offsetHigh === 0 && (low & ~1) === 0)
        // Unallocated, or zero without an offset: nothing but perhaps COPIED, which nobody minds.
        decoded[index] = none;
      else if (offsetHigh >= highLimit || (low & lowMask) !== 0 || cluster >= hostClusters)
        decoded[index] = odd;
      else decoded[index] = cluster | (high & 0x80000000);
    }
  }

  /** One reference to each of `count` clusters from `first` on, by entries from `index` on. */
  #countRun(first: number, count: number, view: DataView, index: number, place: L2Place): void {
    const map = this.#references.map;
    const kind = place.kind << KINDS_SHIFT;
    const one = ONE_REFERENCE;
    const field = MANY << REFERENCES_SHIFT;
    const full = this.#full;
    const { checkCopied } = place;
    const copied = this.#decoded[index] < 0;
    const end = first + count;
    for (let cluster = first; cluster < end;) {
      const cells = map.writable(cluster >>> CHUNK_BITS);
      const base = cluster & ~(CHUNK - 1);
      const stop = Math.min(end, base + CHUNK);
      for (; cluster < stop; cluster++) {
        const cell = cells[cluster - base];
        if ((cell & field) < full) cells[cluster - base] = (cell + one) | kind;
        else this.#check.countExactly(this.#words(view, index + cluster - first), cluster, place);
        if (checkCopied && ((cell & 0xff) === 1) !== copied)
          this.#check.copied(this.#words(view, index + cluster - first), cluster, place);
      }
    }
  }

  /** Counts a table that has been walked and is plain `times` more, for as many snapshots. */
  repeat(view: DataView, kind: number, times: number): void {
    this.#decode(view);
    const map = this.#references.map;
    const { clusterSize } = this.#layout;
    const field = MANY << REFERENCES_SHIFT;
    const more = times * ONE_REFERENCE;
    for (const entry of this.#decoded) {
      if (entry === NONE) continue;
      const cluster = entry & 0x7fffffff;
      const cells = map.writable(cluster >>> CHUNK_BITS);
      const cell = cells[cluster & (CHUNK - 1)];
      if ((cell & field) + more <= this.#full) cells[cluster & (CHUNK - 1)] = cell + more;
      else
        for (let time = 0; time < times; time++)
          this.#references.count(cluster * clusterSize, clusterSize, kind, undefined);
    }
  }
}
