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
export class Slice {
  /** Host cluster of its table; it is another slice once the L1 entry names another table. */
  readonly table: number;
  /** Host offset in slices, as the cache counts. */
  readonly number: number;
  /** What it is called where its look-ups are counted. */
  readonly id: number | undefined;
  /** Where it was cached last. */
  entry: CacheEntry | undefined = undefined;
  /** Of the L1 table, when this was the slice last, and whether its L1 entry allows writes then. */
  version = -1;
  isWritable = false;
  /** Host cluster of the first entry, if all that follow are copied data in one piece. */
  readonly start: number;
  readonly detail: Detail | undefined;
  /** An entry that QEMU complains of: the slice is left to the driver. */
  readonly odd: boolean;

  constructor(
    { table, number, id }: SlicePlace,
    start: number | undefined,
    detail: Detail | undefined,
  ) {
    this.table = table;
    this.number = number;
    this.id = id;
    this.start = start ?? 0;
    this.detail = detail;
    this.odd = start === undefined && !detail;
  }
}

/** Which slice it is. */
export type SlicePlace = Pick<Slice, 'table' | 'number' | 'id'>;

const HIGH = 2 ** 32;

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
export function sliceFacts(driver: Driver, view: DataView, place: SlicePlace): Slice {
  const { sliceEntries, clusterSize } = driver.sizes;
  const start = maskedOffset(view.getUint32(0), view.getUint32(4)) / clusterSize;
  return isOnePiece(view, sliceEntries, clusterSize) && start + sliceEntries < 2 ** 32
    ? new Slice(place, start, undefined)
    : new Slice(place, undefined, detailOf(driver, view));
}

/** All entries are copied data, one behind the other: most slices of a disk that is in use are so. */
function isOnePiece(view: DataView, entries: number, clusterSize: number): boolean {
  let high = view.getUint32(0);
  let low = view.getUint32(4);
  // Only offset bits, and none below a cluster.
  if (high >>> 24 !== COPIED >>> 24 || low % clusterSize !== 0 || (high === COPIED && low === 0))
    return false;
  for (let at = 8; at < entries * 8; at += 8) {
    low += clusterSize;
    if (low >= HIGH) {
      low -= HIGH;
      high++;
    }
    if (view.getUint32(at + 4) !== low || view.getUint32(at) !== high) return false;
  }
  return high >>> 24 === COPIED >>> 24;
}

/** Undefined for entries that QEMU complains of. */
function detailOf({ sizes }: Driver, view: DataView): Detail | undefined {
  const { sliceEntries, clusterSize, version } = sizes;
  const words = Math.ceil(sliceEntries / 32);
  const joined = new Uint32Array(words);
  const inPlace = new Uint32Array(words);
  const hosts = new Uint32Array(sliceEntries);
  let before: string | undefined;
  for (let index = 0; index < sliceEntries; index++) {
    const high = view.getUint32(index * 8);
    const low = view.getUint32(index * 8 + 4);
    const kind = l2EntryKind(high, low, sizes);
    const isPlaced = kind === 'normal' || kind === 'zero-allocated';
    const host = isPlaced ? maskedOffset(high, low) / clusterSize : 0;
    const isZero = kind === 'zero-plain' || kind === 'zero-allocated';
    if (host !== Math.floor(host) || host >= 2 ** 32 || (isZero && version < 3)) return undefined;
    hosts[index] = host;
    const isJoined =
      kind === before && kind !== 'compressed' && (!isPlaced || host === hosts[index - 1] + 1);
    if (isJoined) setBit(joined, index);
    if (kind === 'normal' && (high & COPIED) !== 0) setBit(inPlace, index);
    before = kind;
  }
  return { joined, inPlace, hosts };
}
