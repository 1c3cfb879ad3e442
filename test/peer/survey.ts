import type { SparseFile } from '../images/pieces.js';

/** A table of 8-byte entries. */
export interface Table {
  readonly kind: TableKind;
  readonly offset: number;
  readonly entries: number;
  /** Indices of the entries that are not 0. */
  readonly used: readonly number[];
}

export type TableKind =
  'l1' | 'l2' | 'refcount-table' | 'snapshot-l1' | 'snapshot-l2' | 'bitmap-table';

/** A number in the image. */
export interface Field {
  readonly group: 'header' | 'extension' | 'snapshot' | 'bitmap';
  readonly offset: number;
  readonly length: number;
}

/** A run of bytes that holds one structure. */
export interface Region {
  readonly offset: number;
  readonly length: number;
}

/** Where a healthy image keeps what: the places worth damaging, and worth pointing at. */
export interface Survey {
  readonly clusterSize: number;
  readonly fileSize: number;
  readonly tables: readonly Table[];
  readonly fields: readonly Field[];
  readonly refcountBlocks: readonly Region[];
  /** Every structure, and some clusters of data. */
  readonly regions: readonly Region[];
  /** The `length` bytes at `offset` as a number. */
  read(offset: number, length: number): bigint;
}

const OFFSET_BITS = 0x00fffffffffffe00n;
const HEADER_V2: readonly (readonly [offset: number, length: number])[] = [
  [0, 4],
  [4, 4],
  [8, 8],
  [16, 4],
  [20, 4],
  [24, 8],
  [32, 4],
  [36, 4],
  [40, 8],
  [48, 8],
  [56, 4],
  [60, 4],
  [64, 8],
];
const HEADER_V3: typeof HEADER_V2 = [
  ...HEADER_V2,
  [72, 8],
  [80, 8],
  [88, 8],
  [96, 4],
  [100, 4],
  [104, 1],
];
const SNAPSHOT_FIELDS: typeof HEADER_V2 = [
  [0, 8],
  [8, 4],
  [12, 2],
  [14, 2],
  [32, 4],
  [36, 4],
  [40, 8],
  [48, 8],
];
const BITMAP_FIELDS: typeof HEADER_V2 = [
  [0, 8],
  [8, 4],
  [12, 4],
  [16, 1],
  [17, 1],
  [18, 2],
  [20, 4],
];
const BITMAPS_EXTENSION = 0x23852875;
const CRYPTO_EXTENSION = 0x0537be77;

/** Reads a healthy image; made apart from the reader under test. */
export function survey(file: SparseFile): Survey {
  return new Surveyor(file).survey();
}

class Surveyor {
  readonly #file: SparseFile;
  readonly #tables: Table[] = [];
  readonly #fields: Field[] = [];
  readonly #regions: Region[] = [];
  readonly #blocks: Region[] = [];
  readonly #clusterSize: number;
  readonly #version: number;
  readonly #l2EntrySize: number;

  constructor(file: SparseFile) {
    this.#file = file;
    this.#version = this.#number(4, 4);
    this.#clusterSize = 2 ** this.#number(20, 4);
    const hasExtendedL2 = this.#version === 3 && (this.#number(72, 8) & 16) !== 0;
    this.#l2EntrySize = hasExtendedL2 ? 16 : 8;
  }

  survey(): Survey {
    this.#header();
    this.#l1('l1', 'l2', this.#number(40, 8), this.#number(36, 4));
    this.#refcounts();
    this.#snapshots();
    return {
      clusterSize: this.#clusterSize,
      fileSize: this.#file.size,
      tables: this.#tables,
      fields: this.#fields,
      refcountBlocks: this.#blocks,
      regions: this.#regions,
      read: (offset, length) => this.#read(offset, length),
    };
  }

