import { BIT } from '../layout/kinds.js';
import type { CheckEngine } from '../overlap/checkEngine.js';
import { MetadataList } from '../overlap/metadataList.js';
import { MOST_OPERATIONS, openSequence } from '../overlap/openSequence.js';
import type { StructureSettings } from '../overlap/settings.js';
import {
  l2TableAllocated,
  type MovingTable,
  refcountBlockAllocated,
  snapshotCreated,
  type FormerL2Table,
  inactiveL1Freed,
  inactiveL2Released,
  tableMoved,
  type TablePlace,
} from '../overlap/tableChanges.js';
import { TableSet } from '../overlap/tableSet.js';
import { type GuardedTables, guardedTables, TodayEngine } from '../overlap/today.js';
import { STRUCTURE_TYPES, TEMPLATES, type TypeSet } from '../overlap/types.js';
import { EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import { AUTOCLEAR } from '../qcow2/features.js';
import type { LaidOutImage } from '../qcow2/image.js';
import { MAX_L1_BYTES, MAX_NODE_LENGTH } from '../qcow2/limits.js';
import { type Parsed } from '../size.js';
import { RequestFailed, Unpredictable } from './failure.js';
import type { Overlay } from './overlay.js';

/** Which overlap check is asked. */
export type Engine =
  | { readonly type: 'today' }
  | ({ readonly type: 'structures' } & Omit<StructureSettings, 'guarded'>);

const EVERYTHING: TypeSet = TEMPLATES.all;

/** A table that moves, or that is not there. */
type MaybePlace = TablePlace | undefined;

/** The overlap check that was chosen, kept up to date; beside it QEMU's own tables, to tell what is hit. */
export class Guard {
  /** The structures, when they are the chosen engine and guard anything. */
  readonly structures: MetadataList | undefined;
  readonly #tables: GuardedTables;
  readonly #exact: TodayEngine;
  readonly #guarded: TypeSet;
  readonly #clusterSize: number;
  readonly #inactive: { table: TableSet | undefined };
  readonly #isHeadless: boolean;
  #engine: CheckEngine;
  /** A type whose old place is being freed, though the checks still go by it. */
  #leaving: TypeSet = 0;

  private constructor(
    tables: GuardedTables,
    inactive: { table: TableSet | undefined },
    guarded: TypeSet,
    structures: MetadataList | undefined,
    isToday: boolean,
    isHeadless: boolean,
  ) {
    this.#tables = tables;
    this.#exact = new TodayEngine(tables, EVERYTHING);
    this.#guarded = guarded;
    this.#clusterSize = tables.clusterSize;
    this.#inactive = inactive;
    this.structures = structures;
    this.#isHeadless = isHeadless;
    this.#engine = isToday ? this.#today(guarded) : (structures ?? NOTHING);
  }

  /** The check as it is just after opening; or the message with which the image fails to open. */
  static open(
    image: LaidOutImage,
    overlay: Overlay,
    guarded: TypeSet,
    engine: Engine,
  ): Parsed<Guard> {
    const inactive: { table: TableSet | undefined } = { table: undefined };
    const tables: GuardedTables = {
      ...guardedTables(image),
      inactiveL2s: () => (inactive.table ??= inactiveTables(tables, overlay)),
    };
    const structures =
      engine.type === 'structures' ? openStructures(image, { ...engine, guarded }) : undefined;
    if (structures && !structures.ok) return structures;
    return {
      ok: true,
      value: new Guard(
        tables,
        inactive,
        guarded,
        structures?.value,
        engine.type === 'today',
        headless(image),
      ),
    };
  }

  /** What a write would hit, but for `ignore`. Throws RequestFailed when the check itself fails. */
  check(ignore: TypeSet, offset: number, size: number): TypeSet {
    return this.#engine.check(ignore, offset, size);
  }

  /** All guarded types that lie in a range but for `ignore`, whatever is set to be guarded. */
  hits(ignore: TypeSet, offset: number, size: number): TypeSet {
    let found = 0;
    try {
      for (;;) {
        const next = this.#exact.check(ignore | this.#leaving | found, offset, size);
        if (next === 0) return found;
        found |= next;
      }
    } catch (error) {
      // A snapshot's L1 table that QEMU would refuse to read: it names no L2 tables, then.
      if (error instanceof RequestFailed || error instanceof Unpredictable) return found;
      throw error;
    }
  }

  /** Closing has dropped the L1 table: the L2 tables are not known to QEMU's own check any more. */
  l1Dropped(): void {
    if (!this.structures) this.#engine = this.#today(this.#guarded & ~BIT.activeL2);
  }

  #today(guarded: TypeSet): CheckEngine {
    const engine = new TodayEngine(this.#tables, guarded);
    if (!this.#isHeadless) return engine;
    return {
      check: (ignore, offset, size) =>
        engine.check(ignore, offset, size) || guarded & ~ignore & BIT.bitmapDirectory,
    };
  }

  /** Bytes of the file were changed. */
  wrote(offset: number, size: number): void {
    if (!this.#inactive.table) return;
    if (
      this.#tables.inactiveL1s.some(
        (l1) => l1.offset < offset + size && offset < l1.offset + l1.bytes,
      )
    )
      this.#inactive.table = undefined;
  }

  /** The in-memory L1 entry now refers to another table; 0 is none. */
  l2Linked(from: number, to: number): void {
    if (from !== 0) this.#tables.activeL2s.remove(from);
    if (to !== 0) this.#tables.activeL2s.add(to);
  }

  /** The series is told of each newly allocated table. */
  l2Allocated(offset: number): void {
    if (this.structures) l2TableAllocated(this.structures, offset);
  }

  refcountBlockAdded(offset: number): void {
    this.#tables.refcountBlocks.add(offset);
    if (this.structures) refcountBlockAllocated(this.structures, offset);
  }

  refcountBlockDropped(offset: number): void {
    this.#tables.refcountBlocks.remove(offset);
  }

  /** The snapshot table has been written anew; its old place is freed before the checks hear of it. */
  snapshotTableLeaves(): void {
    this.#leaving = BIT.snapshotTable;
  }

  moved(table: Exclude<MovingTable, 'active-l1'>, from: MaybePlace, to: MaybePlace): void {
    const place = to ?? { offset: 0, bytes: 0 };
    if (table === 'refcount-table') this.#tables.refcountTable = place;
    else {
      this.#tables.snapshotTable = place;
      this.#leaving = 0;
    }
    if (this.structures) tableMoved(this.structures, this.#clusterSize, table, from, to);
  }

  /** It counts only while the autoclear bit says that it holds. */
  bitmapDirectory(place: MaybePlace): void {
    this.#tables.bitmapDirectory = place ?? { offset: 0, bytes: 0 };
  }

  snapshotAdded(l1: TablePlace, l2Offsets: Iterable<number>): void {
    this.#tables.inactiveL1s = [...this.#tables.inactiveL1s, l1];
    this.#inactive.table = undefined;
    if (this.structures) snapshotCreated(this.structures, this.#clusterSize, l1, l2Offsets);
  }

  /** A snapshot left the list: QEMU's own check forgets its tables at once. */
  snapshotForgotten(index: number): void {
    this.#tables.inactiveL1s = this.#tables.inactiveL1s.filter((_, i) => i !== index);
    this.#inactive.table = undefined;
  }

  inactiveL2Released(table: FormerL2Table): void {
    if (this.structures) inactiveL2Released(this.structures, table);
  }

  inactiveL1Freed(l1: TablePlace): void {
    if (this.structures) inactiveL1Freed(this.structures, this.#clusterSize, l1);
  }
}

/**
 * The autoclear bit says that there are bitmaps, and there is no extension with their directory: QEMU
 * takes it to be of no bytes at 0, and its ranges_overlap finds that in the way of every write.
 */
function headless({ header, bitmaps }: LaidOutImage): boolean {
  return bitmaps === undefined && (header.value('autoclear_features') & AUTOCLEAR.bitmaps) !== 0n;
}

const NOTHING: CheckEngine = { check: () => 0 };

function openStructures(
  image: LaidOutImage,
  settings: StructureSettings,
): Parsed<MetadataList | undefined> {
  if ((settings.guarded & STRUCTURE_TYPES) === 0) return { ok: true, value: undefined };
  const operations = openSequence(image, settings.guarded);
  if (!operations.ok) return operations;
  const { clusterBits, fileSize } = image.layout;
  const created = MetadataList.create({ clusterBits, fileLength: fileSize }, settings);
  if (created.ok) operations.value.applyTo(created.value, { position: 0 }, operations.value.length);
  return created;
}

/** The L2 tables of all snapshots, from the file as it is now. Throws RequestFailed as the check does. */
function inactiveTables(tables: GuardedTables, overlay: Overlay): TableSet {
  const offsets: number[] = [];
  const seen = new Set<string>();
  for (const { offset, bytes } of tables.inactiveL1s) {
    if (bytes > MAX_L1_BYTES) throw new RequestFailed('EFBIG');
    if (offset % tables.clusterSize !== 0 || offset + bytes >= 2 ** 63)
      throw new RequestFailed('EINVAL');
    if (bytes > 0 && offset + bytes > Number(MAX_NODE_LENGTH)) throw new RequestFailed('EIO');
    const place = `${offset} ${bytes}`;
    if (seen.has(place)) continue;
    seen.add(place);
    const l1 = EntryTable.read(overlay, BigInt(offset), bytes / 8);
    if (offsets.length + l1.present > MOST_OPERATIONS)
      throw new Unpredictable(`gave up: the snapshots have more than ${MOST_OPERATIONS} L2 tables`);
    for (let index = 0; index < l1.present; index++) {
      const table = maskedOffset(l1.high(index), l1.low(index));
      if (table !== 0) offsets.push(table);
    }
  }
  return new TableSet(Float64Array.from(offsets), tables.clusterSize);
}
