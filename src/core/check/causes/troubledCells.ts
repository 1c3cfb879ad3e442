import { viewOf } from '../../bytes.js';
import { kindsOf, MANY, referencesOf, storedOf } from '../../map/cell.js';
import { CHUNK } from '../../map/clusterMap.js';
import { BIT, type Kind, kindsIn } from '../../map/kinds.js';
import { type ClustersByKind, KindTally } from '../../inspect/kindTotals.js';
import { maskedOffset } from '../../qcow2/entryTable.js';
import type { MappableImage } from '../../qcow2/image.js';
import { COMPRESSED } from '../../qcow2/l2Entry.js';
import { L2EntryRuns } from '../../qcow2/l2EntryRuns.js';
import { CLUSTER, L2Runs } from '../plainRuns.js';
import type { Scan } from '../scan.js';
import { ClusterRuns } from './clusterRuns.js';

const L2 = BIT.activeL2 | BIT.inactiveL2;
/** What several places may rightly refer to. */
const SHAREABLE = L2 | BIT.data | BIT.compressed | BIT.vmState;
/** Chunks of the map in one step. */
const AT_ONCE = 16;
/** Clusters whose doubts are kept together. */
const BLOCK = 256;
/** Blocks in which it is found out whether claims are for one place of the disk: 32 MiB. */
const MAX_BLOCKS = 2 ** 15;
/** Places of one table that are looked at. */
const MAX_PLACES = 64;
/** A place as it is kept. Those of a disk of more clusters, 128 TiB of 64 KiB, may seem the same. */
const PLACE = 0x7fffffff;
/** Nobody has been seen to claim the cluster. */
const NOBODY = -1;
/** There is no doubt about the cluster. */
const CERTAIN = -2;
/** It is claimed for two places. */
const CONFLICT = -3;

/** Clusters in one kind of trouble. */
export class CellGroup {
  readonly clusters = new ClusterRuns();
  /** How many of them have a stored refcount other than the counted one. */
  findings = 0;

  add(cluster: number, differs = true): void {
    this.clusters.add(cluster);
    if (differs) this.findings++;
  }
}

/** Clusters that two structures take for their own. */
export class PairGroup extends CellGroup {
  /** In the order of KINDS: tables come first. */
  readonly kinds: readonly [Kind, Kind];

  constructor(kinds: readonly [Kind, Kind]) {
    super();
    this.kinds = kinds;
  }
}

/** The cells of a finished map that say that something is wrong. */
export interface TroubledCells {
  /** Two owners that cannot both be right. */
  readonly pairs: readonly PairGroup[];
  /** In use, with a stored refcount of 0. */
  readonly zero: CellGroup;
  /** Rightly shared, by more than the stored refcount tells. */
  readonly low: CellGroup;
  readonly leaks: CellGroup;
  /** Their refcount block cannot be read. */
  readonly unknown: CellGroup;
  /** Clusters that something refers to. */
  readonly inUse: number;
  readonly clusters: ClustersByKind;
}

/** Sorts the cells. Yields after a while of work. Throws on I/O errors. */
export function* sortCells(scan: Scan): Generator<undefined, TroubledCells> {
  const doubts = new Doubts(scan);
  const troubled: number[] = [];
  const tally = new CellTally();
  for (let index = 0; index < scan.map.chunkCount; index++) {
    if (index % AT_ONCE === 0) yield;
    let isSound = true;
    eachRun(scan, index, (from, to, cell) => {
      tally.add(cell, to - from);
      if (!isTroubled(scan, cell)) return;
      isSound = false;
      for (let cluster = from; cluster < to; cluster++) doubts.lookAt(cluster, cell);
    });
    if (!isSound) troubled.push(index);
  }
  yield* doubts.find();
  const sorter = new Sorter(scan, doubts, tally);
  for (const [turn, index] of troubled.entries()) {
    if (turn % AT_ONCE === 0) yield;
    eachRun(scan, index, (from, to, cell) => {
      if (!isTroubled(scan, cell)) return;
      for (let cluster = from; cluster < to; cluster++) sorter.sort(cluster, cell);
    });
  }
  return sorter;
}

