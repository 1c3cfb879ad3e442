import { readBytes } from '../byteSource.js';
import { roundUp, viewOf } from '../bytes.js';
import type { Scan } from '../check/scan.js';
import { findExtension } from '../qcow2/extensions.js';
import type { MappableImage } from '../qcow2/image.js';
import { MAX_BITMAP_TABLE_ENTRIES } from '../qcow2/limits.js';
import { blockOffset } from '../qcow2/entryTable.js';

/** Bytes of a file. */
export interface FilePart {
  readonly offset: number;
  readonly length: number;
}

/** Bytes that are not to be told: zeros stand in their place, or a name that is made up. */
export interface PrivatePart extends FilePart {
  readonly isName: boolean;
}

/** Type and length of an extension, and its bytes rounded up to 8. */
const EXTENSION_HEAD = 8;
const LONGEST_HEADER = 4096;
/** What every entry of the snapshot table has. */
const SNAPSHOT_ENTRY = 40;

/** The bytes that qemu-img reads to open and check an image, as far as the file has them. */
export function* metadataParts(scan: Scan): Generator<FilePart, void, void> {
  const { image, tables } = scan;
  const { source, geometry, l1, refcountTable, snapshotTable, header } = image;
  const { clusterSize } = geometry;
  yield { offset: 0, length: headerEnd(image) };
  yield { offset: l1.offset, length: l1.present * 8 };
  yield { offset: refcountTable.offset, length: refcountTable.present * 8 };
  for (let index = 0; index < refcountTable.present; index++) {
    const offset = blockOffset(refcountTable.high(index), refcountTable.low(index));
    if (offset !== 0 && offset < source.size) yield { offset, length: clusterSize };
  }
  // Where the table cannot be read to its end, the entry that is to blame lies behind what was read.
  const blamed = snapshotTable.failure ? SNAPSHOT_ENTRY + 8 : 0;
  if (header.number('nb_snapshots') > 0)
    yield { offset: image.snapshotsOffset, length: snapshotTable.size + blamed };
  for (const { l1Offset, l1Size } of snapshotTable.snapshots)
    yield { offset: Number(l1Offset), length: l1Size * 8 };
  for (let table = 0; table < tables.length; table++)
    yield { offset: tables.offset(table), length: clusterSize };
  const directory = image.bitmaps ?? image.unreadBitmaps;
  if (directory) yield { offset: directory.offset, length: directory.size };
  for (const { tableOffset, tableSize } of directory?.bitmaps ?? [])
    yield {
      offset: Number(tableOffset),
      length: Math.min(tableSize, MAX_BITMAP_TABLE_ENTRIES) * 8,
    };
  if (image.crypto) yield { offset: Number(image.crypto.offset), length: LUKS.header };
}

/** The end of what the header, its extensions and the name of the backing file take. */
function headerEnd({ header, extensions, geometry }: MappableImage): number {
  const start = Math.min(header.number('header_length'), geometry.clusterSize);
  const ends = extensions.list.map(({ offset, length }) => offset + roundUp(length, 8));
  const last = Math.max(start, ...ends.slice(-1));
  const name = Number(header.value('backing_file_offset')) + header.number('backing_file_size');
  // The head of the extension that ends the list, or that is broken.
  const end = Math.max(last + EXTENSION_HEAD, name);
  return Math.min(end, Math.max(geometry.clusterSize, LONGEST_HEADER));
}

/** Where in a LUKS header, version 1, something lies that was made of the key. */
const LUKS = {
  header: 592,
  /** Digest and salt of the master key. */
  digest: { offset: 112, length: 52 },
  slots: { offset: 208, count: 8, length: 48, salt: { offset: 8, length: 32 } },
} as const;

/** What of the metadata is not to be told; names only if they are to be hidden. */
export function privateParts(image: MappableImage, hideNames: boolean): PrivatePart[] {
  const parts: PrivatePart[] = [];
  const hide = (offset: number, length: number, isName = false): void => {
    if (length > 0 && (!isName || hideNames)) parts.push({ offset, length, isName });
  };
  for (const extension of image.extensions.list) {
    if (extension.type === 'unknown') hide(extension.offset, extension.length);
    if (extension.type === 'data-file') hide(extension.offset, extension.length, true);
  }
  if (image.backingFile !== undefined)
    hide(
      Number(image.header.value('backing_file_offset')),
      image.header.number('backing_file_size'),
      true,
    );
  for (const { offset, extraDataSize } of image.snapshotTable.snapshots) {
    const fixed = viewOf(readBytes(image.source, offset, SNAPSHOT_ENTRY));
    const extra = offset + SNAPSHOT_ENTRY;
    hide(extra + KNOWN_EXTRA_DATA, extraDataSize - KNOWN_EXTRA_DATA);
    hide(extra + extraDataSize + fixed.getUint16(12), fixed.getUint16(14), true);
  }
  for (const { offset } of (image.bitmaps ?? image.unreadBitmaps)?.bitmaps ?? [])
    hide(offset + 24, viewOf(readBytes(image.source, offset + 18, 2)).getUint16(0), true);
  if (findExtension(image.extensions, 'crypto') && image.crypto) {
    const at = Number(image.crypto.offset);
    hide(at + LUKS.digest.offset, LUKS.digest.length);
    for (let slot = 0; slot < LUKS.slots.count; slot++) {
      const { offset, length, salt } = LUKS.slots;
      hide(at + offset + slot * length + salt.offset, salt.length);
    }
  }
  return parts.sort((a, b) => a.offset - b.offset);
}

/** What the specification says of the extra data of a snapshot. */
const KNOWN_EXTRA_DATA = 24;
