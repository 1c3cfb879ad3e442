import type { ByteSource } from '../byteSource.js';
import { hex } from '../bytes.js';
import type { Header } from './header.js';
import type { Geometry } from './geometry.js';
import * as limits from './limits.js';
import type { Refusals } from './refusals.js';
import { readSnapshotTable, type SnapshotTable } from './snapshotTable.js';
import type { CheckFailure } from './problem.js';

export const NO_SNAPSHOTS: SnapshotTable = { snapshots: [], zeros: 0, size: 0, failure: undefined };

/** The snapshot table as the image places it. */
export interface SnapshotsOfImage {
  /** Host offset in bytes. */
  readonly snapshotsOffset: number;
  readonly snapshotTable: SnapshotTable;
  /** What `qemu-img check` says when it cannot use the table. */
  readonly snapshotFailure: CheckFailure | undefined;
  /** Why the table cannot be read to its end. */
  readonly snapshotsUnreadable: string | undefined;
}

/** Reads the snapshot table as qcow2_check_read_snapshot_table does. */
export function openSnapshots(
  source: ByteSource,
  header: Header,
  geometry: Geometry,
  refusals: Refusals,
): SnapshotsOfImage {
  const count = header.number('nb_snapshots');
  const offset = header.value('snapshots_offset');
  const snapshotsOffset = Number(offset);
  const failed = (messages: string[], errno: string, snapshotsUnreadable: string) => ({
    snapshotsUnreadable,
    snapshotTable: NO_SNAPSHOTS,
    snapshotsOffset,
    snapshotFailure: { messages, errno },
  });
  if (count > limits.MAX_SNAPSHOTS)
    return failed(
      [
        'qemu-img: ERROR snapshot table too large',
        `You can force-remove all ${count - limits.MAX_SNAPSHOTS} overhanging snapshots with qemu-img check -r all`,
      ],
      'File too large',
      `${count} snapshots are too many`,
    );
  if (
    limits.INT64_MAX - BigInt(count * 40) < offset ||
    offset % BigInt(geometry.clusterSize) !== 0n
  )
    return failed(
      ['qemu-img: ERROR snapshot table offset invalid'],
      'Invalid argument',
      'it is not cluster aligned',
    );
  if (count === 0)
    return {
      snapshotTable: NO_SNAPSHOTS,
      snapshotsOffset,
      snapshotFailure: undefined,
      snapshotsUnreadable: undefined,
    };
  const snapshotTable = readSnapshotTable(source, snapshotsOffset, count);
  const { failure } = snapshotTable;
  if (!failure)
    return {
      snapshotTable,
      snapshotsOffset,
      snapshotFailure: undefined,
      snapshotsUnreadable: undefined,
    };
  refusals.at(
    'snapshot table',
    failure.offset,
    `The snapshot table at ${hex(offset)} is unusable at ${hex(failure.offset)}: ${failure.message}`,
    failure.message,
    'opening but for a check',
  );
  const hint = failure.message.startsWith('Too much')
    ? 'You can force-remove this extra metadata with qemu-img check -r all'
    : `You can force-remove all ${count - snapshotTable.snapshots.length + 1} overhanging snapshots with qemu-img check -r all`;
  return {
    snapshotTable,
    snapshotsOffset,
    snapshotsUnreadable: failure.message,
    snapshotFailure: {
      messages: [`qemu-img: ERROR failed to read the snapshot table: ${failure.message}`, hint],
      errno: failure.errno,
    },
  };
}
