import { hex } from '../bytes.js';
import { type EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { COPIED } from '../qcow2/l2Entry.js';
import type { Geometry } from '../qcow2/geometry.js';
import type { Children } from './branch.js';
import { type EntryLine, entryLines, misplaced, reservedBits } from './entryLines.js';
import { l2Entries } from './l2Table.js';
import { troubles } from './words.js';

/** Reserved bits of an L1 entry (L1E_RESERVED_MASK): upper word, lower word. */
const RESERVED_HIGH = 0x7f000000;
const RESERVED_LOW = 0x000001ff;

/**
 * The entries of an L1 table that are not zero, each with its L2 table.
 *
 * @param diskEntries entries that the disk needs; the VM state's follow
 */
export function l1Entries(image: MappableImage, table: EntryTable, diskEntries: number): Children {
  const { geometry } = image;
  return entryLines(table, (index): EntryLine => {
    const high = table.high(index);
    const low = table.low(index);
    const offset = maskedOffset(high, low);
    const guest = guestOffset(geometry, index);
    const says = [
      index < diskEntries ? `guest ${hex(guest)}` : `VM state ${hex(guest)}`,
      ...((high & COPIED) === 0 ? [] : ['copied']),
    ];
    return {
      value: says.join(' · '),
      target: offset === 0 ? undefined : offset,
      trouble: troubles(
        reservedBits((high & RESERVED_HIGH) >>> 0, low & RESERVED_LOW),
        offset === 0 ? 'no L2 table' : misplaced(offset, geometry),
      ),
      open: offset === 0 ? undefined : () => l2Entries(image, offset, guest),
    };
  });
}

/** Where the part of an entry begins on the virtual disk, in bytes: exact for any index. */
const guestOffset = ({ clusterBits, l2Entries }: Geometry, l1Index: number): bigint =>
  (BigInt(l1Index) * BigInt(l2Entries)) << BigInt(clusterBits);
