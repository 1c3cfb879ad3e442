import { viewOf } from '../../bytes.js';
import { bytesPerTable } from '../../guest/guestMap.js';
import { BIT } from '../../map/kinds.js';
import type { TableOf } from '../../map/owner.js';
import { EntryTable, maskedOffset } from '../../qcow2/entryTable.js';
import { COMPRESSED, compressedSpan, l2EntryKind } from '../../qcow2/l2Entry.js';
import { L2EntryRuns } from '../../qcow2/l2EntryRuns.js';
import type { Scan } from '../scan.js';
import type { EntryFault, EntryJudge } from './entryFault.js';
import { type Marks, NONE } from './marks.js';
import { Reach } from './reach.js';

/** Places of tables that are gone through one by one; the rest is multiplied. */
const MAX_PLACES = 2 ** 20;
/** L1 entries in one step. */
const AT_ONCE = 4096;

/** What decides which suspect a broken entry, or a table, is put down to. */
export interface Blame {
  readonly marks: Marks;
  readonly judge: EntryJudge;
  readonly faults: ReadonlyMap<EntryFault, number>;
  /** L2 tables, by host offset, of which nothing can be believed. */
  readonly garbage: ReadonlyMap<number, number>;
  /** Whoever makes compressed data unreadable. */
  readonly compressed: number;
  /** Whoever takes whole disks: the active one, and snapshots by index. */
  readonly l1: (of: TableOf) => number;
}

/**
 * What each suspect endangers: every piece of the guest's disk, and of each snapshot, is put down to
 * one at most. The narrowest counts: whoever takes the entry before whoever takes its table, and
 * that one before whoever takes the L1 table. Yields after each table. Throws on I/O errors.
 */
export function* findReach(
  scan: Scan,
  blame: Blame,
  most: number,
): Generator<undefined, Map<number, Reach>> {
  const search = new ReachSearch(scan, blame, most);
  yield* search.l1Entries();
  yield* search.tables();
  return search.reaches;
}

/** Subclusters of an entry. */
interface Bitmap {
  readonly zeroes: number;
  readonly allocated: number;
}

class ReachSearch {
  readonly reaches = new Map<number, Reach>();
  readonly #scan: Scan;
  readonly #blame: Blame;
  readonly #runs: L2EntryRuns;
  readonly #bytes: Uint8Array;
  readonly #perTable: number;
  /** Suspects of single L1 entries. */
  readonly #ofL1Entry = new Map<string, number>();
  #placesLeft = MAX_PLACES;
  /** Stretches of one table's entries, each put down to one suspect; NONE: whoever takes the table. */
  readonly #suspects: Int32Array;
  readonly #firsts: Int32Array;
  readonly #ends: Int32Array;
  #stretches = 0;

  readonly #most: number;

  constructor(scan: Scan, blame: Blame, most: number) {
    this.#most = most;
    this.#scan = scan;
    this.#blame = blame;
    this.#runs = new L2EntryRuns(scan.image.geometry);
    this.#bytes = new Uint8Array(scan.image.geometry.clusterSize);
    this.#perTable = bytesPerTable(scan.image.geometry);
    const { l2Entries } = scan.image.geometry;
    this.#suspects = new Int32Array(l2Entries);
    this.#firsts = new Int32Array(l2Entries);
    this.#ends = new Int32Array(l2Entries);
  }

