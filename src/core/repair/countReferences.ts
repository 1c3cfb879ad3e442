import { hashHex, hexWords } from '../bytes.js';
import { firstInvalidEntry, readBitmapDirectory } from '../qcow2/bitmapDirectory.js';
import { EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import type { FieldName } from '../qcow2/header.js';
import { MAX_L1_BYTES, MAX_NODE_LENGTH } from '../qcow2/limits.js';
import { readBitmapTable } from '../qcow2/openBitmaps.js';
import type { Work } from '../work.js';
import { type Counts, PassFailed } from './counts.js';
import { L2References } from './l2References.js';
import type { Fixing } from './mode.js';
import { checkRefcountBlocks } from './refcountBlockCheck.js';
import type { ReferenceCounts } from './referenceCounts.js';
import { RegionCount } from './regionCount.js';
import type { RepairState } from './repairState.js';
import type { SnapshotEntry } from './snapshotEntries.js';

/** What counting leaves to be done. */
export interface Counted {
  /** The refcount structures cannot be mended where they are. */
  readonly rebuild: boolean;
}

/** L1 entries that say nothing between two yields. */
const AT_ONCE = 1024;

/**
 * Counts all references in QEMU's order, and mends on the way what can be mended there
 * (calculate_refcounts). Throws PassFailed.
 */
export function* countReferences(
  state: RepairState,
  counts: Counts,
  fixing: Fixing,
  table: ReferenceCounts,
  snapshots: readonly SnapshotEntry[],
): Work<Counted> {
  return yield* new ReferenceCount(state, counts, fixing, table).run(snapshots);
}

class ReferenceCount {
  readonly #state: RepairState;
  readonly #counts: Counts;
  readonly #fixing: Fixing;
  readonly #regions: RegionCount;
  readonly #l2: L2References;

  constructor(state: RepairState, counts: Counts, fixing: Fixing, table: ReferenceCounts) {
    this.#state = state;
    this.#counts = counts;
    this.#fixing = fixing;
    this.#regions = new RegionCount(state, counts, table);
    this.#l2 = new L2References(state, counts, fixing, this.#regions);
  }

  *run(snapshots: readonly SnapshotEntry[]): Work<Counted> {
    const { driver } = this.#state;
    const { clusterSize } = driver.sizes;
    const regions = this.#regions;
    regions.count(0, clusterSize);
    const { l1 } = driver.header;
    yield* this.#l1(this.#exact('l1_table_offset', l1.offset), l1.entries, true);
    if (driver.dataFile && snapshots.length > 0)
      this.#corrupt(() => `ERROR ${snapshots.length} snapshots in image with data file`);
    for (const snapshot of snapshots) yield* this.#snapshot(snapshot);
    const { offset, size } = driver.snapshots;
    regions.count(offset, size, this.#exact('snapshots_offset', offset).toString(16));
    const refcountTable = driver.refcounts.table.entries;
    regions.count(
      refcountTable.offset,
      refcountTable.bytes,
      this.#exact('refcount_table_offset', refcountTable.offset).toString(16),
    );
    const { crypto } = driver.image;
    if (crypto) regions.count(Number(crypto.offset), Number(crypto.length));
    this.#bitmaps();
    yield;
    const rebuild = yield* checkRefcountBlocks(this.#state, this.#counts, this.#fixing, regions);
    return { rebuild };
  }

  /**
   * An offset that the driver has from the header. Of one that is too large for a number, nothing in
   * the file can be; so it is what the header has said from the start.
   */
  #exact(field: FieldName, offset: number): bigint {
    return Number.isSafeInteger(offset)
      ? BigInt(offset)
      : this.#state.driver.image.header.value(field);
  }

  *#snapshot({ l1Offset, l1Size, id, name }: SnapshotEntry): Work {
    const who = (): string => `ERROR snapshot ${id} (${name})`;
    if (l1Offset % BigInt(this.#state.driver.sizes.clusterSize) !== 0n) {
      this.#corrupt(
        () =>
          `${who()} l1_offset=${hashHex(l1Offset)}: L1 table is not cluster aligned; snapshot table entry corrupted`,
      );
      return;
    }
    if (l1Size > MAX_L1_BYTES / 8) {
      this.#corrupt(
        () =>
          `${who()} l1_size=${hashHex(l1Size)}: L1 table is too large; snapshot table entry corrupted`,
      );
      return;
    }
    yield* this.#l1(l1Offset, l1Size, false);
  }

  /** An L1 table as it is in the file, and what hangs below it (check_refcounts_l1). */
  *#l1(offset: bigint, entries: number, active: boolean): Work {
    if (entries === 0) return;
    const { driver, recorder } = this.#state;
    const { sizes, file } = driver;
    const bytes = entries * 8;
    this.#regions.count(Number(offset), bytes, offset.toString(16));
    if (offset > MAX_NODE_LENGTH - BigInt(bytes)) {
      recorder.message('ERROR: I/O error in check_refcounts_l1');
      this.#counts.checkErrors++;
      throw new PassFailed('EIO');
    }
    const table = EntryTable.read(file.overlay, offset, entries);
    for (let index = 0; index < table.present; index++) {
      const [high, low] = [table.high(index), table.low(index)];
      if (index % AT_ONCE === 0) yield;
      if (high === 0 && low === 0) continue;
      if ((high & 0x7f000000) !== 0 || (low & 0x1ff) !== 0)
        this.#corrupt(() => `ERROR found L1 entry with reserved bits set: ${hexWords(high, low)}`);
      const l2Offset = maskedOffset(high, low);
      this.#regions.count(l2Offset, sizes.clusterSize);
      if (l2Offset % sizes.clusterSize !== 0)
        this.#corrupt(
          () =>
            `ERROR l2_offset=${l2Offset.toString(16)}: Table is not cluster aligned; L1 entry corrupted`,
        );
      // What lies past the end of the file reads as zeros: entries that say nothing.
      if (l2Offset >= file.overlay.size) continue;
      this.#l2.count({ offset: l2Offset, active, guestOffset: index * sizes.tableSpan });
      yield;
    }
    this.#l2.flush();
  }

  /** Directory, tables and data of the bitmaps (qcow2_check_bitmaps_refcounts). */
  #bitmaps(): void {
    const { driver } = this.#state;
    const { bitmaps } = driver.header;
    if (!bitmaps) return;
    const { clusterSize, virtualSize } = driver.sizes;
    const { overlay } = driver.file;
    this.#regions.count(bitmaps.offset, bitmaps.size);
    const { offset, size, count } = bitmaps;
    const directory = readBitmapDirectory(overlay, offset, size, count, clusterSize, virtualSize);
    // A node that is dead has no length, by which QEMU judges the entries (check_dir_entry).
    if (directory.failure || driver.signal.dead) {
      this.#counts.corruptions++;
      throw new PassFailed('EINVAL');
    }
    for (const bitmap of directory.bitmaps) {
      const bytes = bitmap.tableSize * 8;
      const text = bitmap.tableOffset.toString(16);
      this.#regions.count(Number(bitmap.tableOffset), bytes, text);
      const past = bitmap.tableOffset > MAX_NODE_LENGTH - BigInt(bytes);
      const table = readBitmapTable(overlay, bitmap);
      if (past || firstInvalidEntry(table, clusterSize) >= 0) {
        this.#counts.corruptions++;
        throw new PassFailed(past ? 'EIO' : 'EINVAL');
      }
      for (let index = 0; index < table.present; index++) {
        const data = maskedOffset(table.high(index), table.low(index));
        if (data !== 0) this.#regions.count(data, clusterSize);
      }
    }
  }

  #corrupt(message: () => string): void {
    this.#counts.corruptions++;
    this.#state.recorder.tell(message);
  }
}
