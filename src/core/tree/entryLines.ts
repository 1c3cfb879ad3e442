import { hexWords } from '../bytes.js';
import type { EntryTable } from '../qcow2/entryTable.js';
import type { Geometry } from '../qcow2/geometry.js';
import { type Branch, type Children, indexOf } from './branch.js';
import { Listing } from './listing.js';

/** What a table's entry says; where it lies is known. */
export type EntryLine = Omit<Branch, 'key' | 'label' | 'raw' | 'offset' | 'size'>;

/** The entries of a table that are not zero. */
export function entryLines(table: EntryTable, tell: (index: number) => EntryLine): Children {
  const isSet = (index: number): boolean => table.high(index) !== 0 || table.low(index) !== 0;
  const listing = new Listing((from) => {
    for (let index = from; index < table.present; index++) if (isSet(index)) return index;
    return -1;
  });
  const line = (index: number): Branch => ({
    key: String(index),
    label: String(index),
    raw: hexWords(table.high(index), table.low(index)).padStart(16, '0'),
    offset: table.entryOffset(index),
    size: 8,
    ...tell(index),
  });
  return {
    total: listing.total,
    page: (from, count) => listing.page(from, count).map(line),
    find: (key) => {
      const index = indexOf(key, table.present);
      return index === undefined || !isSet(index) ? undefined : line(index);
    },
    position: (key) => lineOf(listing, indexOf(key, table.present)),
    positionAt: (offset) => listing.lineOf(Math.floor((offset - table.offset) / 8)),
  };
}

/** Which line an index of an entry has, if there is such an index. */
export const lineOf = (listing: Listing, index: number | undefined): number | undefined =>
  index === undefined ? undefined : listing.lineOf(index);

/** What is wrong with a host offset that an entry points at. */
export function misplaced(offset: number, geometry: Geometry): string | undefined {
  if (offset % geometry.clusterSize !== 0) return 'not on a cluster boundary';
  return offset >= geometry.fileSize ? 'past the end of the file' : undefined;
}

/** Reserved bits that are set, given as upper and lower word. */
export function reservedBits(high: number, low: number): string | undefined {
  return high === 0 && low === 0 ? undefined : `reserved bits 0x${hexWords(high, low)} are set`;
}
