import { type EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import { readBitmapTable, tableKey } from '../qcow2/openBitmaps.js';
import { kindsOf } from '../map/cell.js';
import { ANY_L1, ANY_L2, BIT } from '../map/kinds.js';
import type { Owner, TableOf } from '../map/owner.js';
import type { Scan } from '../check/scan.js';
import { hostCluster, type HostCluster, hostOffset, type HostOffset } from '../units.js';

/** Owners of one cluster that come from one place, to be made as they are asked for. */
export interface Claim {
  readonly cluster: HostCluster;
  readonly count: number;
  readonly owners: Iterable<Owner>;
}

/** The claims, but for those of guest data, on some clusters: in one pass for all of them. */
export function* metadataClaims(scan: Scan, wanted: ReadonlySet<number>): Generator<Claim> {
  let kinds = 0;
  for (const cluster of wanted) kinds |= kindsOf(scan.map.cell(cluster));
  const has = (bits: number) => (kinds & bits) !== 0;
  if (has(BIT.mainHeader) && wanted.has(0)) yield claim(0, { type: 'main-header' });
  const { l1, refcountTable, crypto, bitmaps, snapshotsOffset, snapshotTable } = scan.image;
  const region = (offset: number, size: number, owner: Owner) =>
    regionClaims(scan, wanted, offset, size, owner);
  if (has(ANY_L1)) {
    yield* region(l1.offset, l1.length * 8, { type: 'l1-table', snapshot: undefined });
    for (const { index, id, name, l1Offset, l1Size } of snapshotTable.snapshots) {
      const snapshot = { index, id, name };
      yield* region(Number(l1Offset), l1Size * 8, { type: 'l1-table', snapshot });
    }
  }
  if (has(ANY_L2)) yield* l2TableClaims(scan, wanted);
  if (has(BIT.refcountTable))
    yield* region(refcountTable.offset, refcountTable.length * 8, { type: 'refcount-table' });
  if (has(BIT.refcountBlock)) yield* blockClaims(scan, wanted);
  if (has(BIT.snapshotTable))
    yield* region(snapshotsOffset, snapshotTable.size, { type: 'snapshot-table' });
  if (has(BIT.cryptoHeader) && crypto)
    yield* region(Number(crypto.offset), Number(crypto.length), { type: 'crypto-header' });
  if (has(BIT.bitmapDirectory) && bitmaps)
    yield* region(bitmaps.offset, bitmaps.size, { type: 'bitmap-directory' });
  if (has(BIT.bitmapTable | BIT.bitmapData)) yield* bitmapClaims(scan, wanted);
  for (const { owner, first, last } of scan.claims.list)
    for (const cluster of common(wanted, first, last)) yield claim(cluster, owner);
}

const claim = (cluster: number, owner: Owner): Claim => ({
  cluster: hostCluster(cluster),
  count: 1,
  owners: [owner],
});

/** The wanted clusters of a range, its ends included. */
function* common(wanted: ReadonlySet<number>, first: number, last: number): Generator<number> {
  if (last - first < wanted.size) {
    for (let cluster = first; cluster <= last; cluster++) if (wanted.has(cluster)) yield cluster;
  } else {
    for (const cluster of wanted) if (first <= cluster && cluster <= last) yield cluster;
  }
}

function* regionClaims(
  scan: Scan,
  wanted: ReadonlySet<number>,
  offset: number,
  size: number,
  owner: Owner,
): Generator<Claim> {
  if (size <= 0 || scan.claims.has(owner)) return;
  const { clusterSize } = scan.image.geometry;
  const last = Math.floor((offset + size - 1) / clusterSize);
  for (const cluster of common(wanted, Math.floor(offset / clusterSize), last))
    yield claim(cluster, owner);
}

function* l2TableClaims(scan: Scan, wanted: ReadonlySet<number>): Generator<Claim> {
  const { tables, image } = scan;
  const { clusterSize } = image.geometry;
  for (let table = 0; table < tables.length; table++) {
    const offset = tables.offset(table);
    const first = Math.floor(offset / clusterSize);
    const last = offset % clusterSize === 0 ? first : first + 1;
    for (let cluster = first; cluster <= last; cluster++)
      if (wanted.has(cluster))
        yield {
          cluster: hostCluster(cluster),
          count: tables.placeCount(table),
          owners: l2TableOwners(scan, table),
        };
  }
}

function* l2TableOwners(scan: Scan, table: number): Generator<Owner> {
  for (const { l1Index, of } of scan.tables.places(table))
    yield { type: 'l2-table', l1Index, entryOffset: entryOffsetOf(scan, of, l1Index), ...of };
}

/** Host offset of an L1 entry. */
function entryOffsetOf(scan: Scan, of: TableOf, l1Index: number): HostOffset {
  const { l1, snapshotTable } = scan.image;
  if (!of.snapshot) return l1.entryOffset(l1Index);
  const { l1Offset } = snapshotTable.snapshots[of.snapshot.index];
  return hostOffset(Number(l1Offset) + l1Index * 8);
}

function* blockClaims(scan: Scan, wanted: ReadonlySet<number>): Generator<Claim> {
  const { geometry, refcountTable } = scan.image;
  for (let index = 0; index < refcountTable.present; index++) {
    const low = refcountTable.low(index);
    if ((low & (geometry.clusterSize - 1)) !== 0) continue;
    const cluster = (refcountTable.high(index) * 2 ** 32 + low) / geometry.clusterSize;
    if (cluster > 0 && wanted.has(cluster))
      yield claim(cluster, {
        type: 'refcount-block',
        index,
        entryOffset: refcountTable.entryOffset(index),
      });
  }
}

function* bitmapClaims(scan: Scan, wanted: ReadonlySet<number>): Generator<Claim> {
  const { source, bitmaps } = scan.image;
  let last: { readonly key: string; readonly table: EntryTable } | undefined;
  for (const bitmap of bitmaps?.bitmaps ?? []) {
    const { name, tableOffset, tableSize } = bitmap;
    const owner = { type: 'bitmap-table', bitmap: name } as const;
    yield* regionClaims(scan, wanted, Number(tableOffset), tableSize * 8, owner);
    const key = tableKey(bitmap);
    if (last?.key !== key) last = { key, table: readBitmapTable(source, bitmap) };
    yield* bitmapDataClaims(scan, wanted, name, last.table);
  }
}

function* bitmapDataClaims(
  scan: Scan,
  wanted: ReadonlySet<number>,
  bitmap: string,
  table: EntryTable,
): Generator<Claim> {
  const { clusterSize } = scan.image.geometry;
  for (let index = 0; index < table.present; index++) {
    const cluster = maskedOffset(table.high(index), table.low(index)) / clusterSize;
    if (cluster > 0 && wanted.has(cluster))
      yield claim(cluster, {
        type: 'bitmap-data',
        bitmap,
        index,
        entryOffset: table.entryOffset(index),
      });
  }
}
