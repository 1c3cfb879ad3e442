import { grown, TypeRuns } from './typeRuns.js';

/** How a window is kept: not at all, as fragments, as a cached bitmap, as one that stays for good. */
export type WindowForm = 'empty' | 'fragments' | 'cached' | 'kept';

/** Bits of `flags`. */
export const HAS_BITMAP = 1;
/** The bitmap has changed since it was built. */
export const MODIFIED = 2;
/** A removal dropped all fragments, for want of memory. */
export const DROPPED = 4;
/** The bitmap stays for good, outside the cache: fragments would not be smaller. */
export const KEPT = 8;

/** Windows up to here have a row from the start: more than any image that can be checked has. */
const MAX_DENSE = 2 ** 19;

/**
 * The windows array, a struct of arrays by row. The windows of the file are rows of the same
 * number; a window far behind them, which only a broken image asks for, gets a row when it is first
 * touched, so that the memory is bounded by what is entered and not by how far away it lies.
 */
export class WindowTable {
  /** Windows in the array, as the reference counts and accounts for them. */
  count: number;
  ages: Float64Array;
  flags: Uint8Array;
  /** Fragments of the list: in use, and allocated. With a modified bitmap the list is out of date. */
  used: Uint16Array;
  allocated: Uint16Array;
  /** Types of which something could not be entered. */
  lost: Uint8Array;
  runs: TypeRuns;
  #rows: number;
  #dense: number;
  #far = new Map<number, number>();
  #farWindows: number[] = [];

  constructor(count: number) {
    const dense = Math.min(count, MAX_DENSE);
    this.count = count;
    this.#dense = dense;
    this.#rows = dense;
    this.ages = new Float64Array(dense);
    this.flags = new Uint8Array(dense);
    this.used = new Uint16Array(dense);
    this.allocated = new Uint16Array(dense);
    this.lost = new Uint8Array(dense);
    this.runs = new TypeRuns(dense);
  }

  clone(): WindowTable {
    const copy = new WindowTable(0);
    copy.count = this.count;
    copy.ages = this.ages.slice();
    copy.flags = this.flags.slice();
    copy.used = this.used.slice();
    copy.allocated = this.allocated.slice();
    copy.lost = this.lost.slice();
    copy.runs = this.runs.clone();
    copy.#rows = this.#rows;
    copy.#dense = this.#dense;
    copy.#far = new Map(this.#far);
    copy.#farWindows = this.#farWindows.slice();
    return copy;
  }

  get byteLength(): number {
    const { ages, flags, used, allocated, lost, runs } = this;
    return [ages, flags, used, allocated, lost, runs].reduce(
      (sum, part) => sum + part.byteLength,
      0,
    );
  }

  /** Rows in use. */
  get rows(): number {
    return this.#rows;
  }

  /** Row of a window, which gets one if it has none. */
  row(window: number): number {
    return window < this.#dense ? window : (this.#far.get(window) ?? this.#addRow(window));
  }

  /** Row of a window; -1 if it has none, that is, if it was never touched. */
  existingRow(window: number): number {
    return window < this.#dense ? window : (this.#far.get(window) ?? -1);
  }

  /** Window of a row. */
  window(row: number): number {
    return row < this.#dense ? row : this.#farWindows[row - this.#dense];
  }

  /** Rows in the order of their windows. */
  *ascendingRows(): Generator<number> {
    for (let row = 0; row < this.#dense; row++) yield row;
    const far = [...this.#far].sort(([a], [b]) => a - b);
    for (const [, row] of far) yield row;
  }

  #addRow(window: number): number {
    const row = this.#rows++;
    this.#far.set(window, row);
    this.#farWindows.push(window);
    if (row >= this.ages.length) this.#resize(Math.max(16, row * 2));
    return row;
  }

  #resize(rows: number): void {
    this.ages = grown(this.ages, new Float64Array(rows));
    this.flags = grown(this.flags, new Uint8Array(rows));
    this.used = grown(this.used, new Uint16Array(rows));
    this.allocated = grown(this.allocated, new Uint16Array(rows));
    this.lost = grown(this.lost, new Uint8Array(rows));
    this.runs.resize(rows);
  }
}
