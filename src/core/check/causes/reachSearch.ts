import { bytesPerTable } from '../../guest/guestMap.js';
import { BIT } from '../../map/kinds.js';
import type { TableOf } from '../../map/owner.js';
import { EntryTable, maskedOffset } from '../../qcow2/entryTable.js';
import type { Scan } from '../scan.js';
import { type EntryBlame, EntryStretches } from './entryStretches.js';
import { NONE } from './marks.js';
import { Reach } from './reach.js';

/** Places of tables that are gone through one by one; the rest is multiplied. */
const MAX_PLACES = 2 ** 20;
/** L1 entries in one step. */
const AT_ONCE = 4096;

/** What decides which suspect a broken entry, or a table, is put down to. */
export interface Blame extends EntryBlame {
  /** L2 tables, by host offset, of which nothing can be believed. */
  readonly garbage: ReadonlyMap<number, number>;
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

class ReachSearch {
  readonly reaches = new Map<number, Reach>();
  readonly #scan: Scan;
  readonly #blame: Blame;
  readonly #perTable: number;
  /** Suspects of single L1 entries. */
  readonly #ofL1Entry = new Map<string, number>();
  #placesLeft = MAX_PLACES;
  readonly #stretches: EntryStretches;

  readonly #most: number;

  constructor(scan: Scan, blame: Blame, most: number) {
    this.#most = most;
    this.#scan = scan;
    this.#blame = blame;
    this.#perTable = bytesPerTable(scan.image.geometry);
    this.#stretches = new EntryStretches(scan.image, blame);
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
    const marked = this.#marked(table);
    if (own === NONE && marked === NONE && above.every(([, suspect]) => suspect === NONE)) return;
    const stretches = this.#stretches;
    stretches.read(offset, own, above[0]?.[0].guestOffset ?? 0, marked);
    for (const [{ of, guestOffset }, suspect] of above) {
      const diskSize = this.#diskSize(of);
      for (let stretch = 0; stretch < stretches.count; stretch++) {
        const taken = stretches.suspects[stretch];
        const by = taken === NONE ? suspect : taken;
        if (by === NONE) continue;
        const first = stretches.firsts[stretch];
        const length = (stretches.ends[stretch] - first) * clusterSize;
        this.#addRange(by, of, guestOffset + first * clusterSize, length, diskSize);
      }
    }
    const untold = tables.placeCount(table) - above.length;
    if (untold > 0)
      for (const [suspect, { bytes, ranges }] of stretches.sums())
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

  /** What all that the entries of a table refer to is put down to, as far as that is known beforehand. */
  #marked(table: number): number | undefined {
    const { tables } = this.#scan;
    if (!tables.isPlain(table)) return undefined;
    const { lowest, highest } = tables.range(table);
    return this.#blame.marks.everywhere(lowest, highest);
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
