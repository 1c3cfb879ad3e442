import { maskedOffset } from '../qcow2/entryTable.js';
import { COPIED, l2EntryKind } from '../qcow2/l2Entry.js';
import type { CacheEntry } from '../simulate/driver/state/cacheEntry.js';
import type { Driver } from '../simulate/driver/driver.js';

/** Entries that look-ups must tell apart: a bit each, and where their data lie. */
interface Detail {
  /** The entry goes on where the one before it ends: both are one stretch. */
  readonly joined: Uint32Array;
  /** A write changes nothing but data. */
  readonly inPlace: Uint32Array;
  /** Host cluster of each. */
  readonly hosts: Uint32Array;
}

/** What the requests of the guest need to know of an L2 slice without looking into it again. */
export interface Slice {
  /** Host cluster of its table; it is another slice once the L1 entry names another table. */
  readonly table: number;
  /** Host offset in slices, as the cache counts. */
  readonly number: number;
  /** Where it was cached last. */
  entry: CacheEntry | undefined;
  /** Host cluster of the first entry, if all that follow are copied data in one piece. */
  readonly start: number;
  readonly detail: Detail | undefined;
  /** An entry that QEMU complains of: the slice is left to the driver. */
  readonly odd: boolean;
}

const bit = (bits: Uint32Array, index: number): boolean =>
  ((bits[index >>> 5] >>> (index & 31)) & 1) !== 0;

const setBit = (bits: Uint32Array, index: number): void => {
  bits[index >>> 5] |= 1 << (index & 31);
};

/** Stretches that are looked up one by one when so many entries from one on are read. */
export function stretches({ detail }: Slice, first: number, count: number): number {
  if (!detail) return 1;
  let found = 1;
  for (let index = first + 1; index < first + count; index++)
    if (!bit(detail.joined, index)) found++;
  return found;
}

/**
 * The host cluster in which a write to so many entries from one on goes, if it is written in place
 * and in one piece; -1 if not.
 */
export function placeOfWrite({ detail, start }: Slice, first: number, count: number): number {
  if (!detail) return start + first;
  if (!bit(detail.inPlace, first)) return -1;
  for (let index = first + 1; index < first + count; index++)
    if (!bit(detail.inPlace, index) || !bit(detail.joined, index)) return -1;
  return detail.hosts[first];
}

/** Looks at all entries of a slice. Without subclusters, and without an external data file. */
export function sliceFacts(
  { sizes }: Driver,
  view: DataView,
  table: number,
  number: number,
): Slice {
  const { sliceEntries, clusterSize, version } = sizes;
  const words = Math.ceil(sliceEntries / 32);
  const joined = new Uint32Array(words);
  const inPlace = new Uint32Array(words);
  const hosts = new Uint32Array(sliceEntries);
  let isOnePiece = true;
  let before: string | undefined;
  for (let index = 0; index < sliceEntries; index++) {
    const high = view.getUint32(index * 8);
    const low = view.getUint32(index * 8 + 4);
    const kind = l2EntryKind(high, low, sizes);
    const isPlaced = kind === 'normal' || kind === 'zero-allocated';
    const host = isPlaced ? maskedOffset(high, low) / clusterSize : 0;
    const isZero = kind === 'zero-plain' || kind === 'zero-allocated';
    if (host !== Math.floor(host) || host >= 2 ** 32 || (isZero && version < 3))
      return { table, number, entry: undefined, start: 0, detail: undefined, odd: true };
    hosts[index] = host;
    const isJoined =
      kind === before && kind !== 'compressed' && (!isPlaced || host === hosts[index - 1] + 1);
    if (isJoined) setBit(joined, index);
    const isInPlace = kind === 'normal' && (high & COPIED) !== 0;
    if (isInPlace) setBit(inPlace, index);
    if (!isInPlace || (index > 0 && !isJoined)) isOnePiece = false;
    before = kind;
  }
  const detail = isOnePiece ? undefined : { joined, inPlace, hosts };
  return { table, number, entry: undefined, start: hosts[0], detail, odd: false };
}
