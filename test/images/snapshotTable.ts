import { Bytes, byteLength, roundUp } from './bigEndian.js';

/** What a user knows of a snapshot. */
export interface SnapshotOptions {
  readonly name: string;
  /** Default: its position in the table, from 1. */
  readonly id?: string;
  /** Seconds since 1970. */
  readonly date?: number;
  /** Contents of the machine's memory, laid behind the disk in guest clusters. */
  readonly vmState?: Uint8Array;
  /** Bytes of extra data: 16, or 24 with the instruction count. Version 2 also knows 0. */
  readonly extraData?: 0 | 16 | 24;
}

export interface SnapshotRow {
  readonly options: SnapshotOptions;
  readonly id: string;
  readonly l1Offset: number;
  readonly l1Size: number;
  readonly virtualSize: number;
}

const NO_INSTRUCTION_COUNT = 2n ** 64n - 1n;

/** The table's bytes; each entry starts on a multiple of 8, and the last is not padded. */
export function encodeSnapshotTable(rows: readonly SnapshotRow[]): Uint8Array {
  const entries = rows.map(encodeRow);
  const offsets: number[] = [];
  let length = 0;
  for (const entry of entries) {
    offsets.push(roundUp(length, 8));
    length = roundUp(length, 8) + entry.length;
  }
  const table = new Uint8Array(length);
  entries.forEach((entry, index) => {
    table.set(entry, offsets[index]);
  });
  return table;
}

function encodeRow(row: SnapshotRow): Uint8Array {
  const { name, date = 1_700_000_000, vmState, extraData = 24 } = row.options;
  const idLength = byteLength(row.id);
  const nameLength = byteLength(name);
  const entry = new Bytes(40 + extraData + idLength + nameLength);
  const vmStateSize = vmState?.length ?? 0;
  entry.u64(0, row.l1Offset).u32(8, row.l1Size).u16(12, idLength).u16(14, nameLength);
  entry.u32(16, date).u32(20, 0).u64(24, 0).u32(32, vmStateSize).u32(36, extraData);
  if (extraData >= 16) entry.u64(40, vmStateSize).u64(48, row.virtualSize);
  if (extraData === 24) entry.u64(56, NO_INSTRUCTION_COUNT);
  entry.text(40 + extraData, row.id).text(40 + extraData + idLength, name);
  return entry.bytes;
}
