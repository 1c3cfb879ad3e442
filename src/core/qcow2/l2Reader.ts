import { viewOf } from '../bytes.js';
import { type EntryTable, maskedOffset } from './entryTable.js';
import type { MappableImage } from './image.js';

/** L2 tables that lie side by side are read together, up to so many bytes. */
const READ_AT_ONCE = 2 ** 20;

/** Reads the L2 tables of L1 tables one after another, with few reads and little memory. */
export class L2Tables {
  readonly #image: MappableImage;
  readonly #buffer: Uint8Array;
  #offset = 0;
  #length = 0;

  constructor(image: MappableImage) {
    this.#image = image;
    this.#buffer = new Uint8Array(Math.max(READ_AT_ONCE, image.geometry.clusterSize));
  }

  /** The table that entry `index` of `l1` puts at `offset`. The view is good until the next call. */
  read(l1: EntryTable, index: number, offset: number): DataView {
    const { clusterSize } = this.#image.geometry;
    if (offset < this.#offset || offset + clusterSize > this.#offset + this.#length)
      this.#fill(l1, index, offset);
    const at = offset - this.#offset;
    return viewOf(this.#buffer.subarray(at, at + clusterSize));
  }

  /** Reads the table, and those of the next entries as long as they lie right behind it. */
  #fill(l1: EntryTable, index: number, offset: number): void {
    const { clusterSize } = this.#image.geometry;
    let length = clusterSize;
    for (let next = index + 1; next < l1.present; next++) {
      if (length + clusterSize > this.#buffer.length) break;
      if (maskedOffset(l1.high(next), l1.low(next)) !== offset + length) break;
      length += clusterSize;
    }
    this.#image.source.readInto(this.#buffer.subarray(0, length), offset);
    this.#offset = offset;
    this.#length = length;
  }
}
