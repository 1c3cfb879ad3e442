import type { LaidOutImage } from '../qcow2/image.js';
import { viewOf } from '../bytes.js';
import { readBytes } from '../byteSource.js';

/** A snapshot as the driver holds it. */
export interface HeldSnapshot {
  readonly id: string;
  readonly name: string;
  readonly l1Offset: number;
  /** Entries. */
  readonly l1Size: number;
  /** Its entry in the table, but for the place of the L1 table: as it will be written. */
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

  constructor(image: LaidOutImage) {
    const { snapshotTable, snapshotsOffset, source } = image;
    this.offset = snapshotsOffset;
    this.size = snapshotTable.size;
    this.list = snapshotTable.snapshots.map((snapshot) => {
      const lengths = viewOf(readBytes(source, snapshot.offset, FIXED_BYTES));
      const length =
        FIXED_BYTES + snapshot.extraDataSize + lengths.getUint16(12) + lengths.getUint16(14);
      return {
        id: snapshot.id,
        name: snapshot.name,
        l1Offset: Number(snapshot.l1Offset),
        l1Size: snapshot.l1Size,
        record: completed(readBytes(source, snapshot.offset, length), snapshot.diskSize, image),
        fresh: false,
      };
    });
  }
}

/** An entry with the extra data that QEMU adds when it writes the table anew. */
function completed(
  record: Uint8Array,
  diskSize: bigint | undefined,
  image: LaidOutImage,
): Uint8Array {
  const view = viewOf(record);
  const extra = view.getUint32(36);
  if (extra >= KNOWN_EXTRA_BYTES) return record;
  const whole = new Uint8Array(record.length + KNOWN_EXTRA_BYTES - extra);
  whole.set(record.subarray(0, FIXED_BYTES + extra));
  whole.set(record.subarray(FIXED_BYTES + extra), FIXED_BYTES + KNOWN_EXTRA_BYTES);
  const out = viewOf(whole);
  out.setUint32(36, KNOWN_EXTRA_BYTES);
  if (extra < 8) out.setBigUint64(FIXED_BYTES, BigInt(view.getUint32(32)));
  out.setBigUint64(FIXED_BYTES + 8, diskSize ?? image.layout.virtualSize);
  if (extra < KNOWN_EXTRA_BYTES) out.setBigUint64(FIXED_BYTES + 16, 0xffffffffffffffffn);
  return whole;
}

/** The table entry of a new snapshot of the disk as it is, without VM state. */
export function snapshotRecord(id: string, name: string, diskSize: number): Uint8Array {
  const texts = [id, name].map((text) => new TextEncoder().encode(text));
  const length = texts.reduce((sum, text) => sum + text.length, FIXED_BYTES + KNOWN_EXTRA_BYTES);
  const record = new Uint8Array(length);
  const view = viewOf(record);
  view.setUint16(12, texts[0].length);
  view.setUint16(14, texts[1].length);
  view.setUint32(36, KNOWN_EXTRA_BYTES);
  view.setBigUint64(FIXED_BYTES + 8, BigInt(diskSize));
  view.setBigUint64(FIXED_BYTES + 16, 0xffffffffffffffffn);
  record.set(texts[0], FIXED_BYTES + KNOWN_EXTRA_BYTES);
  record.set(texts[1], FIXED_BYTES + KNOWN_EXTRA_BYTES + texts[0].length);
  return record;
}