  #header(): void {
    const fields = this.#version === 3 ? HEADER_V3 : HEADER_V2;
    this.#addFields('header', 0, fields);
    this.#region(0, this.#clusterSize);
    let at = this.#version === 3 ? this.#number(100, 4) : 72;
    for (;;) {
      const type = this.#number(at, 4);
      const length = this.#number(at + 4, 4);
      const words = Array.from(
        { length: Math.min(3, length >> 3) },
        (_, i) => [8 + i * 8, 8] as const,
      );
      this.#addFields('extension', at, [[0, 4], [4, 4], ...words]);
      if (type === BITMAPS_EXTENSION) this.#bitmaps(at + 8);
      if (type === CRYPTO_EXTENSION)
        this.#region(this.#number(at + 8, 8), this.#number(at + 16, 8));
      if (type === 0) return;
      at += 8 + Math.ceil(length / 8) * 8;
    }
  }

  #l1(kind: 'l1' | 'snapshot-l1', l2Kind: TableKind, offset: number, entries: number): void {
    const l1 = this.#table(kind, offset, entries);
    const known = new Set(this.#tables.map((table) => table.offset));
    for (const index of l1.used) {
      const l2Offset = Number(this.#read(offset + index * 8, 8) & OFFSET_BITS);
      if (known.has(l2Offset)) continue;
      const l2 = this.#table(l2Kind, l2Offset, this.#clusterSize / 8);
      this.#someData(l2);
    }
  }

  #someData(l2: Table): void {
    const step = this.#l2EntrySize / 8;
    for (const index of l2.used.filter((i) => i % step === 0).slice(0, 6)) {
      const entry = this.#read(l2.offset + index * 8, 8);
      const offset = Number(entry & OFFSET_BITS);
      if ((entry & (1n << 62n)) === 0n && offset < this.#file.size) {
        this.#region(offset, this.#clusterSize);
      }
    }
  }

  #refcounts(): void {
    const offset = this.#number(48, 8);
    const table = this.#table(
      'refcount-table',
      offset,
      (this.#number(56, 4) * this.#clusterSize) / 8,
    );
    for (const index of table.used) {
      const block = { offset: this.#number(offset + index * 8, 8), length: this.#clusterSize };
      this.#blocks.push(block);
      this.#region(block.offset, block.length);
    }
  }

  #snapshots(): void {
    const start = this.#number(64, 8);
    let at = start;
    for (let i = 0; i < this.#number(60, 4); i++) {
      at = Math.ceil(at / 8) * 8;
      const extra = this.#number(at + 36, 4);
      this.#addFields('snapshot', at, extra >= 16 ? SNAPSHOT_FIELDS : SNAPSHOT_FIELDS.slice(0, 6));
      this.#l1('snapshot-l1', 'snapshot-l2', this.#number(at, 8), this.#number(at + 8, 4));
      at += 40 + extra + this.#number(at + 12, 2) + this.#number(at + 14, 2);
    }
    if (at > start) this.#region(start, at - start);
  }

  #bitmaps(at: number): void {
    const count = this.#number(at, 4);
    const directory = this.#number(at + 16, 8);
    this.#region(directory, this.#number(at + 8, 8));
    let entry = directory;
    for (let i = 0; i < count; i++) {
      this.#addFields('bitmap', entry, BITMAP_FIELDS);
      const table = this.#table('bitmap-table', this.#number(entry, 8), this.#number(entry + 8, 4));
      for (const index of table.used) {
        const data = Number(this.#read(table.offset + index * 8, 8) & OFFSET_BITS);
        if (data !== 0) this.#region(data, this.#clusterSize);
      }
      entry += Math.ceil((24 + this.#number(entry + 18, 2) + this.#number(entry + 20, 4)) / 8) * 8;
    }
  }

  #table(kind: TableKind, offset: number, entries: number): Table {
    const used: number[] = [];
    for (const piece of this.#file.pieces) {
      const from = Math.max(piece.offset, offset);
      const to = Math.min(piece.offset + piece.bytes.length, offset + entries * 8);
      for (let at = from; at < to; at++) {
        const index = Math.floor((at - offset) / 8);
        if (piece.bytes[at - piece.offset] !== 0 && used.at(-1) !== index) used.push(index);
      }
    }
    const table = { kind, offset, entries, used };
    this.#tables.push(table);
    this.#region(offset, entries * 8);
    return table;
  }

  #addFields(group: Field['group'], offset: number, fields: typeof HEADER_V2): void {
    for (const [at, length] of fields) this.#fields.push({ group, offset: offset + at, length });
  }

  #region(offset: number, length: number): void {
    this.#regions.push({ offset, length });
  }

  #number(offset: number, length: number): number {
    return Number(this.#read(offset, length));
  }

  #read(offset: number, length: number): bigint {
    let value = 0n;
    for (let at = offset; at < offset + length; at++)
      value = (value << 8n) | BigInt(this.#byte(at));
    return value;
  }

  #byte(offset: number): number {
    for (const piece of this.#file.pieces) {
      const at = offset - piece.offset;
      if (at >= 0 && at < piece.bytes.length) return piece.bytes[at];
    }
    return 0;
  }
}
