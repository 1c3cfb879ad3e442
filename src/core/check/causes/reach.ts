import type { GuestRange } from './cause.js';

/** Ranges kept of a suspect, to be sorted and merged, for each that is told. */
const KEPT_PER_TOLD = 4;
/** Ranges that are told of a suspect, if nobody wants more. */
export const MAX_TOLD = 1000;
/** The guest's bytes that one suspect endangers. */
export class Reach {
  bytes = 0;
  /** Ranges, of which some may lie side by side. */
  #ranges = 0;
  readonly #kept: GuestRange[] = [];
  readonly snapshots = new Set<string>();
  wholeDisk = false;
  readonly #most: number;

  /** @param most ranges that are told */
  constructor(most: number) {
    this.#most = most;
  }

  /** So many bytes in so many ranges that are not told one by one. */
  addUntold(bytes: number, ranges: number): void {
    this.bytes += bytes;
    this.#ranges += ranges;
  }

  add(range: GuestRange): void {
    this.addUntold(range.length, 1);
    if (range.snapshot !== undefined) this.snapshots.add(range.snapshot);
    const last = this.#kept.at(-1);
    if (last && isSameDisk(last, range) && last.start + last.length === range.start) {
      this.#kept[this.#kept.length - 1] = { ...last, length: last.length + range.length };
      this.#ranges--;
    } else if (this.#kept.length < this.#most * KEPT_PER_TOLD) this.#kept.push(range);
  }

  /** The ranges: those of the disk first, ascending; and how many there are. */
  ranges(): { readonly guest: readonly GuestRange[]; readonly count: number } {
    const sorted = [...this.#kept].sort(
      (a, b) =>
        (a.snapshot ?? '').localeCompare(b.snapshot ?? '') ||
        (a.entry ?? -1) - (b.entry ?? -1) ||
        a.start - b.start,
    );
    const merged: GuestRange[] = [];
    for (const range of sorted) {
      const last = merged.at(-1);
      if (last && isSameDisk(last, range) && last.start + last.length >= range.start) {
        const end = Math.max(last.start + last.length, range.start + range.length);
        merged[merged.length - 1] = { ...last, length: end - last.start };
      } else merged.push(range);
    }
    const count = this.#ranges - (this.#kept.length - merged.length);
    return { guest: merged.slice(0, this.#most), count };
  }
}
<<<<<<< HEAD

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

/** A stretch of one table's entries that is put down to one suspect; NONE: whoever takes the table. */
interface Stretch {
  readonly suspect: number;
  readonly first: number;
  end: number;
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
  #stretches: Stretch[] = [];

  readonly #most: number;

  constructor(scan: Scan, blame: Blame, most: number) {
    this.#most = most;
    this.#scan = scan;
    this.#blame = blame;
    this.#runs = new L2EntryRuns(scan.image.geometry);
    this.#bytes = new Uint8Array(scan.image.geometry.clusterSize);
    this.#perTable = bytesPerTable(scan.image.geometry);
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
    const sums = this.#sums();
    for (const [{ of, guestOffset }, suspect] of above) {
      for (const stretch of this.#stretches) {
        const by = stretch.suspect === NONE ? suspect : stretch.suspect;
        if (by === NONE) continue;
        const length = (stretch.end - stretch.first) * clusterSize;
        this.#addRange(by, of, guestOffset + stretch.first * clusterSize, length);
      }
    }
    const untold = tables.placeCount(table) - above.length;
    if (untold > 0)
      for (const [suspect, { bytes, ranges }] of sums)
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
    const { marks, judge, compressed } = this.#blame;
    const runs = this.#runs;
    image.source.readInto(this.#bytes, offset);
    runs.decode(viewOf(this.#bytes), geometry.l2Entries);
    this.#stretches = [];
    for (let run = 0; run < runs.count; run++) {
      const high = runs.highs[run];
      const low = runs.lows[run];
      if ((high | low) === 0 && !geometry.extendedL2) continue;
      const index = runs.indexes[run];
      const length = runs.lengths[run];
      if (length === 1 && judge.isSound(high, low)) {
        const marked = marks.of(maskedOffset(high, low) / geometry.clusterSize);
        this.#stretch(marked !== NONE ? marked : own, index, 1);
        continue;
      }
      const isCompressed = (high & COMPRESSED) !== 0;
      const bitmap =
        geometry.extendedL2 && !isCompressed
          ? { zeroes: runs.zeroes[run], allocated: runs.allocated[run] }
          : undefined;
      const fault = judge.l2(high, low, bitmap, guestStart + index * geometry.clusterSize);
      if (fault !== undefined) {
        this.#judgeEach(index, length, high, low, bitmap, guestStart, own);
        continue;
      }
      const kind = l2EntryKind(high, low, geometry);
      if (isCompressed) {
        const { offset: at } = compressedSpan(high, low, geometry);
        const marked = marks.of(Math.floor(at / geometry.clusterSize));
        this.#stretch(marked !== NONE ? marked : compressed !== NONE ? compressed : own, index, 1);
        continue;
      }
      if (kind !== 'normal' || bitmap?.allocated === 0) continue;
      const start = Math.floor(maskedOffset(high, low) / geometry.clusterSize);
      // A run may go on behind the end of the file: all its entries from there on are broken.
      const inFile = geometry.externalData
        ? length
        : Math.min(length, geometry.hostClusters - start);
      if (geometry.externalData || !marks.touch(start, start + inFile - 1))
        this.#stretch(own, index, inFile);
      else
        for (let from = start; from < start + inFile;) {
          const to = marks.alikeUntil(from, start + inFile);
          const marked = marks.of(from);
          this.#stretch(marked !== NONE ? marked : own, index + from - start, to - from);
          from = to;
        }
      if (inFile < length) {
        const nextLow = low + inFile * geometry.clusterSize;
        this.#judgeEach(index + inFile, length - inFile, high, nextLow, bitmap, guestStart, own);
      }
    }
  }

  /** Entries of a run, of which at least the first is broken. */
  #judgeEach(
    index: number,
    length: number,
    high: number,
    low: number,
    bitmap: { zeroes: number; allocated: number } | undefined,
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
    const last =
      this.#stretches.length > 0 ? this.#stretches[this.#stretches.length - 1] : undefined;
    if (last?.suspect === suspect && last.end === first) last.end += length;
    else this.#stretches.push({ suspect, first, end: first + length });
  }

  #sums(): Map<number, { bytes: number; ranges: number }> {
    const { clusterSize } = this.#scan.image.geometry;
    const sums = new Map<number, { bytes: number; ranges: number }>();
    for (const { suspect, first, end } of this.#stretches) {
      const sum = sums.get(suspect) ?? { bytes: 0, ranges: 0 };
      sums.set(suspect, sum);
      sum.bytes += (end - first) * clusterSize;
      sum.ranges++;
    }
    return sums;
  }

  /** A range of a disk, as far as that goes. */
  #addRange(suspect: number, of: TableOf, start: number, length: number): void {
    const end = Math.min(start + length, this.#diskSize(of));
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

const isSameDisk = (a: GuestRange, b: GuestRange): boolean =>
  a.snapshot === b.snapshot && a.entry === b.entry;

const keyOf = (of: TableOf, l1Index: number): string => `${of.snapshot?.index ?? ''} ${l1Index}`;
=======
>>>>>>> main
