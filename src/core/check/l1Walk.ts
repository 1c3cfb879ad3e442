import { hashHex, hex, hexWords, viewOf } from '../bytes.js';
import { EntryTable, isOffGrid, maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { COPIED } from '../qcow2/l2Entry.js';
import type { Geometry } from '../qcow2/geometry.js';
import { MAX_L1_BYTES, MAX_NODE_LENGTH } from '../qcow2/limits.js';
import type { Snapshot } from '../qcow2/snapshotTable.js';
import type { Budget } from '../map/budget.js';
import { MANY, storedOf } from '../map/cell.js';
import type { Counting } from './counting.js';
import type { UnreadClaims } from './unreadClaims.js';
import type { FindingRecord, FindingList } from './findingList.js';
import { BIT } from '../map/kinds.js';
import { L2Tables } from '../qcow2/l2Reader.js';
import { L2Walk } from './l2Count.js';
import { noticeTable } from './notices.js';
import type { SnapshotName, TableOf } from '../map/owner.js';
import type { References, TellOwner } from './references.js';
import { ofSnapshot, placedAt } from './repeatedFinding.js';
import type { StoredRefcounts } from './storedRefcounts.js';
import { TableIndex } from './tableIndex.js';
import type { Statistics } from './tableTally.js';
import type { ScanFailure } from './finding.js';

/** Tables of which it is remembered what they said; of more, each is walked as often as it is met. */
const REMEMBERED = 2 ** 16;
/** L1 entries that are gone through in one step when they say nothing new. */
const AT_ONCE = 1024;

/** What a table said when it was walked, to be said again wherever it is met. */
interface Told {
  readonly findings: FindingRecord;
  readonly copied: FindingRecord;
  readonly before: Statistics;
  readonly after: Statistics;
}

/** An L1 table of a snapshot, which others may share. */
interface SnapshotL1 {
  readonly number: number;
  readonly snapshot: Snapshot;
  readonly found: FindingRecord;
  /** Snapshots for which it is still to be counted. */
  repeats: number;
}

/**
 * Walks L1 tables, the active one and those of snapshots, and all L2 tables below them. However
 * often one table is met, it is walked twice at most: what it says is said again, and what it refers
 * to is counted in the end for all the times together.
 */
export class L1Walk {
  readonly tables: TableIndex;
  /** Why QEMU's check stops at a snapshot, if it does. */
  failure: ScanFailure | undefined;
  readonly walk: L2Walk;
  readonly #image: MappableImage;
  readonly #geometry: Geometry;
  readonly #references: References;
  readonly #stored: StoredRefcounts;
  readonly #claims: UnreadClaims;
  readonly #findings: FindingList;
  readonly #copiedFindings: FindingList;
  readonly #notices: FindingList;
  readonly #l2Tables: L2Tables;
  /** By table number. */
  readonly #told = new Map<number, Told>();
  readonly #snapshotL1s = new Map<string, SnapshotL1>();

  constructor(image: MappableImage, counting: Counting, claims: UnreadClaims, budget: Budget) {
    const { geometry, references, stored, findings, copiedFindings, notices } = counting;
    this.#image = image;
    this.tables = new TableIndex(geometry, budget);
    this.#geometry = geometry;
    this.#references = references;
    this.#stored = stored;
    this.#claims = claims;
    this.#findings = findings;
    this.#copiedFindings = copiedFindings;
    this.#notices = notices;
    this.walk = new L2Walk(counting);
    this.#l2Tables = new L2Tables(image);
  }

  /** The active L1 table and all below it. Yields the part done, 0 … 1. */
  active(): Generator<number> {
    const { l1 } = this.#image;
    const of = { snapshot: undefined };
    this.#countTable(l1, of);
    return this.#l1(l1, this.tables.startL1(of, this.#geometry.l1DiskEntries, l1.present));
  }

  /** A snapshot's L1 table, if it is one (calculate_refcounts). */
  *snapshot(snapshot: Snapshot): Generator<number> {
    const { l1Offset, l1Size } = snapshot;
    const { clusterSize, l2Entries, virtualSize } = this.#geometry;
    const of = { snapshot: nameOf(snapshot) };
    const unusable = this.#unusable(snapshot);
    if (unusable) {
      this.#claims.add({ type: 'l1-table', ...of, unreadable: unusable }, l1Offset, l1Size * 8);
      return;
    }
    const diskSize = snapshot.diskSize ?? virtualSize;
    const covered = BigInt(clusterSize) * BigInt(l2Entries);
    const diskEntries = Number((diskSize + covered - 1n) / covered);
    const key = `${l1Offset} ${l1Size} ${diskEntries}`;
    const known = this.#snapshotL1s.get(key);
    if (known) {
      known.repeats++;
      this.tables.shareL1(known.number, of);
      this.#findings.repeat(known.found, (finding) => ofSnapshot(finding, of.snapshot));
      return;
    }
    const table = EntryTable.read(this.#image.source, l1Offset, l1Size);
    this.#findings.record();
    if (!this.#countTable(table, of)) this.#stop([], 'Cannot allocate memory');
    else if (l1Size > 0 && l1Offset > MAX_NODE_LENGTH - BigInt(l1Size * 8))
      this.#stop(['ERROR: I/O error in check_refcounts_l1'], 'Input/output error');
    const number = this.tables.startL1(of, diskEntries, table.present);
    yield* this.#l1(table, number);
    const found = this.#findings.recorded();
    this.#snapshotL1s.set(key, { number, snapshot, found, repeats: 0 });
  }

  /** Why a snapshot's L1 table is not even looked at; it is told. */
  #unusable(snapshot: Snapshot): string | undefined {
    const { l1Offset, l1Size, offset, id, name } = snapshot;
    const { clusterSize } = this.#geometry;
    const at = {
      severity: 'corruption',
      offset,
      cluster: Math.floor(offset / clusterSize),
      owner: { type: 'snapshot-table' },
    } as const;
    const who = `ERROR snapshot ${id} (${name})`;
    if (l1Offset % BigInt(clusterSize) !== 0n) {
      this.#findings.add({
        ...at,
        code: 'snapshot-l1-unaligned',
        message: `${who} l1_offset=${hashHex(l1Offset)}: L1 table is not cluster aligned; snapshot table entry corrupted`,
      });
      return 'it is not cluster aligned';
    }
    if (l1Size > MAX_L1_BYTES / 8) {
      this.#findings.add({
        ...at,
        code: 'snapshot-l1-too-large',
        message: `${who} l1_size=${hex(l1Size)}: L1 table is too large; snapshot table entry corrupted`,
      });
      return `its ${l1Size} entries are too many`;
    }
    return undefined;
  }

  /** QEMU's check stops here; what it has told until then must be told, too. */
  #stop(messages: readonly string[], errno: string): void {
    if (this.failure) return;
    for (const _ of this.repeats());
    this.failure = { after: this.#findings.kept.length, messages, errno };
  }

  /** Counts what was met more than once, each table once for all the times. Yields the part done. */
  *repeats(): Generator<number> {
    for (const l1 of this.#snapshotL1s.values()) {
      if (l1.repeats > 0) yield* this.#repeatL1(l1);
      l1.repeats = 0;
    }
    const { tables } = this;
    const bytes = new Uint8Array(this.#geometry.clusterSize);
    for (let table = 0; table < tables.length; table++) {
      const times = tables.repeats(table);
      if (times === 0) continue;
      this.#image.source.readInto(bytes, tables.offset(table));
      this.walk.repeat(viewOf(bytes), tables.kindOf(table), times);
      yield table / tables.length;
    }
    tables.forgetRepeats();
  }

  *#repeatL1({ number, snapshot, repeats }: SnapshotL1): Generator<number> {
    const table = EntryTable.read(this.#image.source, snapshot.l1Offset, snapshot.l1Size);
    this.#references.repeat(table.offset, table.length * 8, BIT.inactiveL1, repeats);
    for (let index = 0; index < table.present; index++) {
      if (table.high(index) === 0 && table.low(index) === 0) continue;
      const offset = maskedOffset(table.high(index), table.low(index));
      this.#references.repeat(offset, this.#geometry.clusterSize, BIT.inactiveL2, repeats);
      const known = this.tables.find(offset, this.tables.kind(number, index));
      if (known >= 0) this.tables.repeat(known, repeats);
      if (index % AT_ONCE === 0) yield 0;
    }
  }

  /** Counts the clusters of an L1 table itself; false where QEMU gives up. */
  #countTable(table: EntryTable, of: TableOf): boolean {
    const kind = of.snapshot ? BIT.inactiveL1 : BIT.activeL1;
    const owner: TellOwner = () => ({ type: 'l1-table', ...of });
    return this.#references.count(table.offset, table.length * 8, kind, owner, table.offsetText);
  }

  /** What hangs below an L1 table (check_refcounts_l1). Yields the part done. */
  *#l1(table: EntryTable, number: number): Generator<number> {
    for (let index = 0; index < table.present; index++) {
      const high = table.high(index);
      const low = table.low(index);
      if (high === 0 && low === 0) continue;
      const offset = maskedOffset(high, low);
      const checkCopied = this.#l1Entry(table, number, index, offset);
      if (offset >= this.#geometry.fileSize) continue;
      const isNew = this.#visit(table, number, index, offset, checkCopied);
      if (isNew || index % AT_ONCE === 0) yield index / table.present;
    }
    this.walk.flush();
  }

  /** Meets an L2 table; true if it had to be walked. */
  #visit(
    l1: EntryTable,
    number: number,
    index: number,
    offset: number,
    checkCopied: boolean,
  ): boolean {
    const { tables } = this;
    const kind = tables.kind(number, index);
    const known = tables.find(offset, kind);
    if (known < 0) {
      tables.point(number, index, this.#walkNew(l1, number, index, offset, checkCopied));
      return true;
    }
    tables.point(number, index, known);
    const active = tables.l1s[number].of[0].snapshot === undefined;
    if (!active && tables.isQuiet(known)) {
      tables.repeat(known, 1);
      return false;
    }
    const told = this.#told.get(known);
    if (told) {
      tables.repeat(known, 1);
      this.#tellAgain(told, number, index, offset, active);
      return false;
    }
    this.#walkAgain(l1, number, index, offset, checkCopied, known);
    return true;
  }

  /** Walks an L2 table for the first time; the result is its number. */
  #walkNew(
    l1: EntryTable,
    number: number,
    index: number,
    offset: number,
    checkCopied: boolean,
  ): number {
    const { tally } = this.walk;
    const before = this.#findings.total + this.#copiedFindings.total;
    const place = { ...this.tables.place(number, index, offset), checkCopied };
    const isPutAside = this.walk.walk(this.#l2Tables.read(l1, index, offset), place);
    const { clusterSize } = this.#geometry;
    noticeTable(this.#notices, tally, place, clusterSize, l1.entryOffset(index));
    const isQuiet = isPutAside || this.#findings.total + this.#copiedFindings.total === before;
    return this.tables.add(offset, place.kind, tally, isQuiet);
  }

  /** Walks an L2 table once more, to remember what it says. */
  #walkAgain(
    l1: EntryTable,
    number: number,
    index: number,
    offset: number,
    checkCopied: boolean,
    known: number,
  ): void {
    const place = { ...this.tables.place(number, index, offset), checkCopied };
    const before = this.walk.tally.statistics();
    this.walk.flush();
    this.#findings.record();
    this.#copiedFindings.record();
    this.walk.walkInOrder(this.#l2Tables.read(l1, index, offset), place);
    const findings = this.#findings.recorded();
    const copied = this.#copiedFindings.recorded();
    const after = this.walk.tally.statistics();
    if (this.#told.size < REMEMBERED) this.#told.set(known, { findings, copied, before, after });
  }

  #tellAgain(told: Told, number: number, index: number, offset: number, active: boolean): void {
    const { geometry } = this.#image;
    const place = this.tables.place(number, index, offset);
    this.#findings.repeat(told.findings, (finding) => placedAt(finding, place, geometry));
    if (!active) return;
    this.walk.flush();
    this.#copiedFindings.repeat(told.copied, (finding) => placedAt(finding, place, geometry));
    this.walk.tally.repeat(told.before, told.after);
  }

  /** Counts and judges one L1 entry that is not 0. False if COPIED of its table is not to be looked at. */
  #l1Entry(table: EntryTable, number: number, index: number, offset: number): boolean {
    const { clusterSize } = this.#geometry;
    const high = table.high(index);
    const low = table.low(index);
    const [of] = this.tables.l1s[number].of;
    const active = of.snapshot === undefined;
    const entryOffset = table.entryOffset(index);
    const owner = () => ({ type: 'l2-table', l1Index: index, entryOffset, ...of }) as const;
    const cluster = Math.floor(entryOffset / clusterSize);
    if ((high & 0x7f000000) !== 0 || (low & 0x1ff) !== 0)
      this.#findings.addCorruption('l1-reserved-bits', 1, () => ({
        offset: entryOffset,
        cluster,
        message: `ERROR found L1 entry with reserved bits set: ${hexWords(high, low)}`,
        owner: owner(),
      }));
    this.#references.count(offset, clusterSize, active ? BIT.activeL2 : BIT.inactiveL2, owner);
    if (isOffGrid(low, clusterSize))
      this.#findings.addCorruption('l1-unaligned', 1, () => ({
        offset: entryOffset,
        cluster,
        message: `ERROR l2_offset=${offset.toString(16)}: Table is not cluster aligned; L1 entry corrupted`,
        owner: owner(),
      }));
    return active && offset !== 0 && this.#copiedTable(index, high, low, offset, owner);
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
    owner: TellOwner,
  ): boolean {
    const cluster = Math.floor(offset / this.#geometry.clusterSize);
    const isOne = this.#hasOneReference(cluster);
    if (isOne === undefined) return false;
    if (isOne === ((high & COPIED) !== 0)) return true;
    this.walk.flush();
    this.#copiedFindings.addCorruption('copied-l2-table', 1, () => ({
      offset: cluster * this.#geometry.clusterSize,
      cluster,
      message: `ERROR OFLAG_COPIED L2 cluster: l1_index=${index} l1_entry=${hexWords(high, low)} refcount=${this.#stored.exact(cluster) ?? 0n}`,
      owner: owner(),
    }));
    return true;
  }

  /** Whether the stored refcount is 1; undefined if it cannot be read. */
  #hasOneReference(cluster: number): boolean | undefined {
    if (cluster < this.#geometry.hostClusters && !this.#stored.someUnreadable) {
      const stored = storedOf(this.#references.map.cell(cluster));
      if (stored < MANY) return stored === 1;
    }
    const exact = this.#stored.exact(cluster);
    return exact === undefined ? undefined : exact === 1n;
  }
}

const nameOf = ({ index, id, name }: Snapshot): SnapshotName => ({ index, id, name });
