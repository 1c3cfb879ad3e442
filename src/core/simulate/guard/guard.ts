import { BIT } from '../../map/kinds.js';
import type { MetadataList } from '../../overlap/metadataList.js';
import { MAX_OPERATIONS } from '../../overlap/openSequence.js';
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
} from '../../overlap/tableChanges.js';
import { TableSet } from '../../overlap/tableSet.js';
import { type GuardedTables, guardedTables, placeOfL1, TodayEngine } from '../../overlap/today.js';
import { lowestType, TEMPLATES, type TypeSet } from '../../overlap/types.js';
import { EntryTable, maskedOffset } from '../../qcow2/entryTable.js';
import type { MappableImage } from '../../qcow2/image.js';
import { MAX_L1_BYTES, MAX_NODE_LENGTH } from '../../qcow2/limits.js';
import { type ParseResult } from '../../size.js';
import { RequestError, Unpredictable } from '../copy/failure.js';
import { type Answer, type Checking, Judge } from './judge.js';
import type { Step } from '../copy/outcome.js';
import type { Overlay } from '../copy/overlay.js';
import type { Recorder } from '../copy/recorder.js';

const EVERYTHING: TypeSet = TEMPLATES.all;

/** A table that moves, or that is not there. */
type MaybePlace = TablePlace | undefined;

/** Checks that are not asked: they look on, and are told of what they would have said. */
export interface Watch {
  readonly checks: readonly Checking[];
  /** Hears of each write that not all agree on. Whoever does not agree looks on no more. */
  readonly onDivision: (division: Division) => void;
}

/** A write that not all checks agree on. */
export interface Division {
  /** Bytes of the host file. */
  readonly offset: number;
  readonly size: number;
  /** Of the check that is asked, and then of those that look on; undefined for one that does no more. */
  readonly answers: readonly (Answer | undefined)[];
  /** Their structures. */
  readonly lists: readonly (MetadataList | undefined)[];
  /** What was done so far in the operation. */
  readonly steps: readonly Step[];
}

/** The overlap check that was chosen, kept up to date; beside it QEMU's own tables, to tell what is hit. */
export class Guard {
  /** Why the image does not open with a check that looks on, if it does not: by its place. */
  readonly refusals: readonly (string | undefined)[];
  readonly #tables: GuardedTables;
  readonly #exact: TodayEngine;
  readonly #clusterSize: number;
  readonly #inactive: { table: TableSet | undefined };
  readonly #recorder: Recorder;
  readonly #onDivision: (division: Division) => void;
  readonly #asked: Judge;
  /** By place; undefined for one that does not look on, or does no more. */
  readonly #lookingOn: (Judge | undefined)[];
  /** A type whose old place is being freed, though the checks still go by it. */
  #leaving: TypeSet = 0;

  private constructor(
    tables: GuardedTables,
    inactive: { table: TableSet | undefined },
    asked: Judge,
    lookingOn: readonly ParseResult<Judge>[],
    recorder: Recorder,
    onDivision: (division: Division) => void,
  ) {
    this.#tables = tables;
    this.#exact = new TodayEngine(tables, EVERYTHING);
    this.#clusterSize = tables.clusterSize;
    this.#inactive = inactive;
    this.#recorder = recorder;
    this.#onDivision = onDivision;
    this.#asked = asked;
    this.#lookingOn = lookingOn.map((judge) => (judge.ok ? judge.value : undefined));
    this.refusals = lookingOn.map((judge) => (judge.ok ? undefined : judge.message));
  }

  /** The check as it is just after opening; or the message with which the image fails to open. */
  static open(
    image: MappableImage,
    overlay: Overlay,
    recorder: Recorder,
    checking: Checking,
    watch: Watch | undefined,
  ): ParseResult<Guard> {
    const inactive: { table: TableSet | undefined } = { table: undefined };
    const tables: GuardedTables = {
      ...guardedTables(image),
      inactiveL2s: () => (inactive.table ??= inactiveTables(tables, overlay)),
    };
    const asked = Judge.open(image, tables, checking);
    if (!asked.ok) return asked;
    const lookingOn = (watch?.checks ?? []).map((check) => Judge.open(image, tables, check));
    const onDivision = watch?.onDivision ?? (() => undefined);
    return {
      ok: true,
      value: new Guard(tables, inactive, asked.value, lookingOn, recorder, onDivision),
    };
  }