  #reach(suspect: number): Reach {
    let reach = this.reaches.get(suspect);
    if (!reach) this.reaches.set(suspect, (reach = new Reach(this.#most)));
    return reach;
  }

  /** Broken L1 entries: of tables that cannot even be read, the whole range is lost. */
  *l1Entries(): Generator<undefined> {
    const { image, tables } = this.#scan;
    for (const [of, table] of this.#l1Tables()) {
      const whole = this.#blame.l1(of);
      if (!of.snapshot && whole !== NONE) this.#reach(whole).wholeDisk = true;
      for (let index = 0; index < table.present; index++) {
        if (index % AT_ONCE === AT_ONCE - 1) yield;
        const high = table.high(index);
        const low = table.low(index);
        if (high === 0 && low === 0) continue;
        const fault = this.#blame.judge.l1(high, low);
        const suspect = fault && this.#blame.faults.get(fault);
        if (suspect === undefined) continue;
        const offset = maskedOffset(high, low);
        if (offset < image.geometry.fileSize && tables.find(offset, BIT.data) >= 0)
          this.#ofL1Entry.set(keyOf(of, index), suspect);
        else this.#addRange(suspect, of, index * this.#perTable, this.#perTable);
      }
    }
  }

  *#l1Tables(): Generator<readonly [TableOf, EntryTable]> {
    const { image } = this.#scan;
    yield [{ snapshot: undefined }, image.l1];
    const known = new Set<bigint>();
    for (const { index, id, name, l1Offset, l1Size } of image.snapshotTable.snapshots) {
      if (known.has(l1Offset) || l1Offset % BigInt(image.geometry.clusterSize) !== 0n) continue;
      known.add(l1Offset);
      const size = Math.min(l1Size, 2 ** 22);
      yield [{ snapshot: { index, id, name } }, EntryTable.read(image.source, l1Offset, size)];
    }
  }

  *tables(): Generator<undefined> {
    const { tables } = this.#scan;
    for (let table = 0; table < tables.length; table++) {
      if (tables.kindOf(table) === BIT.data) this.#table(table);
      yield;
    }
  }

  #table(table: number): void {
    const { tables, image } = this.#scan;
    const { clusterSize } = image.geometry;
    const offset = tables.offset(table);
    const garbage = this.#blame.garbage.get(offset);
    const own = this.#blame.marks.of(Math.floor(offset / clusterSize));
    const above = [...this.#places(table)].map(
      (of) => [of, this.#above(of.of, of.l1Index)] as const,
    );
    if (garbage !== undefined) {
      for (const [{ of, guestOffset }] of above)
        this.#addRange(garbage, of, guestOffset, this.#perTable);
      return;
    }
    if (own === NONE && above.every(([, suspect]) => suspect === NONE) && !this.#mayMatter(table))
      return;
    this.#collect(offset, own, above[0]?.[0].guestOffset ?? 0);
    for (const [{ of, guestOffset }, suspect] of above) {
      const diskSize = this.#diskSize(of);
      for (let stretch = 0; stretch < this.#stretches; stretch++) {
        const by = this.#suspects[stretch] === NONE ? suspect : this.#suspects[stretch];
        if (by === NONE) continue;
        const first = this.#firsts[stretch];
        const length = (this.#ends[stretch] - first) * clusterSize;
        this.#addRange(by, of, guestOffset + first * clusterSize, length, diskSize);
      }
    }
    const untold = tables.placeCount(table) - above.length;
    if (untold > 0)
      for (const [suspect, { bytes, ranges }] of this.#sums())
        if (suspect !== NONE) this.#reach(suspect).addUntold(bytes * untold, ranges * untold);
  }

  *#places(table: number) {
    if (this.#placesLeft <= 0) return;
    for (const place of this.#scan.tables.places(table)) {
      yield place;
      if (--this.#placesLeft <= 0) return;
    }
  }

  /** Whoever takes the L1 entry, or the whole L1 table. */
  #above(of: TableOf, l1Index: number): number {
    return this.#ofL1Entry.get(keyOf(of, l1Index)) ?? this.#blame.l1(of);
  }

  /** Whether an entry of a table can be put down to somebody. */
  #mayMatter(table: number): boolean {
    const { tables } = this.#scan;
    if (!tables.isPlain(table)) return true;
    const { lowest, highest } = tables.range(table);
    return this.#blame.marks.touch(lowest, highest);
  }

  #collect(offset: number, own: number, guestStart: number): void {
    const { image } = this.#scan;
    const { geometry } = image;
    image.source.readInto(this.#bytes, offset);
    this.#stretches = 0;
    if (geometry.extendedL2 || geometry.externalData) this.#collectRuns(own, guestStart);
    else this.#collectEntries(own, guestStart);
  }

  /** Sound entries, of which there may be millions, on 32-bit integers; any other by itself. */
  #collectEntries(own: number, guestStart: number): void {
    const { clusterBits, clusterSize, hostClusters, l2Entries } = this.#scan.image.geometry;
    const view = viewOf(this.#bytes);
    const shift = 32 - clusterBits;
    let first = 0;
    let from = 0;
    let length = 0;
    for (let index = 0, at = 0; index < l2Entries; index++, at += 8) {
      const high = view.getInt32(at);
      const low = view.getInt32(at + 4);
      if ((high | low) === 0) continue;
      const upper = high & 0x00ffffff;
      const cluster = (upper << shift) | (low >>> clusterBits);
      const isPlain = (high & 0x7f000000) === 0 && (low & (clusterSize - 1)) === 0;
      // Above, the number of the cluster would not fit.
      const isNumber = upper >>> (clusterBits - 1) === 0 && cluster !== 0;
      if (!isPlain || !isNumber || cluster >= hostClusters) {
        this.#collectSound(first, from, length, own);
        length = 0;
        this.#collectRun(index, 1, high >>> 0, low >>> 0, undefined, own, guestStart);
        continue;
      }
      if (cluster === from + length && index === first + length) {
        length++;
        continue;
      }
      this.#collectSound(first, from, length, own);
      first = index;
      from = cluster;
      length = 1;
    }
    this.#collectSound(first, from, length, own);
  }

  /** Sound entries that point at clusters side by side. */
  #collectSound(index: number, cluster: number, length: number, own: number): void {
    const { marks } = this.#blame;
    const end = cluster + length;
    for (let from = cluster; from < end;) {
      const isOne = from === end - 1;
      const to = isOne || !marks.touch(from, end - 1) ? end : marks.alikeUntil(from, end);
      const marked = marks.of(from);
      this.#stretch(marked !== NONE ? marked : own, index + from - cluster, to - from);
      from = to;
    }
  }

  #collectRuns(own: number, guestStart: number): void {
    const { geometry } = this.#scan.image;
    const runs = this.#runs;
    runs.decode(viewOf(this.#bytes), geometry.l2Entries);
    for (let run = 0; run < runs.count; run++) {
      const high = runs.highs[run];
      const low = runs.lows[run];
      if ((high | low) === 0 && !geometry.extendedL2) continue;
      const bitmap =
        geometry.extendedL2 && (high & COMPRESSED) === 0
          ? { zeroes: runs.zeroes[run], allocated: runs.allocated[run] }
          : undefined;
      this.#collectRun(runs.indexes[run], runs.lengths[run], high, low, bitmap, own, guestStart);
    }
  }

  /** Entries that are alike but for their offsets, which follow each other. */
  #collectRun(
    index: number,
    length: number,
    high: number,
    low: number,
    bitmap: Bitmap | undefined,
    own: number,
    guestStart: number,
  ): void {
    const { geometry } = this.#scan.image;
    const { marks, judge, compressed } = this.#blame;
    const fault = judge.l2(high, low, bitmap, guestStart + index * geometry.clusterSize);
    if (fault !== undefined) {
      this.#judgeEach(index, length, high, low, bitmap, guestStart, own);
      return;
    }
    if ((high & COMPRESSED) !== 0) {
      const { offset: at } = compressedSpan(high, low, geometry);
      const marked = marks.of(Math.floor(at / geometry.clusterSize));
      this.#stretch(marked !== NONE ? marked : compressed !== NONE ? compressed : own, index, 1);
      return;
    }
    if (l2EntryKind(high, low, geometry) !== 'normal' || bitmap?.allocated === 0) return;
    const start = Math.floor(maskedOffset(high, low) / geometry.clusterSize);
    // A run may go on behind the end of the file: all its entries from there on are broken.
    const inFile = geometry.externalData ? length : Math.min(length, geometry.hostClusters - start);
    if (geometry.externalData) this.#stretch(own, index, inFile);
    else this.#collectSound(index, start, inFile, own);
    if (inFile < length) {
      const nextLow = low + inFile * geometry.clusterSize;
      this.#judgeEach(index + inFile, length - inFile, high, nextLow, bitmap, guestStart, own);
    }
  }

  /** Entries of a run, of which at least the first is broken. */
  #judgeEach(
    index: number,
    length: number,
    high: number,
    low: number,
    bitmap: Bitmap | undefined,
    guestStart: number,
    own: number,
  ): void {
    const { clusterSize } = this.#scan.image.geometry;
    const { judge, faults } = this.#blame;
    for (let i = 0; i < length; i++) {
      const hasOffset = maskedOffset(high, low) !== 0;
      const nextLow = (low + (hasOffset ? i * clusterSize : 0)) >>> 0;
      const start = guestStart + (index + i) * clusterSize;
      const fault = judge.l2(high, nextLow, bitmap, start);
      const suspect = fault && faults.get(fault);
      this.#stretch(suspect ?? own, index + i, 1);
    }
  }

  #stretch(suspect: number, first: number, length: number): void {
    const last = this.#stretches - 1;
    if (last >= 0 && this.#suspects[last] === suspect && this.#ends[last] === first) {
      this.#ends[last] += length;
      return;
    }
    this.#suspects[this.#stretches] = suspect;
    this.#firsts[this.#stretches] = first;
    this.#ends[this.#stretches++] = first + length;
  }

