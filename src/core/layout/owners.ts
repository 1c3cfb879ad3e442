import { viewOf } from '../bytes.js';
import { type EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import { readBitmapTable } from '../qcow2/openBitmaps.js';
import { COMPRESSED, compressedSpan, l2EntryKind } from '../qcow2/l2Entry.js';
import { kindsOf } from './cell.js';
import { BIT } from './kinds.js';
import { type L2Place, l2EntryOwner } from './l2Place.js';
import type { Owner, TableOf } from './owner.js';
import type { Scan } from './scan.js';

const ANY_L1 = BIT.activeL1 | BIT.inactiveL1;
const ANY_L2 = BIT.activeL2 | BIT.inactiveL2;
const GUEST = BIT.data | BIT.compressed | BIT.vmState;

/** Everything that refers to one host cluster, found by a second pass over what may. */
export function* ownersOf(scan: Scan, cluster: number): Generator<Owner> {
  yield* structuresIn(scan, cluster);
  if ((kindsOf(scan.map.cell(cluster)) & GUEST) === 0) return;
  const wanted = new Set([cluster]);
  const table = new Uint8Array(scan.image.layout.clusterSize);
  for (const { place, plain } of scan.tables.referringTo(cluster, cluster)) {
    scan.image.source.readInto(table, place.offset);
    if (plain && !mentions(table, cluster * scan.image.layout.clusterSize)) continue;
    for (const [, owner] of l2Entries(scan, place, wanted, table)) yield owner;
  }
}

/** Whether the lower half of some entry of a plain table is that of this offset. */
function mentions(table: Uint8Array, offset: number): boolean {
  const words = new Int32Array(table.buffer, table.byteOffset, table.length >>> 2);
  const raw = new Uint8Array(4);
  viewOf(raw).setUint32(0, offset % 2 ** 32);
  // Both sides are read in the machine's own order, so that nothing has to be swapped.
  const [wanted] = new Int32Array(raw.buffer);
  // Four entries at a time, which a click on a large image feels.
  for (let i = 1; i < words.length; i += 8)
    if (
      words[i] === wanted ||
      words[i + 2] === wanted ||
      words[i + 4] === wanted ||
      words[i + 6] === wanted
    )
      return true;
  return false;
}

/** The same for many clusters, in one pass over the L2 tables. */
export function ownersOfAll(scan: Scan, clusters: ReadonlySet<number>): Map<number, Owner[]> {
  const steps = findOwners(scan, clusters);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same in steps, one for each table that is read. */
export function* findOwners(
  scan: Scan,
  clusters: ReadonlySet<number>,
): Generator<undefined, Map<number, Owner[]>, void> {
  const owners = new Map<number, Owner[]>();
  const wanted = new Set<number>();
  let lowest = Infinity;
  let highest = -1;
  for (const cluster of clusters) {
    if (cluster > scan.map.clusters) continue;
    owners.set(cluster, [...structuresIn(scan, cluster)]);
    if ((kindsOf(scan.map.cell(cluster)) & GUEST) === 0) continue;
    wanted.add(cluster);
    lowest = Math.min(lowest, cluster);
    highest = Math.max(highest, cluster);
  }
  const table = new Uint8Array(scan.image.layout.clusterSize);
  for (const { place } of scan.tables.referringTo(lowest, highest)) {
    scan.image.source.readInto(table, place.offset);
    for (const [cluster, owner] of l2Entries(scan, place, wanted, table))
      owners.get(cluster)?.push(owner);
    yield;
  }
  return owners;
}

/** The structures that a cluster holds, but for guest data. */
function* structuresIn(scan: Scan, cluster: number): Generator<Owner> {
  const { image, map } = scan;
  const { layout, source, refcountTable, crypto, bitmaps } = image;
  const kinds = kindsOf(map.cell(cluster));
  const start = cluster * layout.clusterSize;
  const touches = (offset: number, size: number) =>
    size > 0 && offset < start + layout.clusterSize && offset + size > start;
  const has = (bits: number) => (kinds & bits) !== 0;

  if (has(BIT.mainHeader)) yield { type: 'main-header' };
  if (has(ANY_L1)) {
    if (touches(image.l1.offset, image.l1.length * 8))
      yield { type: 'l1-table', snapshot: undefined };
    for (const { index, id, name, l1Offset, l1Size } of image.snapshotTable.snapshots)
      if (touches(Number(l1Offset), l1Size * 8))
        yield { type: 'l1-table', snapshot: { index, id, name } };
  }
  if (has(ANY_L2))
    for (const place of scan.tables.lyingIn(cluster))
      yield {
        type: 'l2-table',
        l1Index: place.l1Index,
        entryOffset: entryOffsetOf(scan, place.of, place.l1Index),
        ...place.of,
      };
  if (has(BIT.refcountTable) && touches(refcountTable.offset, refcountTable.length * 8))
    yield { type: 'refcount-table' };
  if (has(BIT.refcountBlock))
    for (let index = 0; index < refcountTable.present; index++) {
      if ((refcountTable.low(index) & 0x1ff) !== 0) continue;
      if (refcountTable.high(index) * 2 ** 32 + refcountTable.low(index) === start && start > 0)
        yield { type: 'refcount-block', index, entryOffset: refcountTable.entryOffset(index) };
    }
  if (has(BIT.snapshotTable) && touches(image.snapshotsOffset, image.snapshotTable.size))
    yield { type: 'snapshot-table' };
  if (has(BIT.cryptoHeader) && crypto && touches(Number(crypto.offset), Number(crypto.length)))
    yield { type: 'crypto-header' };
  if (has(BIT.bitmapDirectory) && bitmaps && touches(bitmaps.offset, bitmaps.size))
    yield { type: 'bitmap-directory' };
  if (has(BIT.bitmapTable | BIT.bitmapData))
    for (const bitmap of bitmaps?.bitmaps ?? []) {
      if (touches(Number(bitmap.tableOffset), bitmap.tableSize * 8))
        yield { type: 'bitmap-table', bitmap: bitmap.name };
      if (has(BIT.bitmapData))
        yield* bitmapEntries(readBitmapTable(source, bitmap), bitmap.name, start);
    }
}

function* bitmapEntries(table: EntryTable, bitmap: string, start: number): Generator<Owner> {
  for (let index = 0; index < table.present; index++)
    if (start > 0 && maskedOffset(table.high(index), table.low(index)) === start)
      yield { type: 'bitmap-data', bitmap, index, entryOffset: table.entryOffset(index) };
}

/** Host offset of an L1 entry. */
function entryOffsetOf(scan: Scan, of: TableOf, l1Index: number): number {
  const { l1, snapshotTable } = scan.image;
  if (!of.snapshot) return l1.entryOffset(l1Index);
  return Number(snapshotTable.snapshots[of.snapshot.index].l1Offset) + l1Index * 8;
}

/** The entries of one table that refer to clusters wanted, each with the cluster. */
function* l2Entries(
  scan: Scan,
  place: L2Place,
  wanted: ReadonlySet<number>,
  table: Uint8Array,
): Generator<readonly [number, Owner]> {
  const { layout } = scan.image;
  const view = viewOf(table);
  const { l2EntrySize, clusterSize, clusterBits } = layout;
  const highShift = 32 - clusterBits;
  const lowMask = clusterSize - 1;
  // With one cluster wanted a comparison of integers does; that is what a click asks for.
  const only = wanted.size === 1 ? wanted.values().next().value : undefined;
  for (let at = 0; at < clusterSize; at += l2EntrySize) {
    const high = view.getUint32(at);
    const low = view.getUint32(at + 4);
    if ((high & COMPRESSED) === 0 && (low & lowMask & ~511) === 0) {
      const cluster = ((high & 0x00ffffff) << highShift) | (low >>> clusterBits);
      if (only === undefined ? !wanted.has(cluster) : cluster !== only) continue;
    }
    const span = spanOf(scan, high, low);
    if (!span) continue;
    const last = Math.floor((span.offset + span.length - 1) / clusterSize);
    for (let cluster = Math.floor(span.offset / clusterSize); cluster <= last; cluster++)
      if (wanted.has(cluster))
        yield [cluster, l2EntryOwner(layout, place, at / l2EntrySize, high, low)];
  }
}

/** The bytes of the file that an entry refers to. */
function spanOf(
  scan: Scan,
  high: number,
  low: number,
): { offset: number; length: number } | undefined {
  const { layout } = scan.image;
  const kind = l2EntryKind(high, low, layout);
  if (kind === 'unallocated' || kind === 'zero-plain' || layout.externalData) return undefined;
  return kind === 'compressed'
    ? compressedSpan(high, low, layout)
    : { offset: maskedOffset(high, low), length: layout.clusterSize };
}
