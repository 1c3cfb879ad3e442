import { hex, hexWords, viewOf } from '../../bytes.js';
import { type ByteSource, readBytes } from '../../byteSource.js';
import { type FieldName, readHeader } from '../../qcow2/header.js';
import { blockOffset, EntryTable, maskedOffset } from '../../qcow2/entryTable.js';
import type { MappableImage } from '../../qcow2/image.js';
import { MAX_L1_BYTES, MAX_REFCOUNT_TABLE_BYTES } from '../../qcow2/limits.js';
import { refcountReader } from '../../qcow2/refcountEntry.js';
import { Unpredictable } from '../copy/failure.js';
import type { Overlay } from '../copy/overlay.js';
import type { Work } from '../../work.js';

/** A value before and after; entries and fields in hexadecimal, `0x…`. */
interface Change<T> {
  readonly old: T;
  readonly new: T;
}

/** What is different in the file. Lists are in ascending order. */
export interface Difference {
  /** Bytes. */
  readonly fileLength: number;
  readonly header: Readonly<Partial<Record<FieldName, readonly [old: string, now: string]>>>;
  readonly l1: readonly ({ readonly index: number } & Change<string>)[];
  /** With extended L2 an entry is followed by its bitmap. */
  readonly l2: readonly ({ readonly guestCluster: number } & Change<string>)[];
  readonly refcountTable: readonly ({ readonly index: number } & Change<string>)[];
  /** Decimal. */
  readonly refcounts: readonly ({ readonly cluster: number } & Change<string>)[];
  /** What cannot be compared, since nobody knows what lies there now. */
  readonly unknown: readonly string[];
}

/** More entries than this are not listed. */
const MAX_LISTED = 2 ** 20;

/** Bytes of tables that are compared: a table of garbage can refer to millions of clusters. */
const MAX_COMPARED = 2 ** 28;
/** A read takes as long as comparing so many bytes. */
const READ_COST = 4096;

/** Compares a file with the changes over it, by what the header of each points to: a step for each table. */
export function difference(image: MappableImage, now: Overlay): Work<Difference> {
  return new Comparison(image, now).run();
}

class Comparison {
  readonly #image: MappableImage;
  readonly #old: ByteSource;
  readonly #now: Overlay;
  readonly #unknown: string[] = [];
  /** Bytes. */
  #compared = 0;

  constructor(image: MappableImage, now: Overlay) {
    this.#image = image;
    this.#old = image.source;
    this.#now = now;
  }

