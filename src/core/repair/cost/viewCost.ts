import { viewOf } from '../../bytes.js';
import { ClusterBits } from '../../map/clusterSet.js';
import type { SparseBits } from '../../map/sparseBits.js';
import { type EntryTable, maskedOffset } from '../../qcow2/entryTable.js';
import type { MappableImage } from '../../qcow2/image.js';
import { COMPRESSED, COPIED } from '../../qcow2/l2Entry.js';
import { L2EntryRuns } from '../../qcow2/l2EntryRuns.js';
import { L2Tables } from '../../qcow2/l2Reader.js';
import type { Snapshot } from '../../qcow2/snapshotTable.js';
import type { Work } from '../../work.js';
import type { BytesCompared } from './bytesCompared.js';
import { RangeList } from './rangeList.js';
import { type Reading, readingOf } from './reading.js';

/** One of the two files, as a disk is read from it. */
interface Side {
  readonly image: MappableImage;
  readonly tables: L2Tables;
}

/** What all disks of an image have in common while they are compared. */
export interface Comparing {
  readonly before: MappableImage;
  readonly after: MappableImage;
  /** Clusters in which bytes are different, or which were given free. */
  readonly touched: SparseBits;
  readonly freed: SparseBits;
  readonly bytes: BytesCompared;
}

/** Entries of an L1 table that lead nowhere. */
const NONE = 0;
const DAMAGED = -1;

/** Tables in which nothing is found, at most so many at once. */
const AT_ONCE = 64;

/** Compares disks as they were and as they are after a repair: all that hang on one L1 table each. */
export class ViewComparison {
  /** Clusters given free to which a disk or a table still leads. */
  stillReferred = 0;
  readonly #comparing: Comparing;
  readonly #before: Side;
  readonly #after: Side;
  readonly #runs: L2EntryRuns;
  readonly #nothing: DataView;
  /** Tables at one place before and after that cost nothing: snapshots share them. */
  readonly #clean: ClusterBits;
  readonly #told = new Set<number>();

  constructor(comparing: Comparing) {
    const { before, after } = comparing;
    const { clusterSize, hostClusters } = before.geometry;
    this.#comparing = comparing;
    this.#before = { image: before, tables: new L2Tables(before) };
    this.#after = { image: after, tables: new L2Tables(after) };
    this.#runs = new L2EntryRuns(before.geometry);
    this.#nothing = viewOf(new Uint8Array(clusterSize));
    this.#clean = new ClusterBits(hostClusters);
  }

