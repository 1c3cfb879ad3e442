import { BIT } from '../map/kinds.js';
import { blockOffset, ENTRY_OFFSET, EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import { MAX_L1_BYTES } from '../qcow2/limits.js';
import type { MappableImage } from '../qcow2/image.js';
import { snapshotLabel } from '../qcow2/snapshotTable.js';
import type { ParseResult } from '../size.js';
import { OperationList } from './operationList.js';
import type { TypeSet } from './types.js';

/** Bytes that the series takes each snapshot to have in the table: it leaves out ids, names and extra data. */
const SNAPSHOT_ENTRY_BYTES = 40;

/** A snapshot whose L1 table claims more entries is left out (QCOW_MAX_L1_SIZE, taken as entries). */
const MAX_L1_ENTRIES = MAX_L1_BYTES;

/** A broken image can have 65,536 snapshots that share an L1 table of millions of entries. */
export const MAX_OPERATIONS = 2 ** 24;

/**
 * What the series enters while it opens an image, in its order: the order decides what the cache
 * and the limit do. The L1 tables of snapshots are read only if inactive L2 tables are guarded.
 * Not ok for an image that nobody could have made: it would take more than 2^24 operations.
 */
export function openSequence(image: MappableImage, guarded: TypeSet): ParseResult<OperationList> {
  const { header, l1, refcountTable } = image;
  const { clusterSize } = image.geometry;
  const operations = new OperationList();
  const table = (offset: number, bytes: number, types: TypeSet): void => {
    if (bytes > 0) operations.enter(offset, Math.ceil(bytes / clusterSize), types);
  };
  operations.enter(0, 1, BIT.mainHeader);
  table(refcountTable.offset, refcountTable.length * 8, BIT.refcountTable);
  table(
    image.snapshotsOffset,
    header.number('nb_snapshots') * SNAPSHOT_ENTRY_BYTES,
    BIT.snapshotTable,
  );
  table(l1.offset, l1.length * 8, BIT.activeL1);
  enterL2Tables(operations, l1, BIT.activeL2);
  for (let index = 0; index < refcountTable.present; index++) {
    const offset = blockOffset(refcountTable.high(index), refcountTable.low(index));
    if (offset !== 0) operations.enter(offset, 1, BIT.refcountBlock);
  }
  for (const snapshot of image.snapshotTable.snapshots) {
    const offset = Number(snapshot.l1Offset & ENTRY_OFFSET);
    if (offset === 0 || snapshot.l1Size > MAX_L1_ENTRIES) continue;
    table(offset, snapshot.l1Size * 8, BIT.inactiveL1);
    if ((guarded & BIT.inactiveL2) === 0) continue;
    const inactive = EntryTable.read(image.source, BigInt(offset), snapshot.l1Size);
    if (operations.length + inactive.present > MAX_OPERATIONS)
      return {
        ok: false,
        message: `Opening would enter more than ${MAX_OPERATIONS} tables, at ${snapshotLabel(snapshot)}`,
      };
    enterL2Tables(operations, inactive, BIT.inactiveL2);
  }
  return { ok: true, value: operations };
}

function enterL2Tables(operations: OperationList, l1: EntryTable, type: TypeSet): void {
  for (let index = 0; index < l1.present; index++) {
    const offset = maskedOffset(l1.high(index), l1.low(index));
    if (offset !== 0) operations.enter(offset, 1, type);
  }
}
