import { hashHex, roundUp, viewOf } from '../../../bytes.js';
import { BIT } from '../../../map/kinds.js';
import { EntryTable, maskedOffset } from '../../../qcow2/entryTable.js';
import { COPIED, compressedSpan } from '../../../qcow2/l2Entry.js';
import { MAX_L1_BYTES, MAX_SNAPSHOT_TABLE_BYTES, MAX_SNAPSHOTS } from '../../../qcow2/limits.js';
import type { Driver } from '../driver.js';
import { cleaningUp, RequestError } from '../../copy/failure.js';
import { MemoryTable, wordsOf } from '../state/memoryTable.js';
import { bytesPart, lengthOf, type Part, UNKNOWN } from '../../copy/overlay.js';
import { flushNode } from './requests.js';
import { type HeldSnapshot, recordParts, snapshotRecord } from '../state/snapshotList.js';
import { collectingDiscards } from './discard.js';
import { L2Slice } from './l2Slice.js';
import type { Work } from '../../../work.js';

/** Where the header says how many snapshots there are, and where. */
const TABLE_FIELD = 60;

/** Entries of an L2 table that are dealt with between two yields: each may read a refcount block. */
const ENTRIES_A_STEP = 64;

/** Takes a snapshot (qcow2_snapshot_create). Failures are RequestError. */
export function* createSnapshot(driver: Driver, name: string): Work {
  const { l1, snapshots, allocation, file, sizes, guard } = driver;
  if (driver.signal.dead) throw new RequestError('ENOMEDIUM');
  if (snapshots.list.length >= MAX_SNAPSHOTS) throw new RequestError('EFBIG');
  if (driver.dataFile) throw new RequestError('ENOTSUP');
  const offset = allocation.allocate(l1.bytes);
  driver.allocated('inactive-l1', offset, Math.ceil(l1.bytes / sizes.clusterSize));
  file.writeChecked('snapshot L1 table', 0, offset, [bytesPart(l1.encode(0, l1.length))]);
  yield* addReferences(driver, l1, 1);
  const id = String(newId(snapshots.list));
  const added: HeldSnapshot = {
    id,
    name,
    l1Offset: offset,
    l1Size: l1.length,
    record: snapshotRecord(id, name, { offset, length: l1.length }, sizes.diskSize),
    fresh: true,
  };
  const before = snapshots.list;
  const tables = l2Offsets(l1);
  guard.snapshotAdded({ offset, bytes: l1.bytes }, tables);
  cleaningUp(
    () => {
      writeTable(driver, [...before, added]);
    },
    () => {
      guard.snapshotForgotten(before.length);
    },
  );
}

/** Deletes a snapshot by id or name (qcow2_snapshot_delete). */
export function* deleteSnapshot(driver: Driver, name: string): Work {
  const { snapshots, file, sizes, guard, refcounts, l1 } = driver;
  if (driver.signal.dead) throw new RequestError('ENOMEDIUM');
  const index = snapshots.list.findIndex((s) => s.name === name);
  const snapshot = index < 0 ? undefined : snapshots.list[index];
  if (!snapshot) throw new RequestError('ENOENT');
  const bytes = snapshot.l1Size * 8;
  if (bytes > MAX_L1_BYTES) throw new RequestError('EFBIG');
  const exactOffset = viewOf(snapshot.record).getBigUint64(0);
  if (exactOffset % BigInt(sizes.clusterSize) !== 0n) throw new RequestError('EINVAL');
  guard.snapshotForgotten(index);
  writeTable(
    driver,
    snapshots.list.filter((s) => s !== snapshot),
  );
  const old = EntryTable.read(file.overlay, BigInt(snapshot.l1Offset), snapshot.l1Size);
  const table = new MemoryTable(old, snapshot.l1Offset, snapshot.l1Size);
  yield* addReferences(driver, table, -1);
  refcounts.free(snapshot.l1Offset, bytes, 'snapshot', 'inactive-l1');
  guard.inactiveL1Freed({ offset: snapshot.l1Offset, bytes });
  yield* addReferences(driver, l1, 0);
}

