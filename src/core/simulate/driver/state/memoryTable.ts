import { hexWords } from '../../../bytes.js';
import { type EntryTable, maskedOffset } from '../../../qcow2/entryTable.js';
import { COPIED } from '../../../qcow2/l2Entry.js';

/** A table that the driver holds in memory from opening on: the active L1 table, the refcount table. */
export class MemoryTable {
  readonly #base: EntryTable;
  readonly #changed = new Map<number, readonly [high: number, low: number]>();
  #offset: number;
  #length: number;
  /** Counts the changes. */
  #version = 0;
  /** Entries of the file's table that still hold. */
  #kept: number;

  constructor(base: EntryTable, offset: number, length: number) {
    this.#base = base;
    this.#offset = offset;
    this.#length = length;
    this.#kept = base.present;
  }

  /** Where it lies in the file, in bytes. */
  get offset(): number {
    return this.#offset;
  }

  /** Entries. */
  get length(): number {
    return this.#length;
  }

  /** Another one after each change. */
  get version(): number {
    return this.#version;
  }

  get bytes(): number {
    return this.#length * 8;
  }

  /** Upper 32 bits of an entry. */
  high(index: number): number {
    return this.#changed.get(index)?.[0] ?? (index < this.#kept ? this.#base.high(index) : 0);
  }

  low(index: number): number {
    return this.#changed.get(index)?.[1] ?? (index < this.#kept ? this.#base.low(index) : 0);
  }

  set(index: number, high: number, low: number): void {
    this.#version++;
    this.#changed.set(index, [high >>> 0, low >>> 0]);
  }

  /** Hexadecimal, `0x…`. */
  text(index: number): string {
    return `0x${hexWords(this.high(index), this.low(index))}`;
  }

  /** The table lies elsewhere and is longer; of the old entries the first `kept` stay. */
  moved(offset: number, length: number, kept: number): void {
    this.#version++;
    this.#offset = offset;
    this.#length = length;
    this.#kept = Math.min(this.#kept, kept);
    for (const index of this.#changed.keys()) if (index >= kept) this.#changed.delete(index);
  }

  /** Entries that may be other than 0: all behind are. */
  get end(): number {
    let end = Math.min(this.#kept, this.#length);
    for (const index of this.#changed.keys()) end = Math.max(end, index + 1);
    return end;
  }

  /** The first entries as bytes. */
  encode(from: number, entries: number): Uint8Array {
    const bytes = new Uint8Array(entries * 8);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < entries && from + i < this.#length; i++) {
      view.setUint32(i * 8, this.high(from + i));
      view.setUint32(i * 8 + 4, this.low(from + i));
    }
    return bytes;
  }
}

/** Offset of the L2 table of an L1 entry; 0 if there is none. */
export const l2Offset = (l1: MemoryTable, index: number): number =>
  maskedOffset(l1.high(index), l1.low(index));

export const isCopied = (l1: MemoryTable, index: number): boolean =>
  (l1.high(index) & COPIED) !== 0;

/** An offset as the two halves of an entry. */
export const wordsOf = (offset: number): readonly [high: number, low: number] => [
  Math.floor(offset / 2 ** 32),
  offset >>> 0,
];
