import { type ByteSource, readBytes } from '../../../byteSource.js';
import { roundUp, upToNul, viewOf } from '../../../bytes.js';
import { BIT } from '../../../map/kinds.js';
import {
  type Bitmap,
  type BitmapDirectory,
  firstInvalidEntry,
  readBitmapDirectory,
  tableEntriesNeeded,
} from '../../../qcow2/bitmapDirectory.js';
import { EntryTable, maskedOffset } from '../../../qcow2/entryTable.js';
import { AUTOCLEAR } from '../../../qcow2/features.js';
import { DirtyBits } from './dirtyBits.js';
import type { Driver } from '../driver.js';
import { cleaningUp, RequestError, Unpredictable } from '../../copy/failure.js';
import { wordsOf } from '../state/memoryTable.js';
import { bytesPart } from '../../copy/overlay.js';

/** Bytes of a directory entry before the name, and where in it the flags and the name's size lie. */
const FIXED_BYTES = 24;
const FLAGS_AT = 12;
const NAME_SIZE_AT = 18;
const IN_USE = 1;
const AUTO = 2;

/** A bitmap table as an entry of the directory names it. */
interface BitmapTablePlace {
  readonly offset: number;
  /** Entries. */
  readonly entries: number;
}

interface Held {
  readonly bitmap: Bitmap;
  /** The directory entry without padding. */
  readonly record: Uint8Array;
  /** Undefined for one that is in use by somebody else, or was lost: it stays as it is. */
  readonly dirty: DirtyBits | undefined;
}

/** The persistent bitmaps that the driver loads when it opens an image, and stores when it closes it. */
export class Bitmaps {
  readonly #driver: Driver;
  readonly #held: readonly Held[];

  private constructor(driver: Driver, held: readonly Held[]) {
    this.#driver = driver;
    this.#held = held;
  }

  /**
   * Loads the bitmaps and marks them as in use (qcow2_load_dirty_bitmaps); undefined when there are
   * none. Failures are RequestError.
   */
  static load(driver: Driver): Bitmaps | undefined {
    const { bitmaps } = driver.image;
    if (!bitmaps) return undefined;
    const held = bitmaps.bitmaps.map((bitmap) => hold(driver, bitmap));
    const loaded = new Bitmaps(driver, held);
    if (held.some(({ dirty }) => dirty)) loaded.#markInUse();
    return loaded;
  }

