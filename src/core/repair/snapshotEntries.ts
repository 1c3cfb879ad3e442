import { bytes, hostOffset } from '../units.js';
import { readBytes } from '../byteSource.js';
import { roundUp, textOf, upToNul, viewOf } from '../bytes.js';
import {
  INT64_MAX,
  MAX_NODE_LENGTH,
  MAX_SNAPSHOT_EXTRA_DATA,
  MAX_SNAPSHOT_TABLE_BYTES,
  MAX_SNAPSHOTS,
} from '../qcow2/limits.js';
import { errnoText, failureOf } from '../simulate/copy/failure.js';
import { writeTable } from '../simulate/driver/requests/snapshots.js';
import { type Counts, PassFailed } from './counts.js';
import { type Fixing, repairingOr } from './mode.js';
import type { RepairState } from './repairState.js';

/** A snapshot as QEMU reads it from the table. */
export interface SnapshotEntry {
  readonly id: string;
  readonly name: string;
  readonly l1Offset: bigint;
  /** Entries. */
  readonly l1Size: number;
  /** Bytes of extra data, as far as they are kept. */
  readonly extraDataSize: number;
  /** The entry as QEMU writes it: with the extra data that it knows. */
  readonly record: Uint8Array;
}

/** Where the header says how many snapshots there are, and where. */
const POINTER = 60;
const FIXED_BYTES = 40;
const KNOWN_EXTRA_BYTES = 24;
/** Extra data that version 3 demands. */
const DEMANDED_EXTRA_BYTES = 16;

interface Read {
  readonly snapshots: readonly SnapshotEntry[];
  /** Bytes of the table. */
  readonly size: number;
  /** Entries dropped off the end. */
  readonly dropped: number;
  /** Entries that lost extra data. */
  readonly cut: number;
}

/**
 * Reads the snapshot table of which opening took no notice (qcow2_check_read_snapshot_table); with
 * errors to be fixed what is too much of it is dropped. Throws PassFailed.
 */
export function readSnapshots(
  state: RepairState,
  counts: Counts,
  fixing: Fixing,
): readonly SnapshotEntry[] {
  const { driver, recorder, changes } = state;
  const pointer = viewOf(readBytes(driver.file.overlay, POINTER, 12));
  const found = pointer.getUint32(0);
  const offset = pointer.getBigUint64(4);
  let count = found;
  if (count > MAX_SNAPSHOTS && fixing.errors) {
    recorder.message(`Discarding ${count - MAX_SNAPSHOTS} overhanging snapshots`);
    count = MAX_SNAPSHOTS;
  }
  const refuse = (errno: 'EFBIG' | 'EINVAL' | 'EIO', ...lines: readonly string[]): never => {
    counts.checkErrors++;
    for (const line of lines) recorder.message(line);
    hold(state, [], 0, 0);
    throw new PassFailed(errno);
  };
  if (count > MAX_SNAPSHOTS)
    return refuse(
      'EFBIG',
      'qemu-img: ERROR snapshot table too large',
      `You can force-remove all ${count - MAX_SNAPSHOTS} overhanging snapshots with qemu-img check -r all`,
    );
  if (
    INT64_MAX - BigInt(count * FIXED_BYTES) < offset ||
    offset % BigInt(driver.sizes.clusterSize) !== 0n
  )
    return refuse('EINVAL', 'qemu-img: ERROR snapshot table offset invalid');
  if (count > 0 && offset + BigInt(FIXED_BYTES) > MAX_NODE_LENGTH)
    return refuse(
      'EIO',
      'qemu-img: ERROR failed to read the snapshot table: Failed to read snapshot table: Input/output error',
    );
  const read = readEntries(state, fixing, Number(offset), count, refuse);
  const { snapshots, size } = read;
  hold(state, snapshots, Number(offset), size);
  const dropped = read.dropped + found - count;
  counts.corruptions += dropped + read.cut;
  if (dropped > 0) {
    const field = new Uint8Array(4);
    viewOf(field).setUint32(0, snapshots.length);
    driver.writeHeaderField(POINTER, field);
    changes.add('snapshot-table', () => ({
      offset: hostOffset(POINTER),
      length: bytes(4),
      before: String(found),
      after: String(snapshots.length),
    }));
    counts.corruptionsFixed += dropped;
    counts.corruptions -= dropped;
  }
  if (driver.sizes.version >= 3)
    snapshots.forEach(({ extraDataSize }, index) => {
      if (extraDataSize >= DEMANDED_EXTRA_BYTES) return;
      counts.corruptions++;
      recorder.tell(
        () => `${repairingOr(fixing.errors, 'ERROR')} snapshot table entry ${index} is incomplete`,
      );
    });
  return snapshots;
}

/** What the driver knows of snapshots from now on. */
function hold(
  { driver }: RepairState,
  snapshots: readonly SnapshotEntry[],
  offset: number,
  size: number,
): void {
  driver.snapshots.list = snapshots.map(({ id, name, l1Offset, l1Size, record }) => ({
    id,
    name,
    l1Offset: Number(l1Offset),
    l1Size,
    record,
    fresh: false,
  }));
  driver.snapshots.offset = offset;
  driver.snapshots.size = size;
  driver.header.snapshots = { offset, count: snapshots.length };
  driver.guard.snapshotsRead({ offset, bytes: size }, snapshots);
}

