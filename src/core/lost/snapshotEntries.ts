import type { ByteSource } from '../byteSource.js';
import { MAX_L1_BYTES, MAX_SNAPSHOT_EXTRA_DATA, MAX_SNAPSHOTS } from '../qcow2/limits.js';
import { readSnapshotTable, type SnapshotTable } from '../qcow2/snapshotTable.js';

/** Bytes of an entry before its extra data. */
const FIXED_BYTES = 40;
/** QEMU's own ids are numbers. */
const MAX_ID = 10;
const MAX_NAME = 1023;
const SECTOR = 512;

/** Whether an entry of a snapshot table may begin there, by its numbers and the first letters of its id. */
export function mayBeSnapshotTable(view: DataView, at: number, fileSize: number): boolean {
  const [high, low] = [view.getUint32(at), view.getUint32(at + 4)];
  const l1Size = view.getUint32(at + 8);
  const idSize = view.getUint16(at + 12);
  const nameSize = view.getUint16(at + 14);
  const extra = view.getUint32(at + 36);
  if ((low & 0x1ff) !== 0 || (high === 0 && low === 0) || l1Size === 0) return false;
  if (high * 2 ** 32 + low >= fileSize || l1Size > MAX_L1_BYTES / 8) return false;
  if (idSize === 0 || idSize > MAX_ID || nameSize > MAX_NAME) return false;
  if (extra > MAX_SNAPSHOT_EXTRA_DATA || extra % 8 !== 0) return false;
  if (view.getUint32(at + 20) >= 1e9) return false;
  const id = at + FIXED_BYTES + extra;
  for (let place = id; place < Math.min(id + idSize, at + SECTOR); place++)
    if (!isDigit(view.getUint8(place))) return false;
  return true;
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** The table that begins there, up to the first entry that makes no sense. */
export function snapshotTableAt(
  source: ByteSource,
  offset: number,
  clusterSize: number,
): SnapshotTable {
  const isSound = ({ l1Offset, l1Size, id, diskSize }: SnapshotTable['snapshots'][number]) =>
    l1Offset > 0n &&
    l1Offset < BigInt(source.size) &&
    l1Offset % BigInt(clusterSize) === 0n &&
    l1Size > 0 &&
    l1Size <= MAX_L1_BYTES / 8 &&
    /^\d{1,10}$/.test(id) &&
    (diskSize ?? 0n) < 2n ** 53n;
  // As many as make sense: a table of twice as many is read until one does not.
  let sound = 0;
  for (let count = 1; count <= MAX_SNAPSHOTS; count *= 2) {
    const { snapshots } = readSnapshotTable(source, offset, count);
    const wrong = snapshots.findIndex((snapshot) => !isSound(snapshot));
    sound = wrong < 0 ? snapshots.length : wrong;
    if (sound < count) break;
  }
  return readSnapshotTable(source, offset, sound);
}