  /** The guest wrote to, zeroed or discarded a range. */
  touch(guest: number, bytes: number): void {
    if (bytes > 0)
      for (const { bitmap, dirty } of this.#held) if (bitmap.auto) dirty?.set(guest, bytes);
  }

  /**
   * Stores all bitmaps anew, and frees what they took before (qcow2_store_persistent_dirty_bitmaps).
   * The result is why they are lost, if they are.
   */
  store(): string | undefined {
    const { header, guard, refcounts } = this.#driver;
    const old = header.bitmaps;
    if (!old) return undefined;
    const directory = this.#reread(old);
    if (directory.failure) return directory.failure.message;
    if (!this.#held.some(({ dirty }) => dirty)) return undefined;
    const stored: BitmapTablePlace[] = [];
    try {
      const records = this.#held.map((held) => this.#storeOne(held, stored));
      failing('Failed to update bitmap extension', () => {
        const place = this.#storeDirectory(records, stored);
        this.#driver.writeCaches();
        header.autoclear |= AUTOCLEAR.bitmaps;
        header.bitmaps = { count: records.length, ...place };
        guard.bitmapDirectory({ offset: place.offset, bytes: place.size });
      });
    } catch (error) {
      if (!(error instanceof BitmapsLost)) throw error;
      for (const table of stored) if (table.offset !== 0) this.#freeTable(table);
      return error.message;
    }
    this.#driver.writeHeader();
    refcounts.free(old.offset, old.size, 'other', 'bitmap-directory');
    // QEMU's list of bitmaps has the last one loaded in front.
    for (const { bitmap, dirty } of this.#held.toReversed())
      if (dirty) this.#freeTable({ offset: Number(bitmap.tableOffset), entries: bitmap.tableSize });
    return undefined;
  }

  /** QEMU reads the directory again; it may have been destroyed meanwhile. */
  #reread(old: NonNullable<Driver['header']['bitmaps']>): BitmapDirectory {
    const { file, sizes, image } = this.#driver;
    const { virtualSize } = image.geometry;
    const { offset, size, count } = old;
    return readBitmapDirectory(file.overlay, offset, size, count, sizes.clusterSize, virtualSize);
  }

  /** One bitmap's new directory entry. */
  #storeOne({ bitmap, record, dirty }: Held, stored: BitmapTablePlace[]): Uint8Array {
    if (!dirty) return record;
    const entry = record.slice();
    const table = this.#storeBits(dirty, bitmap);
    stored.push(table);
    viewOf(entry).setBigUint64(0, BigInt(table.offset));
    viewOf(entry).setUint32(8, table.entries);
    viewOf(entry).setUint32(FLAGS_AT, bitmap.auto ? AUTO : 0);
    return entry;
  }

  /** In the file all are in use until they are stored (update_ext_header_and_dir_in_place). */
  #markInUse(): void {
    const { header, file, image, guard } = this.#driver;
    const place = { offset: image.bitmaps?.offset ?? 0, bytes: image.bitmaps?.size ?? 0 };
    header.autoclear &= ~AUTOCLEAR.bitmaps;
    guard.bitmapDirectory(undefined);
    this.#driver.writeHeader();
    const records = this.#held.map(({ record, dirty }) => {
      const entry = record.slice();
      if (dirty) viewOf(entry).setUint32(FLAGS_AT, viewOf(entry).getUint32(FLAGS_AT) | IN_USE);
      return entry;
    });
    const bytes = encodeDirectory(records);
    if (bytes.length !== place.bytes) throw new RequestError('EINVAL');
    file.writeChecked('bitmap directory', BIT.bitmapDirectory, place.offset, [bytesPart(bytes)]);
    this.#driver.writeHeader();
    header.autoclear |= AUTOCLEAR.bitmaps;
    guard.bitmapDirectory(place);
    this.#driver.writeHeader();
  }

  /** A cluster for every part of the bitmap that is not all zeros, and a table (store_bitmap). */
  #storeBits(dirty: DirtyBits, bitmap: Bitmap): BitmapTablePlace {
    const { allocation, file, refcounts, sizes } = this.#driver;
    const entries = bitmap.tableSize;
    const table = new Uint8Array(entries * 8);
    const view = viewOf(table);
    const data: number[] = [];
    let offset = 0;
    const noRoom = `Failed to allocate clusters for bitmap '${bitmap.name}'`;
    return undoing(
      () => {
        for (const [chunk, bytes] of dirty.chunks()) {
          const cluster = failing(noRoom, () => allocation.allocate(sizes.clusterSize));
          data.push(cluster);
          this.#driver.allocated('bitmap-data', cluster, 1);
          const [high, low] = wordsOf(cluster);
          view.setUint32(chunk * 8, high);
          view.setUint32(chunk * 8 + 4, low);
          failing(STOPPED, () => {
            file.writeChecked('bitmap data', 0, cluster, [bytesPart(bytes)]);
          });
        }
        offset = failing(noRoom, () => allocation.allocate(table.length));
        this.#driver.allocated('bitmap-table', offset, Math.ceil(table.length / sizes.clusterSize));
        failing(STOPPED, () => {
          file.writeChecked('bitmap table', 0, offset, [bytesPart(table)]);
        });
        return { offset, entries };
      },
      () => {
        for (const cluster of data)
          if (cluster !== 0) refcounts.free(cluster, sizes.clusterSize, 'always', 'bitmap-data');
        if (offset > 0) refcounts.free(offset, table.length, 'other', 'bitmap-table');
      },
    );
  }

  #storeDirectory(
    records: readonly Uint8Array[],
    tables: readonly BitmapTablePlace[],
  ): { offset: number; size: number } {
    const { allocation, file, refcounts, sizes } = this.#driver;
    if (tables.some(({ offset }) => offset === 0)) throw new RequestError('EINVAL');
    const bytes = encodeDirectory(records);
    const offset = allocation.allocate(bytes.length);
    this.#driver.allocated('bitmap-directory', offset, Math.ceil(bytes.length / sizes.clusterSize));
    cleaningUp(
      () => {
        file.writeChecked('bitmap directory', 0, offset, [bytesPart(bytes)]);
      },
      () => {
        if (offset > 0) refcounts.free(offset, bytes.length, 'other', 'bitmap-directory');
      },
    );
    return { offset, size: bytes.length };
  }

  /** Frees a table and what it refers to, unless an entry makes no sense (free_bitmap_clusters). */
  #freeTable({ offset, entries }: BitmapTablePlace): void {
    const { file, refcounts, sizes } = this.#driver;
    const table = EntryTable.read(file.overlay, BigInt(offset), entries);
    // A table that does not look like one is left alone (bitmap_table_load).
    if (firstInvalidEntry(table, sizes.clusterSize) >= 0) return;
    for (let i = 0; i < table.present; i++) {
      const cluster = maskedOffset(table.high(i), table.low(i));
      if (cluster !== 0) refcounts.free(cluster, sizes.clusterSize, 'always', 'bitmap-data');
    }
    refcounts.free(offset, entries * 8, 'other', 'bitmap-table');
  }
}

