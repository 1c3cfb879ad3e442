import { type ByteSource, readBytes } from '../byteSource.js';
import { textOf, viewOf } from '../bytes.js';
import { type EntryTable } from './entryTable.js';
import {
  MAX_BITMAP_BYTES,
  MAX_BITMAP_NAME,
  MAX_BITMAP_TABLE_ENTRIES,
  MAX_GRANULARITY_BITS,
  MIN_GRANULARITY_BITS,
} from './limits.js';

const FIXED_BYTES = 24;
const RESERVED_FLAGS = 0xfffffffc;
const IN_USE = 1;
const DIRTY_TRACKING = 1;

/** An entry of the bitmap directory. */
export interface Bitmap {
  /** Host offset of the entry in bytes. */
  readonly offset: number;
  readonly name: string;
  readonly tableOffset: bigint;
  /** Entries. */
  readonly tableSize: number;
  readonly inUse: boolean;
  readonly auto: boolean;
  readonly type: number;
  readonly granularityBits: number;
}

/** What QEMU says when it cannot load the bitmaps, and where in the file the reason lies. */
export interface BitmapFailure {
  readonly message: string;
  readonly offset: number;
  /** The entry at fault, as far as it could be understood. */
  readonly bitmap?: Bitmap;
}

export interface BitmapDirectory {
  readonly bitmaps: readonly Bitmap[];
  readonly failure: BitmapFailure | undefined;
}

function fits(
  bitmap: Bitmap,
  flags: number,
  nameSize: number,
  clusterSize: number,
  virtualSize: bigint,
): boolean {
  if (bitmap.tableSize === 0 || bitmap.tableSize > MAX_BITMAP_TABLE_ENTRIES) return false;
  if (bitmap.tableOffset === 0n || bitmap.tableOffset % BigInt(clusterSize) !== 0n) return false;
  if (bitmap.granularityBits > MAX_GRANULARITY_BITS) return false;
  if (bitmap.granularityBits < MIN_GRANULARITY_BITS) return false;
  if ((flags & RESERVED_FLAGS) !== 0 || nameSize > MAX_BITMAP_NAME) return false;
  if (bitmap.type !== DIRTY_TRACKING) return false;
  const bytes = bitmap.tableSize * clusterSize;
  if (bytes > MAX_BITMAP_BYTES) return false;
  return bitmap.inUse || virtualSize <= BigInt(bytes * 8) << BigInt(bitmap.granularityBits);
}

/**
 * Reads the directory as QEMU's bitmap_list_load does: any fault makes all of it invalid, but what
 * was understood before the fault is kept. `size` ≤ MAX_BITMAP_DIRECTORY_BYTES.
 */
export function readBitmapDirectory(
  source: ByteSource,
  offset: number,
  size: number,
  count: number,
  clusterSize: number,
  virtualSize: bigint,
): BitmapDirectory {
  const bitmaps: Bitmap[] = [];
  const fail = (message: string, at: number, bitmap?: Bitmap): BitmapDirectory => ({
    bitmaps,
    failure: bitmap ? { message, offset: at, bitmap } : { message, offset: at },
  });
  if (size === 0) return fail('Requested bitmap directory size is zero', offset);
  const inFile = Math.max(0, Math.min(size, source.size - offset));
  // What lies past the end of the file reads as zeros, and an entry of zeros is invalid: room for
  // one such entry is enough to come to the same verdict.
  const bytes = readBytes(source, offset, Math.min(size, inFile + FIXED_BYTES));
  const view = viewOf(bytes);
  let at = 0;
  while (at < size) {
    if (at + FIXED_BYTES > size) return fail('Broken bitmap directory', offset + at);
    if (bitmaps.length + 1 > count)
      return fail('More bitmaps found than specified in header extension', offset + at);
    if (at + FIXED_BYTES > bytes.length)
      return fail("Bitmap '' doesn't satisfy the constraints", offset + at);
    const flags = view.getUint32(at + 12);
    const nameSize = view.getUint16(at + 18);
    const extraSize = view.getUint32(at + 20);
    // QEMU adds up the entry's size in an int, which may wrap.
    const end = at + ((FIXED_BYTES + nameSize + extraSize + 7) & ~7);
    if (end > size) return fail('Broken bitmap directory', offset + at + 18);
    if (extraSize !== 0) return fail('Bitmap extra data is not supported', offset + at + 20);
    const bitmap: Bitmap = {
      offset: offset + at,
      name: textOf(bytes.subarray(at + FIXED_BYTES, at + FIXED_BYTES + nameSize)),
      tableOffset: view.getBigUint64(at),
      tableSize: view.getUint32(at + 8),
      inUse: (flags & IN_USE) !== 0,
      auto: (flags & 2) !== 0,
      type: view.getUint8(at + 16),
      granularityBits: view.getUint8(at + 17),
    };
    if (!fits(bitmap, flags, nameSize, clusterSize, virtualSize))
      return fail(`Bitmap '${bitmap.name}' doesn't satisfy the constraints`, offset + at, bitmap);
    bitmaps.push(bitmap);
    at = end;
  }
  if (bitmaps.length !== count)
    return fail('Less bitmaps found than specified in header extension', offset + at);
  return { bitmaps, failure: undefined };
}

/** Whether a bitmap table entry breaks the format (QEMU's check_table_entry). */
export function bitmapEntryInvalid(high: number, low: number, clusterSize: number): boolean {
  if ((high & 0xff000000) !== 0 || (low & 0x1fe) !== 0) return true;
  const hasOffset = (high & 0x00ffffff) !== 0 || (low & 0xfffffe00) !== 0;
  return hasOffset && ((low & 1) !== 0 || (low & (clusterSize - 1)) !== 0);
}

/** Index of the first invalid entry of a bitmap table, or -1. */
export function firstInvalidEntry(table: EntryTable, clusterSize: number): number {
  for (let index = 0; index < table.present; index++)
    if (bitmapEntryInvalid(table.high(index), table.low(index), clusterSize)) return index;
  return -1;
}

/** Table entries that a bitmap of this granularity needs to cover the disk (load_bitmap_data). */
export function tableEntriesNeeded(
  bitmap: Bitmap,
  clusterSize: number,
  virtualSize: bigint,
): bigint {
  const granularity = 1n << BigInt(bitmap.granularityBits);
  const bits = (virtualSize + granularity - 1n) / granularity;
  // The serialised bitmap is made of 64-bit words.
  const bytes = ((bits + 63n) / 64n) * 8n;
  return (bytes + BigInt(clusterSize) - 1n) / BigInt(clusterSize);
}
