import { type ByteSource, readBytes } from '../byteSource.js';
import { hex, roundUp, textOf, viewOf } from '../bytes.js';
import { MAX_SNAPSHOT_EXTRA_DATA, MAX_SNAPSHOT_TABLE_BYTES } from './limits.js';

const FIXED_BYTES = 40;
const KNOWN_EXTRA_DATA = 24;

/** An entry of the snapshot table. */
export interface Snapshot {
  readonly index: number;
  /** Host offset of the entry in bytes. */
  readonly offset: number;
  readonly id: string;
  readonly name: string;
  readonly l1Offset: bigint;
  readonly l1Size: number;
  /** Seconds since 1970, and nanoseconds. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Guest clock, nanoseconds. */
  readonly guestClock: bigint;
  /** Bytes. */
  readonly vmStateSize: bigint;
  /** Bytes; undefined when the entry is too short to say: then it is the image's own size. */
  readonly diskSize: bigint | undefined;
  readonly icount: bigint | undefined;
  readonly extraDataSize: number;
  /** Bytes of the entry, without padding. */
  readonly size: number;
}

export interface SnapshotTable {
  readonly snapshots: readonly Snapshot[];
  /** Entries past the end of the file, which read as zeros; they follow `snapshots`. */
  readonly zeros: number;
  /** Bytes from the table's start to the end of its last entry, without padding. */
  readonly size: number;
  /** Why the table could not be read to its end: in QEMU's words, with the errno's text. */
  readonly failure:
    | {
        readonly message: string;
        readonly errno: string;
        readonly offset: number;
        /** The L1 table that the entry at fault points to. */
        readonly l1Offset: bigint;
      }
    | undefined;
}

/**
 * Reads `count` entries from `offset` on (qcow2_do_read_snapshots). An entry past the end of the
 * file reads as zeros, as for QEMU; the number kept is bounded by the file: entries of zeros
 * behind its end are counted, not stored.
 */
export function readSnapshotTable(
  source: ByteSource,
  offset: number,
  count: number,
): SnapshotTable {
  const snapshots: Snapshot[] = [];
  let at = offset;
  for (let index = 0; index < count; index++) {
    at = roundUp(at, 8);
    if (at >= source.size) {
      const size = at - offset + (count - index) * FIXED_BYTES;
      return { snapshots, zeros: count - index, size, failure: undefined };
    }
    const fixed = viewOf(readBytes(source, at, FIXED_BYTES));
    const idSize = fixed.getUint16(12);
    const nameSize = fixed.getUint16(14);
    const extraDataSize = fixed.getUint32(36);
    if (extraDataSize > MAX_SNAPSHOT_EXTRA_DATA)
      return {
        snapshots,
        zeros: 0,
        size: at - offset,
        failure: {
          message: `Too much extra metadata in snapshot table entry ${index}`,
          errno: 'File too large',
          offset: at + 36,
          l1Offset: fixed.getBigUint64(0),
        },
      };
    const rest = readBytes(source, at + FIXED_BYTES, extraDataSize + idSize + nameSize);
    const extra = viewOf(rest);
    const end = at + FIXED_BYTES + rest.length;
    const id = rest.subarray(extraDataSize, extraDataSize + idSize);
    snapshots.push({
      index,
      offset: at,
      id: textOf(id),
      name: textOf(rest.subarray(extraDataSize + idSize)),
      l1Offset: fixed.getBigUint64(0),
      l1Size: fixed.getUint32(8),
      seconds: fixed.getUint32(16),
      nanoseconds: fixed.getUint32(20),
      guestClock: fixed.getBigUint64(24),
      vmStateSize: extraDataSize >= 8 ? extra.getBigUint64(0) : BigInt(fixed.getUint32(32)),
      diskSize: extraDataSize >= 16 ? extra.getBigUint64(8) : undefined,
      icount: extraDataSize >= KNOWN_EXTRA_DATA ? extra.getBigUint64(16) : undefined,
      extraDataSize,
      size: end - at,
    });
    at = end;
    if (end - offset > MAX_SNAPSHOT_TABLE_BYTES)
      return {
        snapshots,
        zeros: 0,
        size: end - offset,
        failure: {
          message: 'Snapshot table is too big',
          errno: 'File too large',
          offset: at,
          l1Offset: 0n,
        },
      };
  }
  return { snapshots, zeros: 0, size: at - offset, failure: undefined };
}

/** A snapshot as messages name it. */
export function snapshotLabel(snapshot: Snapshot): string {
  return `snapshot '${snapshot.name}' (id ${snapshot.id}, entry at ${hex(snapshot.offset)})`;
}
