import type { ByteSource } from '../byteSource.js';
import { viewOf } from '../bytes.js';
import { MAX_L1_BYTES } from '../qcow2/limits.js';
import { mayBeSnapshotTable } from './snapshotEntries.js';

const SECTOR = 512;
const WORDS = SECTOR / 8;
/** Bytes read at a time. */
const PIECE = 2 ** 20;
/** A file may be made of nothing but such places: so many are kept. */
const MAX_KEPT = 2 ** 18;
/** Offsets are on the grid of the smallest clusters at least, and of the largest at most. */
const MIN_BITS = 9;
const MAX_BITS = 21;

/** A part of the file in which all is zeros or entries of tables: [start, end), bytes. */
export interface TableRun {
  readonly start: number;
  readonly end: number;
}

/** What a file looks like, sector by sector, to somebody who knows nothing of it. */
export interface TableSectors {
  /** Ascending; at least one entry is in each. */
  readonly runs: readonly TableRun[];
  /** How many offsets in entries are multiples of 2^index, and of no more, up to 2^21. */
  readonly aligned: readonly number[];
  /** Sectors that only make sense as entries with a bitmap behind each, and all with entries. */
  readonly paired: number;
  readonly sectors: number;
  /** Where a snapshot table may begin. */
  readonly snapshotTables: readonly number[];
  /** There are more places than are kept. */
  readonly isPartial: boolean;
}

/**
 * Reads a whole file and keeps where tables may be. Yields the part done, 0 … 1. Throws on I/O errors.
 */
export function* tableSectors(source: ByteSource): Generator<number, TableSectors, void> {
  const look = new Look(source.size);
  const bytes = new Uint8Array(PIECE);
  const view = viewOf(bytes);
  const words = new Int32Array(bytes.buffer);
  for (let start = 0; start < source.size; start += PIECE) {
    source.readInto(bytes, start);
    const end = Math.min(PIECE, Math.ceil((source.size - start) / SECTOR) * SECTOR);
    // Of a disk that is not full, most is holes.
    if (isNothing(words)) look.zeros(start, start + end);
    else for (let at = 0; at < end; at += SECTOR) look.sector(view, at, start + at);
    yield start / source.size;
  }
  return look.done();
}

class Look {
  readonly #size: number;
  readonly #runs: TableRun[] = [];
  readonly #aligned = new Array<number>(MAX_BITS + 1).fill(0);
  readonly #snapshotTables: number[] = [];
  #paired = 0;
  #sectors = 0;
  #isPartial = false;
  /** The run that may go on; it counts once an entry is in it. */
  #run = { start: 0, end: 0, entries: false, lastEntry: 0 };
  /** Trailing zeros of the offsets of a sector. */
  readonly #zeros = new Uint8Array(WORDS);
  #found = 0;

  constructor(size: number) {
    this.#size = size;
  }

  sector(view: DataView, at: number, offset: number): void {
    this.#found = 0;
    const isPlain = isZero(view, at) || this.#isTable(view, at, 8);
    if (isPlain || this.#isTable(view, at, 16)) {
      if (this.#found === 0) {
        // Zeros, or entries that refer to nothing on the grid of clusters: a part of a table perhaps.
        this.zeros(offset, offset + SECTOR);
        return;
      }
      this.#sectors++;
      if (!isPlain) this.#paired++;
      for (let i = 0; i < this.#found; i++) this.#aligned[this.#zeros[i]]++;
      if (this.#run.end !== offset) this.#begin(offset);
      if (!this.#run.entries) this.#run.start = Math.max(this.#run.start, offset - MAX_L1_BYTES);
      this.#run.end = this.#run.lastEntry = offset + SECTOR;
      this.#run.entries = true;
      return;
    }
    if (mayBeSnapshotTable(view, at, this.#size)) {
      if (this.#snapshotTables.length < MAX_KEPT) this.#snapshotTables.push(offset);
      else this.#isPartial = true;
    }
  }

  /** What may be a part of a table, and says nothing. */
  zeros(from: number, to: number): void {
    if (this.#run.end !== from) this.#begin(from);
    this.#run.end = to;
  }

  done(): TableSectors {
    this.#keep();
    return {
      runs: this.#runs,
      aligned: this.#aligned,
      paired: this.#paired,
      sectors: this.#sectors,
      snapshotTables: this.#snapshotTables,
      isPartial: this.#isPartial,
    };
  }

  #begin(offset: number): void {
    this.#keep();
    this.#run = { start: offset, end: offset, entries: false, lastEntry: offset };
  }

  #keep(): void {
    const { start, entries, lastEntry } = this.#run;
    if (!entries) return;
    // No table is so long that it reaches further.
    const end = Math.min(this.#run.end, lastEntry + MAX_L1_BYTES);
    if (this.#runs.length < MAX_KEPT) this.#runs.push({ start, end });
    else this.#isPartial = true;
  }

  /** Whether a sector holds nothing but entries of so many bytes. */
  #isTable(view: DataView, at: number, entryBytes: 8 | 16): boolean {
    this.#found = 0;
    for (let place = at; place < at + SECTOR; place += entryBytes) {
      const [high, low] = [view.getUint32(place), view.getUint32(place + 4)];
      const isLocated = (high & 0x40ffffff) !== 0 || (low & 0xfffffe00) !== 0;
      if (entryBytes === 16 && !isBitmap(view, place + 8, isLocated)) return false;
      if ((high & 0x40000000) !== 0) {
        // Of a compressed entry these bits belong to the offset whatever the size of clusters.
        if ((high & 0x80000000) !== 0 || (high & 0x1ffff) * 2 ** 32 + low >= this.#size)
          return false;
        continue;
      }
      if ((high & 0x3f000000) !== 0 || (low & 0x1fe) !== 0) return false;
      if (!isLocated) continue;
      if ((high & 0x00ffffff) * 2 ** 32 + low >= this.#size) return false;
      this.#zeros[this.#found++] = trailingZeros(high, low);
    }
    return true;
  }
}

/** A subcluster bitmap: no bit is set twice, and none without a cluster. */
function isBitmap(view: DataView, at: number, isLocated: boolean): boolean {
  const [zeroes, allocated] = [view.getUint32(at), view.getUint32(at + 4)];
  return (zeroes & allocated) === 0 && (isLocated || allocated === 0);
}

function isZero(view: DataView, at: number): boolean {
  for (let place = at; place < at + SECTOR; place += 4)
    if (view.getInt32(place) !== 0) return false;
  return true;
}

function isNothing(words: Int32Array): boolean {
  for (const word of words) if (word !== 0) return false;
  return true;
}

function trailingZeros(high: number, low: number): number {
  const bits = (low & 0xfffffe00) | 0;
  const count = bits === 0 ? 32 + ctz(high & 0x00ffffff) : ctz(bits);
  return Math.max(MIN_BITS, Math.min(MAX_BITS, count));
}

const ctz = (value: number): number => (value === 0 ? 32 : 31 - Math.clz32(value & -value));

/**
 * Sizes of clusters that entries may go by, as powers of two, the likeliest first: half of all offsets are
 * multiples of no more. An image within the guest's disk may have more entries than the one it is in.
 */
export function likelyClusterBits({ aligned }: TableSectors): number[] {
  const all = aligned.reduce((sum, count) => sum + count, 0);
  return aligned
    .map((count, bits) => ({ bits, count }))
    .filter(({ count }) => count > 0 && count >= SOME * all)
    .sort((a, b) => b.count - a.count)
    .map(({ bits }) => bits);
}

/** Part of all offsets. */
const SOME = 0.01;
