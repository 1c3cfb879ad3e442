import { upToNul, viewOf } from '../../../bytes.js';
import { type ByteSource, readBytes } from '../../../byteSource.js';
import type { Snapshot } from '../../../qcow2/snapshotTable.js';
import type { MappableImage } from '../../../qcow2/image.js';

/** A snapshot as the driver holds it. */
export interface HeldSnapshot {
  readonly id: string;
  readonly name: string;
  readonly l1Offset: number;
  /** Entries. */
  readonly l1Size: number;
  /** Its entry in the table, as it will be written. */
  readonly record: Uint8Array;
  /** It was made here, at a time that is not known. */
  readonly fresh: boolean;
}

/** Bytes of a table entry before its extra data. */
const FIXED_BYTES = 40;
/** Extra data that QEMU always writes. */
const KNOWN_EXTRA_BYTES = 24;

/** The snapshots in memory, and where their table lies. */
export class SnapshotList {
  list: readonly HeldSnapshot[];
  offset: number;
  /** Bytes. */
  size: number;

  constructor(image: MappableImage) {
    const { snapshotTable, snapshotsOffset, source } = image;
    this.offset = snapshotsOffset;
    this.size = snapshotTable.size;
    const present = snapshotTable.snapshots.map((snapshot) => ({
      id: snapshot.id,
      name: snapshot.name,
      l1Offset: Number(snapshot.l1Offset),
      l1Size: snapshot.l1Size,
      record: completed(ownRecord(source, snapshot), snapshot.diskSize, image),
      fresh: false,
    }));
    const nothing = completed(new Uint8Array(FIXED_BYTES), undefined, image);
    const absent = Array.from({ length: snapshotTable.zeros }, () => ({
      id: '',
      name: '',
      l1Offset: 0,
      l1Size: 0,
      record: nothing,
      fresh: false,
    }));
    this.list = [...present, ...absent];
  }
}

/** An entry as it is, its id and its name cut at their first NUL. */
function ownRecord(source: ByteSource, { offset, extraDataSize }: Snapshot): Uint8Array {
  const fixed = readBytes(source, offset, FIXED_BYTES + extraDataSize);
  const view = viewOf(fixed);
  const [idBytes, nameBytes] = [view.getUint16(12), view.getUint16(14)];
  const at = offset + fixed.length;
  const id = upToNul(readBytes(source, at, idBytes));
  const name = upToNul(readBytes(source, at + idBytes, nameBytes));
  view.setUint16(12, id.length);
  view.setUint16(14, name.length);
  const record = new Uint8Array(fixed.length + id.length + name.length);
  record.set(fixed);
  record.set(id, fixed.length);
  record.set(name, fixed.length + id.length);
  return record;
}

/**
 * An entry as QEMU writes it: with the extra data that it knows, from which it takes the length of
 * the VM state.
 */
function completed(
  record: Uint8Array,
  diskSize: bigint | undefined,
  image: MappableImage,
): Uint8Array {
  const view = viewOf(record);
  const extra = view.getUint32(36);
  const added = Math.max(0, KNOWN_EXTRA_BYTES - extra);
  const whole = new Uint8Array(record.length + added);
  whole.set(record.subarray(0, FIXED_BYTES + extra));
  whole.set(record.subarray(FIXED_BYTES + extra), FIXED_BYTES + extra + added);
  const out = viewOf(whole);
  const state = extra < 8 ? BigInt(view.getUint32(32)) : view.getBigUint64(FIXED_BYTES);
  out.setUint32(32, state < 2n ** 32n ? Number(state) : 0);
  if (added === 0) return whole;
  out.setUint32(36, KNOWN_EXTRA_BYTES);
  out.setBigUint64(FIXED_BYTES, state);
  out.setBigUint64(FIXED_BYTES + 8, diskSize ?? image.geometry.virtualSize);
  out.setBigUint64(FIXED_BYTES + 16, 0xffffffffffffffffn);
  return whole;
}

/** Bytes of an entry's fixed part, known and unknown extra data, id and name. */
export function recordParts(record: Uint8Array): readonly number[] {
  const view = viewOf(record);
  const unknown = view.getUint32(36) - KNOWN_EXTRA_BYTES;
  return [FIXED_BYTES, KNOWN_EXTRA_BYTES, unknown, view.getUint16(12), view.getUint16(14)];
}

/** The table entry of a new snapshot of the disk as it is, without VM state, as qemu-img makes it. */
export function snapshotRecord(
  id: string,
  name: string,
  l1: { readonly offset: number; readonly length: number },
  diskSize: number,
): Uint8Array {
  const texts = [id, name].map((text) => new TextEncoder().encode(text));
  const length = texts.reduce((sum, text) => sum + text.length, FIXED_BYTES + KNOWN_EXTRA_BYTES);
  const record = new Uint8Array(length);
  const view = viewOf(record);
  view.setBigUint64(0, BigInt(l1.offset));
  view.setUint32(8, l1.length);
  view.setUint16(12, texts[0].length);
  view.setUint16(14, texts[1].length);
  view.setUint32(36, KNOWN_EXTRA_BYTES);
  view.setBigUint64(FIXED_BYTES + 8, BigInt(diskSize));
  record.set(texts[0], FIXED_BYTES + KNOWN_EXTRA_BYTES);
  record.set(texts[1], FIXED_BYTES + KNOWN_EXTRA_BYTES + texts[0].length);
  return record;
}