  *run(): Work<Difference> {
    const { header } = this.#image;
    let after = header;
    this.#known('the header', () => {
      after = readHeader(this.#now);
    });
    const fields: Partial<Record<FieldName, readonly [string, string]>> = {};
    for (const { name } of after.fields)
      if (after.value(name) !== header.value(name))
        fields[name] = [hex(header.value(name)), hex(after.value(name))];
    const l1 = [
      this.#table(
        this.#old,
        header.value('l1_table_offset'),
        header.number('l1_size'),
        MAX_L1_BYTES,
      ),
      this.#table(this.#now, after.value('l1_table_offset'), after.number('l1_size'), MAX_L1_BYTES),
    ] as const;
    const perCluster = this.#image.geometry.clusterSize / 8;
    const blocks = [
      this.#table(
        this.#old,
        header.value('refcount_table_offset'),
        header.number('refcount_table_clusters') * perCluster,
        MAX_REFCOUNT_TABLE_BYTES,
      ),
      this.#table(
        this.#now,
        after.value('refcount_table_offset'),
        after.number('refcount_table_clusters') * perCluster,
        MAX_REFCOUNT_TABLE_BYTES,
      ),
    ] as const;
    const l2 = yield* this.#l2(...l1);
    const refcounts = yield* this.#refcounts(...blocks);
    return {
      fileLength: this.#now.size,
      header: fields,
      l1: entries(...l1),
      l2,
      refcountTable: entries(...blocks),
      refcounts,
      unknown: this.#unknown,
    };
  }

  #table(source: ByteSource, offset: bigint, length: number, mostBytes: number): EntryTable {
    let table = EntryTable.EMPTY;
    this.#known(`the table at ${hex(offset)}`, () => {
      table = EntryTable.read(source, offset, Math.min(length, mostBytes / 8));
    });
    return table;
  }

  #known(what: string, part: () => void): void {
    try {
      part();
    } catch (error) {
      if (!(error instanceof Unpredictable)) throw error;
      this.#unknown.push(what);
    }
  }

  *#l2(old: EntryTable, now: EntryTable): Work<Difference['l2']> {
    const { geometry } = this.#image;
    const { l2Entries, l2EntrySize } = geometry;
    const list: Difference['l2'][number][] = [];
    for (let index = 0; index < Math.max(old.present, now.present); index++) {
      const before = maskedOffset(old.high(index), old.low(index));
      const after = maskedOffset(now.high(index), now.low(index));
      this.#clusterPair('L2 table', before, after, (a, b) => {
        for (let i = 0; i < l2Entries && list.length < MAX_LISTED; i++) {
          const change = changeAt(a, b, i * l2EntrySize, l2EntrySize);
          if (change) list.push({ guestCluster: index * l2Entries + i, ...change });
        }
      });
      yield;
    }
    return list;
  }

  *#refcounts(old: EntryTable, now: EntryTable): Work<Difference['refcounts']> {
    const { refcountsPerBlock, refcountBits } = this.#image.geometry;
    const list: Difference['refcounts'][number][] = [];
    const place = (t: EntryTable, i: number): number => blockOffset(t.high(i), t.low(i));
    for (let index = 0; index < Math.max(old.present, now.present); index++) {
      const [before, after] = [place(old, index), place(now, index)];
      this.#clusterPair('refcount block', before, after, (a, b) => {
        const [readOld, readNew] = [
          refcountReader(a, refcountBits),
          refcountReader(b, refcountBits),
        ];
        for (let i = 0; i < refcountsPerBlock && list.length < MAX_LISTED; i++) {
          const [was, is] = [readOld(i), readNew(i)];
          if (was !== is)
            list.push({
              cluster: index * refcountsPerBlock + i,
              old: String(was),
              new: String(is),
            });
        }
      });
      yield;
    }
    return list;
  }

  /** Compares two clusters, each of zeros when there is none, unless they cannot differ. */
  #clusterPair(
    what: string,
    before: number,
    after: number,
    compare: (old: Uint8Array, now: Uint8Array) => void,
  ): void {
    const { clusterSize } = this.#image.geometry;
    const old = before < this.#old.size ? before : 0;
    const now = after < this.#now.size ? after : 0;
    if (old === now && (now === 0 || !this.#now.isChanged(now, clusterSize))) return;
    if (this.#compared >= MAX_COMPARED) {
      if (this.#compared < Infinity)
        this.#unknown.push(`more than can be compared, from the ${what} at ${hex(now)} on`);
      this.#compared = Infinity;
      return;
    }
    this.#compared += clusterSize + READ_COST;
    const read = (source: ByteSource, offset: number): Uint8Array =>
      offset === 0 ? new Uint8Array(clusterSize) : readBytes(source, offset, clusterSize);
    this.#known(`the ${what} at ${hex(now)}`, () => {
      compare(read(this.#old, old), read(this.#now, now));
    });
  }
}

function entries(old: EntryTable, now: EntryTable): Difference['l1'] {
  const list: Difference['l1'][number][] = [];
  const text = (t: EntryTable, i: number): string => `0x${hexWords(t.high(i), t.low(i))}`;
  for (let i = 0; i < Math.max(old.present, now.present) && list.length < MAX_LISTED; i++)
    if (old.high(i) !== now.high(i) || old.low(i) !== now.low(i))
      list.push({ index: i, old: text(old, i), new: text(now, i) });
  return list;
}

function changeAt(
  old: Uint8Array,
  now: Uint8Array,
  at: number,
  bytes: number,
): Change<string> | undefined {
  const text = (source: Uint8Array): string => {
    const view = viewOf(source);
    const word = (offset: number): string =>
      `0x${hexWords(view.getUint32(offset), view.getUint32(offset + 4))}`;
    return bytes === 8 ? word(at) : `${word(at)} ${word(at + 8)}`;
  };
  for (let i = at; i < at + bytes; i++)
    if (old[i] !== now[i]) return { old: text(old), new: text(now) };
  return undefined;
}
