import type { Layout } from '../qcow2/layout.js';
import type { Extent } from './tableTally.js';

/** Bits of a run's first word that are the cluster; the sign bit is COPIED. */
export const CLUSTER = 0x7fffffff;
/** The first word of an entry that is not plain. No file has a cluster of this number. */
export const ODD = -1;

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
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.firsts = new Int32Array(layout.l2Entries);
    this.lengths = new Int32Array(layout.l2Entries);
    this.indexes = new Int32Array(layout.l2Entries);
  }

  /** Decodes the table whose bytes are in `view`. */
  decode(view: DataView): void {
    const { clusterBits, clusterSize, hostClusters, l2Entries } = this.#layout;
    const { firsts, lengths, indexes } = this;
    const lowMask = clusterSize - 1;
    const highShift = 32 - clusterBits;
    // A cluster number of 31 bits or more is in no file that can be checked. Compressed entries
    // and reserved bits are above this limit too.
    const highLimit = 2 ** (31 - highShift);
    let run = -1;
    let plain = true;
    for (let index = 0; index < l2Entries;) {
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
      index += followers(view, index, Math.min(l2Entries - index, room), high, low, clusterSize);
      lengths[run] = index - first;
    }
    this.count = run + 1;
    this.plain = plain;
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

/** How many entries from `index` on, `most` at most, go on with a run whose last entry is (high, low). */
function followers(
  view: DataView,
  index: number,
  most: number,
  high: number,
  low: number,
  step: number,
): number {
  let count = 0;
  let next = (low + step) | 0;
  for (let at = index * 8; count < most; at += 8) {
    if (view.getInt32(at + 4) !== next || view.getInt32(at) !== high) break;
    next = (next + step) | 0;
    count++;
  }
  return count;
}