  /** The structures of the check that is asked, and of those that look on. */
  get lists(): readonly (MetadataList | undefined)[] {
    return [this.#asked, ...this.#lookingOn].map((judge) => judge?.structures);
  }

  /** What a write would hit, but for `ignore`. Throws RequestError when the check itself fails. */
  check(ignore: TypeSet, offset: number, size: number): TypeSet {
    try {
      const found = this.#asked.check(ignore, offset, size);
      this.#compare(lowestType(found), ignore, offset, size);
      return found;
    } catch (error) {
      if (error instanceof RequestError || error instanceof Unpredictable)
        this.#compare(error.message, ignore, offset, size);
      throw error;
    }
  }

  /** Asks those that look on, and parts with whoever answers something else. */
  #compare(answer: Answer, ignore: TypeSet, offset: number, size: number): void {
    let agree = true;
    const answers = this.#lookingOn.map((judge) => {
      const other = judge?.answer(ignore, offset, size);
      if (other !== undefined && other !== answer) agree = false;
      return other;
    });
    if (agree) return;
    const { steps } = this.#recorder;
    const { lists } = this;
    this.#onDivision({ offset, size, answers: [answer, ...answers], lists, steps });
    for (const [place, other] of answers.entries())
      if (other !== answer) this.#lookingOn[place] = undefined;
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
      if (error instanceof RequestError || error instanceof Unpredictable) return found;
      throw error;
    }
  }

  /** Closing has dropped the L1 table: the L2 tables are not known to QEMU's own check any more. */
  l1Dropped(): void {
    for (const judge of [this.#asked, ...this.#lookingOn]) judge?.l1Dropped();
  }

  /** Tells all structures of a change. */
  #tell(change: (list: MetadataList) => void): void {
    for (const list of this.lists) if (list) change(list);
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
    this.#tell((list) => {
      l2TableAllocated(list, offset);
    });
  }

  refcountBlockAdded(offset: number): void {
    this.#tables.refcountBlocks.add(offset);
    this.#tell((list) => {
      refcountBlockAllocated(list, offset);
    });
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
    this.#tell((list) => {
      tableMoved(list, this.#clusterSize, table, from, to);
    });
  }

  /** It counts only while the autoclear bit says that it holds. */
  bitmapDirectory(place: MaybePlace): void {
    this.#tables.bitmapDirectory = place ?? { offset: 0, bytes: 0 };
  }

  snapshotAdded(l1: TablePlace, l2Offsets: readonly number[]): void {
    this.#tables.inactiveL1s = [...this.#tables.inactiveL1s, l1];
    this.#inactive.table = undefined;
    this.#tell((list) => {
      snapshotCreated(list, this.#clusterSize, l1, l2Offsets);
    });
  }

  /** The snapshot table was read only now, as a check does that repairs. */
  snapshotsRead(
    table: TablePlace,
    snapshots: readonly { readonly l1Offset: bigint; readonly l1Size: number }[],
  ): void {
    this.#tables.snapshotTable = table;
    this.#tables.inactiveL1s = snapshots.map(placeOfL1);
    this.#inactive.table = undefined;
  }

  /** A snapshot left the list: QEMU's own check forgets its tables at once. */
  snapshotForgotten(index: number): void {
    this.#tables.inactiveL1s = this.#tables.inactiveL1s.filter((_, i) => i !== index);
    this.#inactive.table = undefined;
  }

  inactiveL2Released(table: FormerL2Table): void {
    this.#tell((list) => {
      inactiveL2Released(list, table);
    });
  }

  inactiveL1Freed(l1: TablePlace): void {
    this.#tell((list) => {
      inactiveL1Freed(list, this.#clusterSize, l1);
    });
  }
}

/** The L2 tables of all snapshots, from the file as it is now. Throws RequestError as the check does. */
function inactiveTables(tables: GuardedTables, overlay: Overlay): TableSet {
  const offsets: number[] = [];
  const seen = new Set<string>();
  for (const { offset, bytes } of tables.inactiveL1s) {
    if (bytes > MAX_L1_BYTES) throw new RequestError('EFBIG');
    if (offset % tables.clusterSize !== 0 || offset + bytes >= 2 ** 63)
      throw new RequestError('EINVAL');
    if (bytes > 0 && offset + bytes > Number(MAX_NODE_LENGTH)) throw new RequestError('EIO');
    const place = `${offset} ${bytes}`;
    if (seen.has(place)) continue;
    seen.add(place);
    const l1 = EntryTable.read(overlay, BigInt(offset), bytes / 8);
    if (offsets.length + l1.present > MAX_OPERATIONS)
      throw new Unpredictable(`gave up: the snapshots have more than ${MAX_OPERATIONS} L2 tables`);
    for (let index = 0; index < l1.present; index++) {
      const table = maskedOffset(l1.high(index), l1.low(index));
      if (table !== 0) offsets.push(table);
    }
  }
  return new TableSet(Float64Array.from(offsets), tables.clusterSize);
}
