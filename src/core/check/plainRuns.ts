import type { Geometry } from '../qcow2/geometry.js';
import type { Extent } from './tableTally.js';

/** Bits of a run's first word that are the cluster; the sign bit is COPIED. */
export const CLUSTER = 0x7fffffff;
/** The first word of an entry that is not plain. No file has a cluster of this number. */
export const ODD = -1;

/** Entries decoded at a time: what is called often is compiled well soon. */
const PART = 512;

/**
 * A table of standard L2 entries as runs: entries side by side that refer to clusters side by side,
 * with the same COPIED flag. Entries that refer to nothing are left out; one that is not plain
 * (compressed, off the grid, past the end, with reserved bits, zero but allocated) is a run of its
 * own. Reused from table to table.
 */
export class L2Runs {
  count = 0;
  /** No entry is odd. */
  plain = true;
  /** First cluster of each run with COPIED in the sign bit, or ODD. */
  readonly firsts: Int32Array;
  readonly lengths: Int32Array;
  /** Index of each run's first entry. */
  readonly indexes: Int32Array;
  readonly #geometry: Geometry;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.firsts = new Int32Array(geometry.l2Entries);
    this.lengths = new Int32Array(geometry.l2Entries);
    this.indexes = new Int32Array(geometry.l2Entries);
  }

  /** Decodes the table whose bytes are in `view`. */
  decode(view: DataView): void {
    const { l2Entries } = this.#geometry;
    this.count = 0;
    this.plain = true;
    for (let from = 0; from < l2Entries; from += PART) {
      const border = this.count;
      this.#decodePart(view, from, Math.min(from + PART, l2Entries));
      this.#mend(border);
    }
  }

  /** Entries `from` to `to`, whose first one begins a run of its own. */
  #decodePart(view: DataView, from: number, to: number): void {
    const { clusterBits, clusterSize, hostClusters } = this.#geometry;
    const { firsts, lengths, indexes } = this;
    const lowMask = clusterSize - 1;
    const highShift = 32 - clusterBits;
    // A cluster number of 31 bits or more is in no file that can be checked. Compressed entries
    // and reserved bits are above this limit too.
    const highLimit = 2 ** (31 - highShift);
    let run = this.count - 1;
    let plain = this.plain;
    for (let index = from; index < to;) {
      const high = view.getInt32(index * 8);
      const low = view.getInt32(index * 8 + 4);
      const first = index++;
      const offsetHigh = high & 0x7fffffff;
      // Unallocated, or zero without an offset: nothing but perhaps COPIED, which nobody minds.
      if (offsetHigh === 0 && (low & ~1) === 0) continue;
      run++;
      indexes[run] = first;
      const cluster = (offsetHigh << highShift) | (low >>> clusterBits);
      if (offsetHigh >= highLimit || (low & lowMask) !== 0 || cluster >= hostClusters) {
        firsts[run] = ODD;
        lengths[run] = 1;
        plain = false;
        continue;
      }
      firsts[run] = cluster | (high & 0x80000000);
      // Where the lower word wraps the upper one changes.
      const room = Math.min(hostClusters - 1 - cluster, ~low >>> clusterBits);
      index = behindRun(view, index, Math.min(to, index + room), high, low, clusterSize);
      lengths[run] = index - first;
    }
    this.count = run + 1;
    this.plain = plain;
  }

  /** Joins the run behind a border of parts to the one before it, if it goes on with that. */
  #mend(border: number): void {
    const { firsts, lengths, indexes, count } = this;
    if (border === 0 || border === count || firsts[border] === ODD) return;
    const before = border - 1;
    const length = lengths[before];
    if (firsts[before] === ODD || indexes[before] + length !== indexes[border]) return;
    if (firsts[before] + length !== firsts[border]) return;
    lengths[before] += lengths[border];
    for (let run = border + 1; run < count; run++) {
      firsts[run - 1] = firsts[run];
      lengths[run - 1] = lengths[run];
      indexes[run - 1] = indexes[run];
    }
    this.count--;
  }

  /** What the runs extend over; of a table that is plain. */
  extent(): Extent {
    let lowest = CLUSTER;
    let highest = -1;
    let used = 0;
    let pieces = 0;
    let expected = -1;
    for (let run = 0; run < this.count; run++) {
      const first = this.firsts[run] & CLUSTER;
      const end = first + this.lengths[run];
      if (first < lowest) lowest = first;
      if (end > highest) highest = end - 1;
      if (first !== expected) pieces++;
      expected = end;
      used += this.lengths[run];
    }
    return { lowest, highest, used, pieces };
  }
}

/** Behind the entries from `index` to `end` that go on with a run whose last entry is (high, low). */
function behindRun(
  view: DataView,
  index: number,
  end: number,
  high: number,
  low: number,
  step: number,
): number {
  const stop = end * 8;
  let at = index * 8;
  let next = (low + step) | 0;
  while (at < stop && view.getInt32(at + 4) === next && view.getInt32(at) === high) {
    next = (next + step) | 0;
    at += 8;
  }
  return at >>> 3;
}
