import { grown } from './typeRuns.js';

/** Many tables of one cluster each, by host offset in bytes; the same one may be there repeatedly. */
export class TableSet {
  #offsets: Float64Array;
  #length: number;
  readonly #clusterSize: number;

  constructor(offsets: Float64Array, clusterSize: number) {
    this.#offsets = isAscending(offsets) ? offsets : offsets.slice().sort();
    this.#length = offsets.length;
    this.#clusterSize = clusterSize;
  }

  /** Whether a table has bytes in the range `start` … `end - 1`. Tables may lie off the grid. */
  overlaps(start: number, end: number): boolean {
    const first = this.#behind(start - this.#clusterSize);
    return first < this.#length && this.#offsets[first] < end;
  }

  add(offset: number): void {
    if (this.#length === this.#offsets.length)
      this.#offsets = grown(this.#offsets, new Float64Array(this.#length * 2 + 16));
    const index = this.#behind(offset);
    this.#offsets.copyWithin(index + 1, index, this.#length);
    this.#offsets[index] = offset;
    this.#length++;
  }

  /** Takes one table away, if it is there. */
  remove(offset: number): void {
    const index = this.#behind(offset);
    if (index === 0 || this.#offsets[index - 1] !== offset) return;
    this.#offsets.copyWithin(index - 1, index, this.#length);
    this.#length--;
  }

  /** Index of the first table whose offset is larger. */
  #behind(offset: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle] <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isAscending(offsets: Float64Array): boolean {
  for (let i = 1; i < offsets.length; i++) if (offsets[i] < offsets[i - 1]) return false;
  return true;
}