  #sums(): Map<number, { bytes: number; ranges: number }> {
    const { clusterSize } = this.#scan.image.geometry;
    const sums = new Map<number, { bytes: number; ranges: number }>();
    for (let stretch = 0; stretch < this.#stretches; stretch++) {
      const suspect = this.#suspects[stretch];
      const sum = sums.get(suspect) ?? { bytes: 0, ranges: 0 };
      sums.set(suspect, sum);
      sum.bytes += (this.#ends[stretch] - this.#firsts[stretch]) * clusterSize;
      sum.ranges++;
    }
    return sums;
  }

  /** A range of a disk, as far as that goes. */
  #addRange(
    suspect: number,
    of: TableOf,
    start: number,
    length: number,
    diskSize = this.#diskSize(of),
  ): void {
    const end = Math.min(start + length, diskSize);
    if (end <= start) return;
    const { name, index } = of.snapshot ?? { name: undefined, index: undefined };
    this.#reach(suspect).add({ start, length: end - start, snapshot: name, entry: index });
  }

  #diskSize(of: TableOf): number {
    const { image } = this.#scan;
    const own = of.snapshot && image.snapshotTable.snapshots[of.snapshot.index]?.diskSize;
    return Number(own ?? image.geometry.virtualSize);
  }
}

const keyOf = (of: TableOf, l1Index: number): string => `${of.snapshot?.index ?? ''} ${l1Index}`;
