import type { Layout } from '../qcow2/layout.js';
import { KINDS_SHIFT, MANY, ONE_REFERENCE, REFERENCES_SHIFT } from './cell.js';
import { CHUNK, CHUNK_BITS } from './clusterMap.js';
import type { FindingList } from './findingList.js';
import { L2EntryCheck, type L2Words } from './l2EntryCheck.js';
import type { L2Place } from './l2Place.js';
import type { References } from './references.js';
import type { StoredRefcounts } from './storedRefcounts.js';
import { NO_CLUSTER, TableTally } from './tableTally.js';

/** An entry that is not plain. */
const ODD = -1;

const NO_CELLS = new Uint32Array(0);

/** Reads L2 tables entry by entry into the map (check_refcounts_l2, check_oflag_copied). */
export class L2Walk {
  readonly tally: TableTally;
  readonly #layout: Layout;
  readonly #references: References;
  readonly #check: L2EntryCheck;
  /** The entries of a table: host cluster with COPIED in the sign bit, NO_CLUSTER or ODD. */
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
    const plain = this.#decode(view);
    if (plain) {
      this.tally.plainTable(this.#decoded);
      this.#count(view, place, 0, this.#decoded.length);
      return;
    }
    for (let index = 0; index < this.#decoded.length; index++) {
      const entry = this.#decoded[index];
      if (entry === ODD) this.#check.check(this.#words(view, index), place);
      else if (entry !== NO_CLUSTER) {
        this.tally.plainEntry(entry & 0x7fffffff);
        this.#count(view, place, index, index + 1);
      }
    }
  }

  /** Decodes a table's entries; false when one of them is not plain. */
  #decode(view: DataView): boolean {
    const { clusterBits, clusterSize, hostClusters } = this.#layout;
    const decoded = this.#decoded;
    const lowMask = clusterSize - 1;
    const highShift = 32 - clusterBits;
    // A cluster number of 31 bits or more is in no file that can be checked. Compressed entries
    // and reserved bits are above this limit too.
    const highLimit = 2 ** (31 - highShift);
    // Locals, since the engine does not fold constants of a module into a loop.
    const none = NO_CLUSTER;
    const odd = ODD;
    let plain = true;
    for (let index = 0; index < decoded.length; index++) {
      const high = view.getInt32(index * 8);
      const low = view.getInt32(index * 8 + 4);
      const offsetHigh = high & 0x7fffffff;
      const cluster = (offsetHigh << highShift) | (low >>> clusterBits);
      if (offsetHigh === 0 && (low & ~1) === 0) {
        // Unallocated, or zero without an offset: nothing but perhaps COPIED, which nobody minds.
        decoded[index] = none;
      } else if (offsetHigh >= highLimit || (low & lowMask) !== 0 || cluster >= hostClusters) {
        decoded[index] = odd;
        plain = false;
      } else decoded[index] = cluster | (high & 0x80000000);
    }
    return plain;
  }

  /** One reference to the cluster of each plain entry in [from, to). */
  #count(view: DataView, place: L2Place, from: number, to: number): void {
    const map = this.#references.map;
    const decoded = this.#decoded;
    const kind = place.kind << KINDS_SHIFT;
    const none = NO_CLUSTER;
    const one = ONE_REFERENCE;
    const field = MANY << REFERENCES_SHIFT;
    const full = this.#full;
    const { checkCopied } = place;
    let cells: Uint32Array = NO_CELLS;
    let chunk = -1;
    for (let index = from; index < to; index++) {
      const entry = decoded[index];
      if (entry === none) continue;
      const cluster = entry & 0x7fffffff;
      if (cluster >>> 16 !== chunk) {
        chunk = cluster >>> 16;
        cells = map.writable(chunk);
      }
      const cell = cells[cluster & 0xffff];
      if ((cell & field) < full) cells[cluster & 0xffff] = (cell + one) | kind;
      else this.#check.countExactly(this.#words(view, index), cluster, place);
      if (checkCopied && ((cell & 0xff) === 1) !== entry < 0)
        this.#check.copied(this.#words(view, index), cluster, place);
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
      if (entry === NO_CLUSTER) continue;
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
