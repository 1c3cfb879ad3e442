import { COMPRESSED } from './l2Entry.js';
import type { Geometry } from './geometry.js';

/**
 * An L2 table of any form as runs of entries: each entry of a run has the flags and the subclusters
 * of the one before it, and either none of them has an offset or each has the offset of the next
 * cluster. A compressed entry is a run of its own. Reused from table to table.
 */
export class L2EntryRuns {
  count = 0;
  /** Index of each run's first entry. */
  readonly indexes: Int32Array;
  readonly lengths: Int32Array;
  /** Words of the first entry, unsigned; the subclusters' are 0 without extended L2. */
  readonly highs: Uint32Array;
  readonly lows: Uint32Array;
  readonly zeroes: Uint32Array;
  readonly allocated: Uint32Array;
  readonly #geometry: Geometry;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    const most = geometry.l2Entries;
    this.indexes = new Int32Array(most);
    this.lengths = new Int32Array(most);
    this.highs = new Uint32Array(most);
    this.lows = new Uint32Array(most);
    this.zeroes = new Uint32Array(most);
    this.allocated = new Uint32Array(most);
  }

  /** Decodes the first `entries` entries of the table whose bytes are in `view`. */
  decode(view: DataView, entries: number): void {
    const { clusterBits, clusterSize, l2EntrySize, extendedL2 } = this.#geometry;
    const { indexes, lengths, highs, lows } = this;
    let run = -1;
    let nextHigh = 0;
    let nextLow = 0;
    let step = 0;
    // Entries that may still follow before the lower word of the offset wraps.
    let room = 0;
    for (let index = 0, at = 0; index < entries; index++, at += l2EntrySize) {
      const high = view.getInt32(at);
      const low = view.getInt32(at + 4);
      if (
        room > 0 &&
        low === nextLow &&
        high === nextHigh &&
        (!extendedL2 || this.#sameSubclusters(view, at, run))
      ) {
        lengths[run]++;
        nextLow = (nextLow + step) | 0;
        room--;
        continue;
      }
      run++;
      indexes[run] = index;
      lengths[run] = 1;
      highs[run] = high;
      lows[run] = low;
      if (extendedL2) {
        this.zeroes[run] = view.getUint32(at + 8);
        this.allocated[run] = view.getUint32(at + 12);
      }
      const hasOffset = (high & 0x00ffffff) !== 0 || (low & 0xfffffe00) !== 0;
      step = hasOffset ? clusterSize : 0;
      nextHigh = high;
      nextLow = (low + step) | 0;
      if ((high & COMPRESSED) !== 0) room = 0;
      else room = hasOffset ? ~low >>> clusterBits : entries;
    }
    this.count = run + 1;
  }

  #sameSubclusters(view: DataView, at: number, run: number): boolean {
    return (
      view.getUint32(at + 8) === this.zeroes[run] && view.getUint32(at + 12) === this.allocated[run]
    );
  }
}