function l2Offsets(table: MemoryTable): number[] {
  const offsets: number[] = [];
  for (let i = 0; i < table.end; i++) {
    const offset = maskedOffset(table.high(i), table.low(i));
    if (offset !== 0) offsets.push(offset);
  }
  return offsets;
}

/** The number after the largest id (find_new_snapshot_id). */
function newId(list: readonly HeldSnapshot[]): number {
  return 1 + Math.max(0, ...list.map(({ id }) => Number(/^\s*\+?(\d+)/.exec(id)?.[1] ?? 0)));
}

/** Writes the snapshot table anew and frees the old one (qcow2_write_snapshots). */
export function writeTable(driver: Driver, list: readonly HeldSnapshot[]): void {
  const { snapshots, refcounts, guard, header } = driver;
  const before = { list: snapshots.list, header: header.snapshots };
  // A header that is written meanwhile, to mark the image, has the new number with the old place.
  snapshots.list = list;
  header.snapshots = { ...header.snapshots, count: list.length };
  const place = cleaningUp(
    () => writeNewTable(driver),
    () => {
      snapshots.list = before.list;
      header.snapshots = before.header;
    },
  );
  const old = { offset: snapshots.offset, bytes: snapshots.size };
  guard.snapshotTableLeaves();
  refcounts.free(old.offset, old.bytes, 'snapshot', 'snapshot-table');
  guard.moved(
    'snapshot-table',
    old.bytes > 0 ? old : undefined,
    place.bytes > 0 ? place : undefined,
  );
  header.snapshots = { offset: place.offset, count: list.length };
  snapshots.offset = place.offset;
  snapshots.size = place.bytes;
}

/** Writes the table to new clusters, and enters it in the header. */
function writeNewTable(driver: Driver): { readonly offset: number; readonly bytes: number } {
  const { snapshots, allocation, file, refcounts, sizes } = driver;
  const pieces: { readonly at: number; readonly parts: readonly Part[] }[] = [];
  let bytes = 0;
  for (const snapshot of snapshots.list) {
    // What lies between two entries is left as it is.
    bytes = roundUp(bytes, 8);
    for (const parts of recordPieces(snapshot)) {
      pieces.push({ at: bytes, parts });
      bytes += lengthOf(parts);
    }
    if (bytes > MAX_SNAPSHOT_TABLE_BYTES) throw new RequestError('EFBIG');
  }
  const offset = allocation.allocate(bytes);
  driver.allocated('snapshot-table', offset, Math.ceil(bytes / sizes.clusterSize));
  cleaningUp(
    () => {
      flushNode(driver);
      file.check('snapshot table', 0, offset, bytes);
      for (const { at, parts } of pieces)
        file.writeAfterCheck('snapshot table', offset + at, parts);
      flushNode(driver);
      const field = new Uint8Array(12);
      viewOf(field).setUint32(0, snapshots.list.length);
      viewOf(field).setBigUint64(4, BigInt(offset));
      driver.writeHeaderField(TABLE_FIELD, field);
    },
    () => {
      if (offset > 0) refcounts.free(offset, bytes, 'always', 'snapshot-table');
    },
  );
  return { offset, bytes };
}

/** An entry in the pieces in which QEMU writes it; empty ones are none. */
function recordPieces({ record, fresh }: HeldSnapshot): Part[][] {
  let at = 0;
  const cuts = recordParts(record).filter((length) => length > 0);
  return cuts.map((length, index) => {
    const piece = record.subarray(at, (at += length));
    if (index > 0 || !fresh) return [bytesPart(piece)];
    // When it was made is not known: seconds and nanoseconds.
    const time = { length: 8, content: UNKNOWN };
    return [bytesPart(piece.subarray(0, 16)), time, bytesPart(piece.subarray(24))];
  });
}

/**
 * Adds to the refcounts of all that an L1 table refers to, and sets COPIED where the refcount is 1
 * (qcow2_update_snapshot_refcount). A `change` of 0 only does the latter.
 */