  /** What reads otherwise on a disk, with the VM state behind its end. Throws on I/O errors. */
  *run(old: EntryTable, now: EntryTable, diskSize: number): Work<RangeList> {
    const found = new RangeList(diskSize);
    const { clusterSize, l2Entries } = this.#before.image.geometry;
    this.#ifFreed(now.offset, now.present * 8);
    const end = Math.max(old.present, now.present);
    for (let index = 0; index < end; index++) {
      if (index % AT_ONCE === AT_ONCE - 1) yield;
      const from = placeOf(this.#before.image, old, index);
      const to = placeOf(this.#after.image, now, index);
      if (from === to && (from <= 0 || this.#isClean(from))) continue;
      const start = index * l2Entries * clusterSize;
      if (to === DAMAGED || from === DAMAGED) {
        const what = to === DAMAGED ? 'unreadable' : 'readable';
        found.add(start, l2Entries * clusterSize, what);
        continue;
      }
      const count = found.count;
      const isTouched = this.#isTouched(to, clusterSize);
      if (to > NONE) this.#ifFreed(to, clusterSize);
      const view = this.#read(this.#after, now, index, to);
      if (from === to && !isTouched) this.#sameTable(view, start, found);
      else this.#twoTables(this.#read(this.#before, old, index, from), view, start, found);
      if (from === to && found.count === count && from / clusterSize < this.#clusters)
        this.#clean.add(from / clusterSize);
      yield;
    }
    return found;
  }

  /** A snapshot whose table QEMU does not use: what is given free of it is lost for whoever could. */
  unreadable({ l1Offset, l1Size }: Snapshot): void {
    const { fileSize } = this.#before.image.geometry;
    const offset = Number(l1Offset);
    this.#ifFreed(offset, Math.max(0, Math.min(l1Size * 8, fileSize - offset)));
  }

  get #clusters(): number {
    return this.#before.image.geometry.hostClusters;
  }

  #isClean(offset: number): boolean {
    const cluster = offset / this.#before.image.geometry.clusterSize;
    return cluster < this.#clusters && this.#clean.has(cluster);
  }

  #read(side: Side, l1: EntryTable, index: number, offset: number): DataView {
    return offset === NONE ? this.#nothing : side.tables.read(l1, index, offset);
  }

  /** The entries are what they were: only what they lead to may have changed. */
  #sameTable(view: DataView, start: number, found: RangeList): void {
    const { geometry } = this.#before.image;
    const { clusterSize } = geometry;
    const runs = this.#runs;
    runs.decode(view, geometry.l2Entries);
    for (let run = 0; run < runs.count; run++) {
      const first = runs.indexes[run];
      const reading = readingOf(this.#before.image, view, first, start + first * clusterSize);
      if (!('offset' in reading) || geometry.externalData) continue;
      const length =
        reading.from === 'compressed' ? reading.length : runs.lengths[run] * clusterSize;
      if (!this.#isTouched(reading.offset, length)) continue;
      for (let index = first; index < first + runs.lengths[run]; index++)
        this.#entry(view, view, index, start, found);
    }
  }

  #twoTables(old: DataView, now: DataView, start: number, found: RangeList): void {
    const { l2Entries, l2EntrySize } = this.#before.image.geometry;
    if (isSameButCopied(old, now, l2EntrySize)) {
      this.#sameTable(now, start, found);
      return;
    }
    for (let index = 0; index < l2Entries; index++) this.#entry(old, now, index, start, found);
  }

  #entry(old: DataView, now: DataView, index: number, start: number, found: RangeList): void {
    const { clusterSize } = this.#before.image.geometry;
    const at = start + index * clusterSize;
    const before = readingOf(this.#before.image, old, index, at);
    const after = readingOf(this.#after.image, now, index, at);
    this.#readFreed(after);
    if (isSamePlace(before, after) && !this.#isReadTouched(after)) return;
    const what = this.#comparing.bytes.change(before, after, clusterSize);
    if (what !== undefined) found.add(at, clusterSize, what);
  }

  #isReadTouched(reading: Reading): boolean {
    if (!('offset' in reading) || reading.from === 'data-file') return false;
    const { clusterSize } = this.#before.image.geometry;
    return this.#isTouched(
      reading.offset,
      reading.from === 'compressed' ? reading.length : clusterSize,
    );
  }

  #isTouched(offset: number, length: number): boolean {
    const { clusterSize } = this.#before.image.geometry;
    const first = Math.floor(offset / clusterSize);
    const end = Math.ceil((offset + length) / clusterSize);
    return this.#comparing.touched.next(first, end) < end;
  }

  #readFreed(reading: Reading): void {
    const { clusterSize, externalData } = this.#before.image.geometry;
    if (!('offset' in reading) || externalData) return;
    this.#ifFreed(reading.offset, reading.from === 'compressed' ? reading.length : clusterSize);
  }

  /** Counts the clusters of a range that were given free, each once. */
  #ifFreed(offset: number, length: number): void {
    const { freed } = this.#comparing;
    const { clusterSize } = this.#before.image.geometry;
    const end = Math.ceil((offset + length) / clusterSize);
    let cluster = freed.next(Math.floor(offset / clusterSize), end);
    for (; cluster < end; cluster = freed.next(cluster + 1, end)) {
      if (this.#told.size >= MAX_TOLD || this.#told.has(cluster)) continue;
      this.#told.add(cluster);
      this.stillReferred++;
    }
  }
}

/** Whether two tables say the same, but for COPIED of what is not compressed: nobody reads by that flag. */
function isSameButCopied(old: DataView, now: DataView, entrySize: number): boolean {
  for (let at = 0; at < old.byteLength; at += entrySize) {
    const high = old.getInt32(at);
    const differs = high ^ now.getInt32(at);
    if ((differs & ~COPIED) !== 0 || (differs !== 0 && (high & COMPRESSED) !== 0)) return false;
    for (let word = at + 4; word < at + entrySize; word += 4)
      if (old.getInt32(word) !== now.getInt32(word)) return false;
  }
  return true;
}

/** Clusters given free that are told apart. */
const MAX_TOLD = 2 ** 20;

const isSamePlace = (a: Reading, b: Reading): boolean => {
  if (a.from !== b.from) return false;
  if (!('offset' in a) || !('offset' in b)) return true;
  if (a.offset !== b.offset) return false;
  if (a.from === 'compressed' && b.from === 'compressed') return a.length === b.length;
  if (a.from === 'subclusters' && b.from === 'subclusters')
    return a.zeroes === b.zeroes && a.allocated === b.allocated;
  return true;
};

/** Where the L2 table of an entry lies. What lies past the end of the file reads as zeros: as a table it is empty. */
function placeOf({ geometry }: MappableImage, l1: EntryTable, index: number): number {
  const offset = maskedOffset(l1.high(index), l1.low(index));
  if (offset % geometry.clusterSize !== 0) return DAMAGED;
  return offset >= geometry.fileSize ? NONE : offset;
}