/** The entries one by one; what lies past the end of the file reads as zeros (qcow2_do_read_snapshots). */
function readEntries(
  { driver, recorder }: RepairState,
  fixing: Fixing,
  start: number,
  count: number,
  refuse: (errno: 'EFBIG', ...lines: readonly string[]) => never,
): Read {
  const { overlay } = driver.file;
  const snapshots: SnapshotEntry[] = [];
  let cut = 0;
  // From the start, which may be too large for a sum to be exact.
  let at = 0;
  let length = 0;
  for (let index = 0; index < count; index++) {
    const before = at;
    length = roundUp(length, 8);
    at = roundUp(at, 8);
    const fixed = readBytes(overlay, start + at, FIXED_BYTES);
    const view = viewOf(fixed);
    const declared = view.getUint32(36);
    const isTooMuch = declared > MAX_SNAPSHOT_EXTRA_DATA;
    if (isTooMuch && !fixing.errors)
      return refuse(
        'EFBIG',
        `qemu-img: ERROR failed to read the snapshot table: Too much extra metadata in snapshot table entry ${index}`,
        'You can force-remove this extra metadata with qemu-img check -r all',
      );
    if (isTooMuch) {
      recorder.tell(
        () =>
          `Discarding too much extra metadata in snapshot table entry ${index} (${declared} > ${MAX_SNAPSHOT_EXTRA_DATA})`,
      );
      cut++;
    }
    const extraDataSize = Math.min(declared, MAX_SNAPSHOT_EXTRA_DATA);
    const extra = readBytes(overlay, start + at + FIXED_BYTES, extraDataSize);
    const [idBytes, nameBytes] = [view.getUint16(12), view.getUint16(14)];
    const names = at + FIXED_BYTES + declared;
    const id = upToNul(readBytes(overlay, start + names, idBytes));
    const name = upToNul(readBytes(overlay, start + names + idBytes, nameBytes));
    at = names + idBytes + nameBytes;
    length += FIXED_BYTES + extraDataSize + idBytes + nameBytes;
    if (length > MAX_SNAPSHOT_TABLE_BYTES || at > 2 ** 31 - 1) {
      const left = count - index;
      if (!fixing.errors)
        return refuse(
          'EFBIG',
          'qemu-img: ERROR failed to read the snapshot table: Snapshot table is too big',
          `You can force-remove all ${left} overhanging snapshots with qemu-img check -r all`,
        );
      recorder.message(`Discarding ${left} overhanging snapshots (snapshot table is too big)`);
      return { snapshots, size: before, dropped: left, cut };
    }
    snapshots.push({
      id: textOf(id),
      name: textOf(name),
      l1Offset: view.getBigUint64(0),
      l1Size: view.getUint32(8),
      extraDataSize,
      record: recordOf(fixed, extra, id, name, driver.sizes.virtualSize),
    });
  }
  return { snapshots, size: at, dropped: 0, cut };
}

/** An entry as QEMU writes it. */
function recordOf(
  fixed: Uint8Array,
  extra: Uint8Array,
  id: Uint8Array,
  name: Uint8Array,
  diskSize: bigint,
): Uint8Array {
  const extraBytes = Math.max(KNOWN_EXTRA_BYTES, extra.length);
  const record = new Uint8Array(FIXED_BYTES + extraBytes + id.length + name.length);
  record.set(fixed);
  record.set(extra, FIXED_BYTES);
  record.set(id, FIXED_BYTES + extraBytes);
  record.set(name, FIXED_BYTES + extraBytes + id.length);
  const view = viewOf(record);
  view.setUint16(12, id.length);
  view.setUint16(14, name.length);
  const state = extra.length < 8 ? BigInt(view.getUint32(32)) : view.getBigUint64(FIXED_BYTES);
  view.setUint32(32, state < 2n ** 32n ? Number(state) : 0);
  view.setUint32(36, extraBytes);
  view.setBigUint64(FIXED_BYTES, state);
  if (extra.length < 16) view.setBigUint64(FIXED_BYTES + 8, diskSize);
  if (extra.length < 24) view.setBigUint64(FIXED_BYTES + 16, 0xffffffffffffffffn);
  return record;
}

/** Writes the table anew if something in it was wrong (qcow2_check_fix_snapshot_table). Throws PassFailed. */
export function fixSnapshots(state: RepairState, counts: Counts, fixing: Fixing): void {
  if (counts.corruptions === 0 || !fixing.errors) return;
  const { driver, recorder, changes } = state;
  const before = driver.snapshots.offset;
  const errno = failureOf(() => {
    writeTable(driver, driver.snapshots.list);
  });
  if (errno !== undefined) {
    counts.checkErrors++;
    recorder.message(`ERROR failed to update snapshot table: ${errnoText(errno)}`);
    throw new PassFailed(errno);
  }
  const { offset, size } = driver.snapshots;
  changes.add('snapshot-table', () => ({
    offset: hostOffset(offset),
    length: bytes(size),
    before: `0x${before.toString(16)}`,
    after: `0x${offset.toString(16)}`,
  }));
  counts.corruptionsFixed += counts.corruptions;
  counts.corruptions = 0;
}