function* addReferences(driver: Driver, table: MemoryTable, change: -1 | 0 | 1): Work {
  const { l1, file, guard, claims } = driver;
  const active = new Set(change < 0 ? l2Offsets(l1) : []);
  let modified = false;
  const references = function* (): Work {
    for (let index = 0; index < table.end; index++) {
      const [high, low] = [table.high(index), table.low(index)];
      if (high === 0 && low === 0) continue;
      const offset = maskedOffset(high, low);
      yield* updateTable(driver, index, offset, change);
      const [newHigh, newLow] = wordsOf(offset);
      const refcount = referenceTable(driver, offset, change);
      if (change < 0) guard.inactiveL2Released({ offset, refcount, active: active.has(offset) });
      const copied = refcount === 1 ? COPIED : 0;
      if ((newHigh | copied) >>> 0 === high && newLow === low) continue;
      table.set(index, newHigh | copied, newLow);
      modified = true;
    }
    flushNode(driver);
  };
  if (claims) claims.isSharing = change > 0;
  try {
    yield* collectingDiscards(driver, references());
  } finally {
    if (claims) claims.isSharing = false;
  }
  if (change < 0 || !modified) return;
  file.writeBytes('L1 table', BIT.activeL1, table.offset, table.encode(0, table.length));
  if (table !== l1) return;
  guard.wrote(table.offset, table.bytes);
}

/** The same for an L2 table's cluster; its refcount from now on. */
function referenceTable(driver: Driver, offset: number, change: -1 | 0 | 1): number {
  const { sizes, refcounts } = driver;
  const cluster = Math.floor(offset / sizes.clusterSize);
  if (change !== 0)
    refcounts.update(cluster * sizes.clusterSize, 1, change, 'snapshot', 'active-l2');
  return Number(refcounts.get(cluster));
}

function* updateTable(driver: Driver, index: number, table: number, change: -1 | 0 | 1): Work {
  const { sizes, l2Cache, signal, recorder } = driver;
  if (table % sizes.clusterSize !== 0) {
    signal.fatal(`L2 table offset ${hashHex(table)} unaligned (L1 index: ${hashHex(index)})`);
    throw new RequestError('EIO');
  }
  let done = 0;
  for (let at = 0; at < sizes.clusterSize; at += sizes.sliceBytes) {
    const firstEntry = at / sizes.l2EntrySize;
    const guest = index * sizes.tableSpan + firstEntry * sizes.clusterSize;
    const slice = new L2Slice(l2Cache.get(table + at), guest, l2Cache, sizes, recorder);
    try {
      for (let i = 0; i < sizes.sliceEntries; i++) {
        updateEntry(driver, slice, i, table, firstEntry + i, change);
        if (++done % ENTRIES_A_STEP === 0) yield;
      }
    } finally {
      slice.release();
    }
  }
}

function updateEntry(
  driver: Driver,
  slice: L2Slice,
  index: number,
  table: number,
  tableIndex: number,
  change: -1 | 0 | 1,
): void {
  const { sizes, refcounts, signal, l2Cache, refcountCache } = driver;
  const { high, low } = slice.words(index);
  if (high === 0 && low === 0) return;
  const kind = slice.kind(index);
  let copied = false;
  if (kind === 'compressed') {
    const { offset, length } = compressedSpan(high, low, sizes);
    if (change !== 0) refcounts.update(offset, length, change, 'snapshot', 'compressed');
  } else if (kind === 'normal' || kind === 'zero-allocated') {
    const offset = maskedOffset(high, low);
    if (offset % sizes.clusterSize !== 0) {
      signal.fatal(
        `Cluster allocation offset ${hashHex(offset)} unaligned (L2 offset: ${hashHex(table)}, L2 index: ${hashHex(tableIndex)})`,
      );
      throw new RequestError('EIO');
    }
    if (change !== 0) refcounts.update(offset, 1, change, 'snapshot', 'data');
    copied = refcounts.get(offset / sizes.clusterSize) === 1;
  }
  const newHigh = ((high & ~COPIED) | (copied ? COPIED : 0)) >>> 0;
  if (newHigh === high) return;
  if (change > 0) l2Cache.dependOn(refcountCache);
  slice.set(index, { high: newHigh, low });
  slice.markDirty();
}