const isFine = (cell: number, owners: number): boolean => {
  const kinds = kindsOf(cell);
  const references = referencesOf(cell);
  return (
    references === storedOf(cell) &&
    references !== MANY &&
    (references <= owners || (kinds & BIT.compressed) !== 0) &&
    !isConflict(kinds, references)
  );
};

/** The disk and its snapshots: each can rightly refer to a cluster once. */
const disksOf = ({ snapshotTable }: MappableImage): number => 1 + snapshotTable.snapshots.length;

/** Kinds, or references to one kind, that cannot all be right. */
const isConflict = (kinds: number, references: number): boolean =>
  ((kinds & (kinds - 1)) !== 0 && (kinds & ~L2) !== 0) ||
  (references > 1 && (kinds & ~SHAREABLE) !== 0);

/** Whether something may be wrong with a cell. */
const isTroubled = ({ stored, image }: Scan, cell: number): boolean =>
  stored.someUnreadable || !isFine(cell, disksOf(image));

/** Visits the cells of a chunk, those that are alike and side by side at once. */
function eachRun(
  { map }: Scan,
  index: number,
  visit: (from: number, to: number, cell: number) => void,
): void {
  const chunk = map.chunk(index);
  const base = index * CHUNK;
  const end = Math.min(CHUNK, map.clusters - base);
  if (typeof chunk === 'number') {
    visit(base, base + end, chunk);
    return;
  }
  for (let i = 0; i < end;) {
    const first = i;
    const cell = chunk[i];
    while (i < end && chunk[i] === cell) i++;
    visit(base + first, base + i, cell);
  }
}

/** What the cells of an image hold, and whether something refers to them. */
class CellTally extends KindTally {
  inUse = 0;

  override add(cell: number, times: number): void {
    super.add(cell, times);
    if (referencesOf(cell) > 0) this.inUse += times;
  }
}

/**
 * Clusters of one kind with more references than their refcount tells, or than there are disks: the disk and its snapshots
 * may share them at one place, or two places may have been given one cluster.
 */
class Doubts {
  readonly #scan: Scan;
  /** By the number of a block of clusters: by cluster, the place of the first claim. */
  readonly #blocks = new Map<number, Int32Array>();

  constructor(scan: Scan) {
    this.#scan = scan;
  }

  has(cluster: number): boolean {
    return this.#blocks.get(Math.floor(cluster / BLOCK))?.[cluster % BLOCK] === CONFLICT;
  }

