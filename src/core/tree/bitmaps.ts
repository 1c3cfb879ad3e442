import { hex } from '../bytes.js';
import {
  type Bitmap,
  type BitmapDirectory,
  bitmapEntryInvalid,
  readBitmapDirectory,
} from '../qcow2/bitmapDirectory.js';
import { maskedOffset } from '../qcow2/entryTable.js';
import { type MappableImage } from '../qcow2/image.js';
import { readBitmapTable } from '../qcow2/openBitmaps.js';
import { MAX_BITMAP_DIRECTORY_BYTES } from '../qcow2/limits.js';
import { type Branch, type Children, fewChildren } from './branch.js';
import { type EntryLine, entryLines, misplaced } from './entryLines.js';
import { bitChildren, bitsOf, fieldsAt, pointer, textField } from './fields.js';
import { exactSizeText, plural } from '../numbers.js';
import { shortened, troubles } from './words.js';

const FIXED_BYTES = 24;
const FLAGS = ['in use', 'auto', 'extra data compatible'];

/** The bitmaps extension, the last one if there are several, as for QEMU. */
export function bitmapsExtension(image: MappableImage) {
  return image.extensions.list.findLast((e) => e.type === 'bitmaps');
}

/** The entries of the bitmap directory, as far as it can be read, even if QEMU honours none. */
export function bitmapEntries(image: MappableImage): Children {
  const { bitmaps, failure } = image.bitmaps ?? directoryOf(image);
  const branches = bitmaps.map((bitmap, index) => bitmapBranch(image, bitmap, index));
  if (failure)
    branches.push({
      key: 'broken',
      label: `entry ${bitmaps.length}`,
      value: 'not read',
      offset: failure.offset,
      trouble: failure.message,
    });
  return fewChildren(branches);
}

function directoryOf(image: MappableImage): BitmapDirectory {
  const extension = bitmapsExtension(image);
  const offset = extension && pointer(extension.directoryOffset);
  if (!extension || offset === undefined) return { bitmaps: [], failure: undefined };
  const { clusterSize, virtualSize } = image.geometry;
  const size = Math.min(Number(extension.directorySize), MAX_BITMAP_DIRECTORY_BYTES);
  return readBitmapDirectory(image.source, offset, size, extension.count, clusterSize, virtualSize);
}

function bitmapBranch(image: MappableImage, bitmap: Bitmap, index: number): Branch {
  const { offset, name, granularityBits, inUse, tableOffset } = bitmap;
  const problems = image.problems.filter(
    (problem) => problem.offset >= offset && problem.offset < offset + FIXED_BYTES,
  );
  return {
    key: String(index),
    label: `${index}: ${shortened(name)}`,
    value: `${exactSizeText(2 ** granularityBits)} a bit${inUse ? ' · in use' : ''}`,
    offset,
    target: pointer(tableOffset),
    trouble: troubles(
      ...problems.map((problem) => problem.message),
      inUse && 'left in use by a program that did not close the image: its bits cannot be trusted',
    ),
    open: () => fewChildren([...bitmapFields(image, bitmap), tableBranch(image, bitmap)]),
  };
}

function bitmapFields({ source }: MappableImage, { offset }: Bitmap): Branch[] {
  const field = fieldsAt(source, offset);
  const nameSize = field('name_size', 18, 2, String);
  return [
    field('bitmap_table_offset', 0, 8, (value) => ({ value: hex(value), target: pointer(value) })),
    field('bitmap_table_size', 8, 4, (value) => plural(value, 'entry', 'entries')),
    field('flags', 12, 4, (value) => ({
      value: value === 0n ? 'none' : bitsOf(value).map(flagName).join(', '),
      open: bitChildren(value, (bit) => ({ value: FLAGS[bit] ?? 'not known here' })),
    })),
    field('type', 16, 1, (value) => (value === 1n ? '1: dirty tracking' : String(value))),
    field('granularity_bits', 17, 1, (value) => `${value}: ${exactSizeText(1n << value)} a bit`),
    { ...nameSize, value: plural(Number(nameSize.value), 'byte') },
    field('extra_data_size', 20, 4, exactSizeText),
    textField(source, 'name', offset + FIXED_BYTES, Number(nameSize.value)),
  ];
}

const flagName = (bit: number): string => FLAGS[bit] ?? `bit ${bit}`;

function tableBranch(image: MappableImage, bitmap: Bitmap): Branch {
  const offset = pointer(bitmap.tableOffset);
  const outside = offset === undefined || offset >= image.source.size;
  return {
    key: 'table',
    label: 'Bitmap table',
    value: plural(bitmap.tableSize, 'entry', 'entries'),
    offset,
    size: bitmap.tableSize * 8,
    trouble: outside ? 'past the end of the file' : undefined,
    open: () => tableEntries(image, bitmap),
  };
}

/** The entries of a bitmap's table but for those that say "all zeros". */
function tableEntries(image: MappableImage, bitmap: Bitmap): Children {
  const { geometry, source } = image;
  const table = readBitmapTable(source, bitmap);
  const covered = BigInt(geometry.clusterSize * 8) << BigInt(bitmap.granularityBits);
  return entryLines(table, (index): EntryLine => {
    const high = table.high(index);
    const low = table.low(index);
    const offset = maskedOffset(high, low);
    const bits = offset === 0 ? ((low & 1) === 1 ? 'all ones' : 'all zeros') : 'bits';
    return {
      value: `${bits} · guest ${hex(BigInt(index) * covered)}`,
      target: offset === 0 ? undefined : offset,
      trouble: troubles(
        bitmapEntryInvalid(high, low, geometry.clusterSize) && 'breaks the format',
        offset === 0 ? undefined : misplaced(offset, geometry),
      ),
    };
  });
}
