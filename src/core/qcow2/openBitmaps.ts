import type { ByteSource } from '../byteSource.js';
import { hex } from '../bytes.js';
import {
  type Bitmap,
  type BitmapDirectory,
  firstInvalidEntry,
  readBitmapDirectory,
  tableEntriesNeeded,
} from './bitmapDirectory.js';
import { EntryTable } from './entryTable.js';
import { type Extensions, findExtension } from './extensions.js';
import { AUTOCLEAR } from './features.js';
import type { Header } from './header.js';
import type { Geometry } from './geometry.js';
import * as limits from './limits.js';
import type { Refusals } from './refusals.js';

export interface BitmapsOfImage extends BitmapDirectory {
  /** Host offset and bytes of the directory. */
  readonly offset: number;
  readonly size: number;
}

export interface UnreadBitmaps extends BitmapsOfImage {
  /** Why QEMU does not read them. */
  readonly reason: string;
}

/** A bitmap table, which the image may place anywhere. */
export function readBitmapTable(source: ByteSource, bitmap: Bitmap): EntryTable {
  return EntryTable.read(
    source,
    bitmap.tableOffset,
    Math.min(bitmap.tableSize, limits.MAX_BITMAP_TABLE_ENTRIES),
  );
}

/** What QEMU's qcow2_load_dirty_bitmaps would refuse in a directory that is well formed. */
function checkBitmapTables(
  source: ByteSource,
  directory: BitmapDirectory,
  geometry: Geometry,
  refusals: Refusals,
): void {
  const names = new Set<string>();
  /** Many bitmaps may share one table: it is looked through once. */
  const invalidIn = new Map<string, number>();
  for (const bitmap of directory.bitmaps) {
    if (names.has(bitmap.name)) {
      if (bitmap.inUse) continue;
      const text = `Bitmap already exists: ${bitmap.name}`;
      refusals.at(
        'bitmap directory',
        bitmap.offset,
        `Two bitmaps have the name '${bitmap.name}': entry at ${hex(bitmap.offset)}`,
        text,
      );
    }
    names.add(bitmap.name);
    if (bitmap.inUse) continue;
    if (bitmap.tableOffset > limits.MAX_NODE_LENGTH - BigInt(bitmap.tableSize * 8)) {
      refusals.at(
        'bitmap directory',
        bitmap.offset,
        `The table of bitmap '${bitmap.name}' lies at ${hex(bitmap.tableOffset)} (entry at ${hex(bitmap.offset)}), expected an offset inside the file`,
        `Could not read bitmap_table table from image for bitmap '${bitmap.name}': Input/output error`,
      );
      continue;
    }
    const key = tableKey(bitmap);
    const invalid =
      invalidIn.get(key) ??
      firstInvalidEntry(readBitmapTable(source, bitmap), geometry.clusterSize);
    invalidIn.set(key, invalid);
    if (invalid >= 0) {
      const table = readBitmapTable(source, bitmap);
      refusals.at(
        'bitmap table',
        table.entryOffset(invalid),
        `Entry ${invalid} of the table of bitmap '${bitmap.name}' at ${hex(table.entryOffset(invalid))} is ${hex(table.entry(invalid))}, expected a cluster's offset without reserved bits`,
        `Could not read bitmap_table table from image for bitmap '${bitmap.name}': Invalid argument`,
      );
    }
    const needed = tableEntriesNeeded(bitmap, geometry.clusterSize, geometry.virtualSize);
    if (needed !== BigInt(bitmap.tableSize))
      refusals.at(
        'bitmap directory',
        bitmap.offset + 8,
        `The table of bitmap '${bitmap.name}' has ${bitmap.tableSize} entries (at ${hex(bitmap.offset + 8)}), expected ${needed}`,
        `Could not read bitmap '${bitmap.name}' from image: Invalid argument`,
      );
  }
}

/** Equal for bitmaps that share their table. */
export const tableKey = ({ tableOffset, tableSize }: Bitmap): string =>
  `${tableOffset} ${tableSize}`;

/** Reads the directory of bitmaps that QEMU leaves alone, since another program did not keep them. */
export function openUnreadBitmaps(
  source: ByteSource,
  header: Header,
  extensions: Extensions,
  geometry: Geometry,
): UnreadBitmaps | undefined {
  const extension = findExtension(extensions, 'bitmaps');
  if (!extension || (header.value('autoclear_features') & AUTOCLEAR.bitmaps) !== 0n)
    return undefined;
  const { directoryOffset, directorySize, count } = extension;
  if (directoryOffset === 0n || directoryOffset >= BigInt(geometry.fileSize)) return undefined;
  const offset = Number(directoryOffset);
  const size = Math.min(Number(directorySize), limits.MAX_BITMAP_DIRECTORY_BYTES);
  const { clusterSize, virtualSize } = geometry;
  const directory = readBitmapDirectory(source, offset, size, count, clusterSize, virtualSize);
  return { ...directory, offset, size, reason: 'autoclear bit 0 of the header is clear' };
}

/** Reads the bitmap directory and tests what qcow2_load_dirty_bitmaps tests. */
export function openBitmaps(
  source: ByteSource,
  header: Header,
  extensions: Extensions,
  geometry: Geometry,
  refusals: Refusals,
): BitmapsOfImage | undefined {
  const extension = findExtension(extensions, 'bitmaps');
  if (!extension || extension.count === 0) return undefined;
  if ((header.value('autoclear_features') & AUTOCLEAR.bitmaps) === 0n) return undefined;
  const size = Math.min(Number(extension.directorySize), limits.MAX_BITMAP_DIRECTORY_BYTES);
  const offset = Number(extension.directoryOffset);
  if (extension.directoryOffset > limits.MAX_NODE_LENGTH - BigInt(size)) {
    refusals.at(
      'bitmap directory',
      extension.offset + 16,
      `The bitmap directory's offset ${hex(extension.directoryOffset)} is past any file`,
      'Failed to read bitmap directory: Input/output error',
    );
    return undefined;
  }
  const directory = readBitmapDirectory(
    source,
    offset,
    size,
    extension.count,
    geometry.clusterSize,
    geometry.virtualSize,
  );
  if (directory.failure)
    refusals.at(
      'bitmap directory',
      directory.failure.offset,
      `The bitmap directory at ${hex(offset)} is unusable at ${hex(directory.failure.offset)}: ${directory.failure.message}`,
      directory.failure.message,
    );
  else checkBitmapTables(source, directory, geometry, refusals);
  return { ...directory, offset, size };
}
