import { type ByteSource, readBytes } from '../byteSource.js';
import { hexWords, viewOf } from '../bytes.js';
import { hostOffset, type HostOffset } from '../units.js';

/** A table of 64-bit big-endian entries: an L1 table, the refcount table, a bitmap table. */
export class EntryTable {
  /** Host offset in bytes; exact below 2^53, and no file reaches further. */
  readonly offset: HostOffset;
  /** The same in hexadecimal, exact, without prefix. */
  readonly offsetText: string;
  /** Entries that the image claims; those past the end of the file are 0. */
  readonly length: number;
  readonly #view: DataView;
  readonly #present: number;

  private constructor(offset: bigint, length: number, view: DataView) {
    this.offset = hostOffset(Number(offset));
    this.offsetText = offset.toString(16);
    this.length = length;
    this.#view = view;
    this.#present = view.byteLength >>> 3;
  }

  /** Reads a table of `length` entries. Memory is bounded by the file, not by `length`. */
  static read(source: ByteSource, offset: bigint, length: number): EntryTable {
    const at = Number(offset);
    const inFile = Math.max(0, Math.ceil((source.size - at) / 8));
    const bytes = readBytes(source, at, Math.min(length, inFile) * 8);
    return new EntryTable(offset, length, viewOf(bytes));
  }

  static readonly EMPTY = new EntryTable(0n, 0, new DataView(new ArrayBuffer(0)));

  /** Entries that lie inside the file; all behind them are 0. */
  get present(): number {
    return this.#present;
  }

  /** Upper 32 bits of an entry. */
  high(index: number): number {
    return index < this.#present ? this.#view.getUint32(index * 8) : 0;
  }

  /** Lower 32 bits of an entry. */
  low(index: number): number {
    return index < this.#present ? this.#view.getUint32(index * 8 + 4) : 0;
  }

  /** The whole entry, exact. */
  entry(index: number): bigint {
    return index < this.#present ? this.#view.getBigUint64(index * 8) : 0n;
  }

  /** Host offset of an entry in bytes. */
  entryOffset(index: number): HostOffset {
    return hostOffset(this.offset + index * 8);
  }
}

/** Lower half of the offset in an entry: its bits 0 … 8 are no part of it. */
const OFFSET_LOW = 0xfffffe00;

/** A refcount table's entry: the host offset of a block, 0 for none. Only the low 9 bits are masked. */
export function blockOffset(high: number, low: number): number {
  return high * 2 ** 32 + ((low & OFFSET_LOW) >>> 0);
}

/** The same in hexadecimal: exact past 2^53 too. */
export const blockOffsetText = (high: number, low: number): string =>
  hexWords(high, low & OFFSET_LOW);

/** Whether the offset in an entry is off the cluster grid, as its lower half tells for any offset. */
export const isOffGrid = (low: number, clusterSize: number): boolean =>
  (low & OFFSET_LOW & (clusterSize - 1)) !== 0;

/** Bits 9 … 55. */
export const ENTRY_OFFSET = 0x00fffffffffffe00n;

/** Bits 9 … 55 of an L1, L2 or bitmap table entry, as a number: exact, since bits 0 … 8 are 0. */
export function maskedOffset(high: number, low: number): number {
  return (high & 0x00ffffff) * 2 ** 32 + ((low & OFFSET_LOW) >>> 0);
}
