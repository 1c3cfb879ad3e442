import { hashHex, hexWords, viewOf } from '../bytes.js';
import { EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import type { LaidOutImage } from '../qcow2/image.js';
import { COPIED } from '../qcow2/l2Entry.js';
import type { Layout } from '../qcow2/layout.js';
import { MAX_L1_BYTES, MAX_NODE_LENGTH } from '../qcow2/limits.js';
import type { Snapshot } from '../qcow2/snapshotTable.js';
import type { FindingList } from './findingList.js';
import { BIT } from './kinds.js';
import { L2Tables } from './l2Tables.js';
import type { L2Place } from './l2Place.js';
import { L2Walk } from './l2Walk.js';
import { noticeTable } from './notices.js';
import type { Owner, SnapshotName, TableOf } from './owner.js';
import type { References } from './references.js';
import type { ScanFailure } from './scanFailure.js';
import type { StoredRefcounts } from './storedRefcounts.js';
import { type Contents, TableIndex } from './tableIndex.js';

/** Plain tables remembered; an image with more of them has its further ones walked each time. */
const REMEMBERED = 2 ** 20;

/** An L2 table of plain entries, and how many snapshots have shared it since it was walked. */
interface PlainTable extends Contents {
  readonly kind: number;
  repeats: number;
}

/** Walks L1 tables, the active one and those of snapshots, and all L2 tables below them. */
export class L1Walk {
  readonly tables: TableIndex;
  /** Why QEMU's check stops at a snapshot, if it does. */
  failure: ScanFailure | undefined;
  readonly walk: L2Walk;
  readonly #image: LaidOutImage;
  readonly #layout: Layout;
  readonly #references: References;
  readonly #stored: StoredRefcounts;
  readonly #findings: FindingList;
  readonly #copiedFindings: FindingList;
  readonly #notices: FindingList;
  readonly #l2Tables: L2Tables;
  /** Plain tables by offset: a snapshot that shares one need not walk it again. */
  readonly #plain = new Map<number, PlainTable>();

  constructor(
    image: LaidOutImage,
    references: References,
    stored: StoredRefcounts,
    findings: FindingList,
    copiedFindings: FindingList,
    notices: FindingList,
  ) {
    this.#image = image;
    this.tables = new TableIndex(image.layout);
    this.#layout = image.layout;
    this.#references = references;
    this.#stored = stored;
    this.#findings = findings;
    this.#copiedFindings = copiedFindings;
    this.#notices = notices;
    this.walk = new L2Walk(image.layout, references, stored, findings, copiedFindings);
    this.#l2Tables = new L2Tables(image);
  }

  /** The active L1 table and all below it. Yields the part done, 0 … 1. */
  active(): Generator<number> {
    this.#countTable(this.#image.l1, { snapshot: undefined });
    return this.#l1(this.#image.l1, { snapshot: undefined }, this.#layout.l1DiskEntries);
  }

  /** A snapshot's L1 table, if it is one (calculate_refcounts). */
  *snapshot(snapshot: Snapshot): Generator<number> {
    const { clusterSize, l2Entries, virtualSize } = this.#layout;
    const name: SnapshotName = { index: snapshot.index, id: snapshot.id, name: snapshot.name };
    const at = {
      severity: 'corruption',
      offset: snapshot.offset,
      cluster: Math.floor(snapshot.offset / clusterSize),
      owner: { type: 'snapshot-table' },
    } as const;
    const who = `ERROR snapshot ${snapshot.id} (${snapshot.name})`;
    if (snapshot.l1Offset % BigInt(clusterSize) !== 0n) {
      this.#findings.add({
        ...at,
        code: 'snapshot-l1-unaligned',
        message: `${who} l1_offset=${hashHex(snapshot.l1Offset)}: L1 table is not cluster aligned; snapshot table entry corrupted`,
      });
      return;
    }
    if (snapshot.l1Size > MAX_L1_BYTES / 8) {
      this.#findings.add({
        ...at,
        code: 'snapshot-l1-too-large',
        message: `${who} l1_size=0x${snapshot.l1Size.toString(16)}: L1 table is too large; snapshot table entry corrupted`,
      });
      return;
    }
    const diskSize = snapshot.diskSize ?? virtualSize;
    const covered = BigInt(clusterSize) * BigInt(l2Entries);
    const table = EntryTable.read(this.#image.source, snapshot.l1Offset, snapshot.l1Size);
    const stop = (messages: readonly string[], errno: string) =>
      (this.failure ??= { after: this.#findings.kept.length, messages, errno });
    if (!this.#countTable(table, { snapshot: name })) stop([], 'Cannot allocate memory');
    else if (
      snapshot.l1Size > 0 &&
      snapshot.l1Offset > MAX_NODE_LENGTH - BigInt(snapshot.l1Size * 8)
    )
      stop(['ERROR: I/O error in check_refcounts_l1'], 'Input/output error');
    yield* this.#l1(table, { snapshot: name }, Number((diskSize + covered - 1n) / covered));
  }

  /** Counts the tables that snapshots share, each once for all of them. Yields the part done. */
  *repeats(): Generator<number> {
    let done = 0;
    const bytes = new Uint8Array(this.#layout.clusterSize);
    for (const [offset, { kind, repeats }] of this.#plain) {
      done++;
      if (repeats === 0) continue;
      this.#image.source.readInto(bytes, offset);
      this.walk.repeat(viewOf(bytes), kind, repeats);
      yield done / this.#plain.size;
    }
  }

  /** Counts the clusters of an L1 table itself; false where QEMU gives up. */
  #countTable(table: EntryTable, of: TableOf): boolean {
    const kind = of.snapshot ? BIT.inactiveL1 : BIT.activeL1;
    const owner = { type: 'l1-table', ...of } as const;
    return this.#references.count(table.offset, table.length * 8, kind, owner, table.offsetText);
  }

  /** What hangs below an L1 table (check_refcounts_l1). Yields the part done. */
  *#l1(table: EntryTable, of: TableOf, diskEntries: number): Generator<number> {
    const active = of.snapshot === undefined;
    this.tables.startL1({ of, diskEntries });
    for (let index = 0; index < table.present; index++) {
      const high = table.high(index);
      const low = table.low(index);
      if (high === 0 && low === 0) continue;
      const place = this.#l1Entry(table, index, of);
      const known = this.#plain.get(place.offset);
      if (!active && known?.kind === place.kind) {
        known.repeats++;
        this.tables.add(place, known);
      } else if (place.offset < this.#layout.fileSize) {
        this.walk.walk(this.#l2Tables.read(table, index, place.offset), place);
        const { tally } = this.walk;
        const { lowest, highest, plain } = tally;
        this.tables.add(place, tally);
        noticeTable(
          this.#notices,
          tally,
          place,
          this.#layout.clusterSize,
          table.entryOffset(index),
        );
        if (plain && !known && this.#plain.size < REMEMBERED)
          this.#plain.set(place.offset, { kind: place.kind, lowest, highest, plain, repeats: 0 });
      }
      yield index / table.present;
    }
    this.walk.flush();
  }

  /** Counts and judges one L1 entry that is not 0. */
  #l1Entry(table: EntryTable, index: number, of: TableOf): L2Place {
    const { clusterSize } = this.#layout;
    const high = table.high(index);
    const low = table.low(index);
    const active = of.snapshot === undefined;
    const offset = maskedOffset(high, low);
    const entryOffset = table.entryOffset(index);
    const owner = { type: 'l2-table', l1Index: index, entryOffset, ...of } as const;
    const at = {
      severity: 'corruption',
      offset: entryOffset,
      cluster: Math.floor(entryOffset / clusterSize),
      owner,
    } as const;
    if ((high & 0x7f000000) !== 0 || (low & 0x1ff) !== 0)
      this.#findings.add({
        ...at,
        code: 'l1-reserved-bits',
        message: `ERROR found L1 entry with reserved bits set: ${hexWords(high, low)}`,
      });
    this.#references.count(offset, clusterSize, active ? BIT.activeL2 : BIT.inactiveL2, owner);
    if (offset % clusterSize !== 0)
      this.#findings.add({
        ...at,
        code: 'l1-unaligned',
        message: `ERROR l2_offset=${offset.toString(16)}: Table is not cluster aligned; L1 entry corrupted`,
      });
    const place = this.tables.place(index, offset);
    if (!place.checkCopied || this.#copiedTable(index, high, low, offset, owner)) return place;
    return { ...place, checkCopied: false };
  }

  /**
   * COPIED of an L1 entry against the stored refcount (check_oflag_copied). False when that is
   * unknown: then QEMU leaves out the whole table.
   */
  #copiedTable(
    index: number,
    high: number,
    low: number,
    offset: number,
    owner: Extract<Owner, { type: 'l2-table' }>,
  ): boolean {
    const cluster = Math.floor(offset / this.#layout.clusterSize);
    const refcount = this.#stored.exact(cluster);
    if (refcount === undefined) return false;
    if ((refcount === 1n) === ((high & COPIED) !== 0)) return true;
    this.walk.flush();
    this.#copiedFindings.add({
      severity: 'corruption',
      code: 'copied-l2-table',
      offset: cluster * this.#layout.clusterSize,
      cluster,
      message: `ERROR OFLAG_COPIED L2 cluster: l1_index=${index} l1_entry=${hexWords(high, low)} refcount=${refcount}`,
      owner,
    });
    return true;
  }
}
