import { roundUp } from '../bytes.js';
import { BIT } from '../map/kinds.js';
import { blockOffset, EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { MAX_L1_BYTES } from '../qcow2/limits.js';
import type { Snapshot } from '../qcow2/snapshotTable.js';
import type { CheckEngine } from './checkEngine.js';
import { MAX_OPERATIONS } from './openSequence.js';
import type { TablePlace } from './tableChanges.js';
import { TableSet } from './tableSet.js';
import type { TypeSet } from './types.js';

/** Where all guarded tables lie, byte for byte. A table of no bytes is none. */
export interface GuardedTables {
  readonly clusterSize: number;
  activeL1: TablePlace;
  refcountTable: TablePlace;
  /** Its true size, names and all. */
  snapshotTable: TablePlace;
  inactiveL1s: readonly TablePlace[];
  readonly activeL2s: TableSet;
  readonly refcountBlocks: TableSet;
  /** Asked for when a check first gets so far: QEMU reads it from the image, for every write. */
  readonly inactiveL2s: () => TableSet;
  /** Only while the autoclear bit says that the bitmaps hold. */
  bitmapDirectory: TablePlace;
}

/** The check as QEMU has it today (qcow2_check_metadata_overlap): one list of tables after the other. */
export class TodayEngine implements CheckEngine {
  readonly tables: GuardedTables;
  readonly guarded: TypeSet;

  constructor(tables: GuardedTables, guarded: TypeSet) {
    this.tables = tables;
    this.guarded = guarded;
  }

  /** The first type that is hit, in QEMU's order, which is not that of the bits. */
  check(ignore: TypeSet, offset: number, size: number): TypeSet {
    const types = this.guarded & ~ignore;
    if (types === 0 || size === 0) return 0;
    const { tables } = this;
    const { clusterSize } = tables;
    if ((types & BIT.mainHeader) !== 0 && offset < clusterSize) return BIT.mainHeader;
    const start = Math.floor(offset / clusterSize) * clusterSize;
    const end = roundUp(offset + size, clusterSize);
    const hits = (table: TablePlace): boolean =>
      table.bytes > 0 && table.offset < end && start < table.offset + table.bytes;
    if ((types & BIT.activeL1) !== 0 && hits(tables.activeL1)) return BIT.activeL1;
    if ((types & BIT.refcountTable) !== 0 && hits(tables.refcountTable)) return BIT.refcountTable;
    if ((types & BIT.snapshotTable) !== 0 && hits(tables.snapshotTable)) return BIT.snapshotTable;
    if ((types & BIT.inactiveL1) !== 0 && tables.inactiveL1s.some(hits)) return BIT.inactiveL1;
    if ((types & BIT.activeL2) !== 0 && tables.activeL2s.overlaps(start, end)) return BIT.activeL2;
    if ((types & BIT.refcountBlock) !== 0 && tables.refcountBlocks.overlaps(start, end))
      return BIT.refcountBlock;
    if ((types & BIT.inactiveL2) !== 0 && tables.inactiveL2s().overlaps(start, end))
      return BIT.inactiveL2;
    if ((types & BIT.bitmapDirectory) !== 0 && hits(tables.bitmapDirectory))
      return BIT.bitmapDirectory;
    return 0;
  }
}

/** The guarded tables of an image that has just been opened. */
export function guardedTables(image: MappableImage): GuardedTables {
  const { l1, refcountTable, snapshotTable, bitmaps } = image;
  const { clusterSize } = image.geometry;
  let inactiveL2s: TableSet | undefined;
  return {
    clusterSize,
    activeL1: placeOf(l1),
    refcountTable: placeOf(refcountTable),
    snapshotTable: { offset: image.snapshotsOffset, bytes: snapshotTable.size },
    inactiveL1s: snapshotTable.snapshots.map(placeOfL1),
    activeL2s: new TableSet(l2Offsets([l1]), clusterSize),
    refcountBlocks: new TableSet(refcountBlocks(refcountTable), clusterSize),
    inactiveL2s: () => (inactiveL2s ??= new TableSet(l2Offsets(snapshotL1s(image)), clusterSize)),
    bitmapDirectory: { offset: bitmaps?.offset ?? 0, bytes: bitmaps?.size ?? 0 },
  };
}

/** Where a snapshot says that its L1 table is. */
export const placeOfL1 = ({
  l1Offset,
  l1Size,
}: Pick<Snapshot, 'l1Offset' | 'l1Size'>): TablePlace => ({
  offset: exactOrBeyond(l1Offset),
  bytes: l1Size * 8,
});

/** An offset that a number would round to another alignment lies past any file, as 2^63 does. */
const exactOrBeyond = (offset: bigint): number =>
  BigInt(Number(offset)) === offset ? Number(offset) : 2 ** 63;

const placeOf = (table: EntryTable): TablePlace => ({
  offset: table.offset,
  bytes: table.length * 8,
});

/**
 * The L1 tables of all snapshots, each place once, but for those that QEMU would refuse to read; as
 * long as they stay below what any image that QEMU made can have.
 */
function* snapshotL1s(image: MappableImage): Generator<EntryTable> {
  const seen = new Set<string>();
  let entries = 0;
  for (const { l1Offset, l1Size } of image.snapshotTable.snapshots) {
    const place = `${l1Offset} ${l1Size}`;
    if (l1Size > MAX_L1_BYTES / 8 || l1Offset % BigInt(image.geometry.clusterSize) !== 0n) continue;
    if (seen.has(place) || entries > MAX_OPERATIONS) continue;
    seen.add(place);
    const table = EntryTable.read(image.source, l1Offset, l1Size);
    entries += table.present;
    yield table;
  }
}

/** Host offsets of the L2 tables that L1 tables refer to. */
function l2Offsets(tables: Iterable<EntryTable>): Float64Array {
  const all: number[] = [];
  for (const table of tables)
    for (let index = 0; index < table.present; index++) {
      const offset = maskedOffset(table.high(index), table.low(index));
      if (offset !== 0) all.push(offset);
    }
  return Float64Array.from(all);
}

function refcountBlocks(table: EntryTable): Float64Array {
  const all: number[] = [];
  for (let index = 0; index < table.present; index++) {
    const offset = blockOffset(table.high(index), table.low(index));
    if (offset !== 0) all.push(offset);
  }
  return Float64Array.from(all);
}