/** Storing ends here; the message says why. */
class BitmapsLost extends Error {}

const STOPPED = 'Qcow2 overlap check failed';

/** Runs a part whose failure is told in these words. */
function failing<T>(words: string, part: () => T): T {
  try {
    return part();
  } catch (error) {
    if (error instanceof RequestError) throw new BitmapsLost(`${words}: ${error.message}`);
    throw error;
  }
}

function undoing<T>(part: () => T, cleanUp: () => void): T {
  try {
    return part();
  } catch (error) {
    if (error instanceof BitmapsLost) cleanUp();
    throw error;
  }
}

function hold({ image, file, sizes }: Driver, bitmap: Bitmap): Held {
  const { source } = image;
  const record = recordAt(source, bitmap.offset);
  if (bitmap.inUse) return { bitmap, record, dirty: undefined };
  const entries = Number(tableEntriesNeeded(bitmap, sizes.clusterSize, image.geometry.virtualSize));
  const dirty = new DirtyBits(2 ** bitmap.granularityBits, sizes.clusterSize, sizes.diskSize);
  const table = EntryTable.read(file.overlay, bitmap.tableOffset, entries);
  for (let i = 0; i < table.present; i++) {
    const offset = maskedOffset(table.high(i), table.low(i));
    if (offset !== 0) {
      const bytes = new Uint8Array(sizes.clusterSize);
      file.read(bytes, offset);
      dirty.load(i, bytes);
    } else if ((table.low(i) & 1) !== 0) dirty.fill(i);
  }
  if (dirty.tooLarge) throw new Unpredictable('gave up: the bitmaps are too large');
  return { bitmap, record, dirty };
}

/** A directory entry as QEMU would write it: the name ends at its first NUL. */
function recordAt(source: ByteSource, offset: number): Uint8Array {
  const fixed = readBytes(source, offset, FIXED_BYTES);
  const nameSize = viewOf(fixed).getUint16(NAME_SIZE_AT);
  const name = upToNul(readBytes(source, offset + FIXED_BYTES, nameSize));
  viewOf(fixed).setUint16(NAME_SIZE_AT, name.length);
  const record = new Uint8Array(FIXED_BYTES + name.length);
  record.set(fixed);
  record.set(name, FIXED_BYTES);
  return record;
}

function encodeDirectory(records: readonly Uint8Array[]): Uint8Array {
  const size = records.reduce((sum, record) => sum + roundUp(record.length, 8), 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const record of records) {
    bytes.set(record, at);
    at += roundUp(record.length, 8);
  }
  return bytes;
}