  lookAt(cluster: number, cell: number): void {
    const kinds = kindsOf(cell);
    const references = referencesOf(cell);
    if (references < 2 || isConflict(kinds, references)) return;
    if (references <= storedOf(cell) && references <= disksOf(this.#scan.image)) return;
    if ((kinds & BIT.compressed) !== 0) return;
    const number = Math.floor(cluster / BLOCK);
    let block = this.#blocks.get(number);
    if (!block) {
      if (this.#blocks.size === MAX_BLOCKS) return;
      block = new Int32Array(BLOCK).fill(CERTAIN);
      this.#blocks.set(number, block);
    }
    block[cluster % BLOCK] = NOBODY;
  }

  /** Goes through all L2 tables, if there are any doubts. */
  *find(): Generator<undefined, void> {
    const { image, tables } = this.#scan;
    const { geometry, source } = image;
    if (this.#blocks.size === 0) return;
    const bytes = new Uint8Array(geometry.clusterSize);
    const runs = new L2EntryRuns(geometry);
    const plain = new L2Runs(geometry);
    for (let table = 0; table < tables.length; table++) {
      const offset = tables.offset(table);
      let first = NOBODY;
      let seen = 0;
      for (const { l1Index } of tables.places(table)) {
        if (first === NOBODY) first = l1Index;
        this.#claim(Math.floor(offset / geometry.clusterSize), 1, l1Index);
        if (++seen === MAX_PLACES) break;
      }
      if (geometry.externalData || !this.#mayClaim(table)) continue;
      source.readInto(bytes, offset);
      const begin = first * geometry.l2Entries;
      if (tables.isPlain(table) && !geometry.extendedL2) {
        plain.decode(viewOf(bytes));
        for (let run = 0; run < plain.count; run++)
          // Above the number of the cluster is COPIED.
          this.#claim(plain.firsts[run] & CLUSTER, plain.lengths[run], begin + plain.indexes[run]);
        yield;
        continue;
      }
      runs.decode(viewOf(bytes), geometry.l2Entries);
      for (let run = 0; run < runs.count; run++) {
        if ((runs.highs[run] & COMPRESSED) !== 0) continue;
        const start = maskedOffset(runs.highs[run], runs.lows[run]);
        if (start === 0) continue;
        const cluster = Math.floor(start / geometry.clusterSize);
        this.#claim(cluster, runs.lengths[run], begin + runs.indexes[run]);
      }
      yield;
    }
  }

  /** Whether a table refers to a cluster in doubt, as far as its range tells. */
  #mayClaim(table: number): boolean {
    const { lowest, highest } = this.#scan.tables.range(table);
    const last = Math.floor(highest / BLOCK);
    if (last - Math.floor(lowest / BLOCK) > this.#blocks.size) return true;
    for (let number = Math.floor(lowest / BLOCK); number <= last; number++)
      if (this.#blocks.has(number)) return true;
    return false;
  }

  /** Clusters are for places of the disk from `place` on. */
  #claim(cluster: number, length: number, place: number): void {
    for (let done = 0; done < length;) {
      const at = (cluster + done) % BLOCK;
      const here = Math.min(BLOCK - at, length - done);
      const block = this.#blocks.get(Math.floor((cluster + done) / BLOCK));
      if (block) claimIn(block, at, here, place + done);
      done += here;
    }
  }
}

function claimIn(block: Int32Array, at: number, length: number, place: number): void {
  for (let i = 0; i < length; i++) {
    const known = block[at + i];
    if (known === CERTAIN || known === CONFLICT) continue;
    const own = (place + i) & PLACE;
    if (known === NOBODY) block[at + i] = own;
    else if (known !== own) block[at + i] = CONFLICT;
  }
}

class Sorter implements TroubledCells {
  readonly zero = new CellGroup();
  readonly low = new CellGroup();
  readonly leaks = new CellGroup();
  readonly unknown = new CellGroup();
  readonly inUse: number;
  readonly clusters: ClustersByKind;
  readonly #scan: Scan;
  readonly #doubts: Doubts;
  readonly #pairs = new Map<string, PairGroup>();

  constructor(scan: Scan, doubts: Doubts, { inUse, clusters }: CellTally) {
    this.inUse = inUse;
    this.clusters = clusters;
    this.#scan = scan;
    this.#doubts = doubts;
  }

  get pairs(): readonly PairGroup[] {
    return [...this.#pairs.values()];
  }

  sort(cluster: number, cell: number): void {
    const { comparison, stored } = this.#scan;
    const kinds = kindsOf(cell);
    const references = referencesOf(cell);
    const isCertain = storedOf(cell) !== MANY && !stored.someUnreadable;
    const code = isCertain ? undefined : comparison.finding(cluster)?.code;
    const isLow = isCertain ? references > storedOf(cell) : code === 'refcount-too-low';
    const isLeak = isCertain ? references < storedOf(cell) : code === 'leak';
    const isTwice = isConflict(kinds, references) || (references > 1 && this.#doubts.has(cluster));
    if (isTwice) this.#pair(kinds).add(cluster, isLow || isLeak || code !== undefined);
    else if (code === 'refcount-unreadable') this.unknown.add(cluster);
    else if (isLeak) this.leaks.add(cluster);
    else if (isLow) (storedOf(cell) === 0 ? this.zero : this.low).add(cluster);
  }

  #pair(kinds: number): PairGroup {
    const isShared = (kinds & L2) === L2 && kinds !== L2;
    const [one, other = one] = kindsIn(isShared ? kinds & ~BIT.inactiveL2 : kinds);
    const key = `${one} ${other}`;
    let pair = this.#pairs.get(key);
    if (!pair) {
      pair = new PairGroup([one, other]);
      this.#pairs.set(key, pair);
    }
    return pair;
  }
}
