import { bytes, hostOffset } from '../units.js';
import { setRefcount } from '../simulate/driver/refcounts/refcountCells.js';
import { viewOf } from '../bytes.js';
import { blockOffset } from '../qcow2/entryTable.js';
import { errnoText, failureOf } from '../simulate/copy/failure.js';
import { bytesPart } from '../simulate/copy/overlay.js';
import { wordsOf } from '../simulate/driver/state/memoryTable.js';
import type { Work } from '../work.js';
import { type Counts, PassFailed } from './counts.js';
import type { ReferenceCounts } from './referenceCounts.js';
import type { RepairState } from './repairState.js';

/** Where the header says where the refcount table lies. */
const TABLE_FIELD = 48;

/**
 * Makes new refcount blocks and a new table out of the references counted, in clusters that nobody
 * refers to (rebuild_refcount_structure). The old ones stay, and leak. Throws PassFailed.
 */
export function rebuild(state: RepairState, counts: Counts, references: ReferenceCounts): Work {
  return new Rebuild(state, counts, references).run();
}

class Rebuild {
  readonly #state: RepairState;
  readonly #counts: Counts;
  readonly #references: ReferenceCounts;
  /** Host offset of each block, by index. */
  readonly #blocks = new Map<number, number>();
  readonly #block: Uint8Array;
  /** Entries of the new table. */
  #entries = 0;
  /** All clusters from `from` on to `to` are in use. */
  readonly #used = { from: 0, to: 0 };

  constructor(state: RepairState, counts: Counts, references: ReferenceCounts) {
    this.#state = state;
    this.#counts = counts;
    this.#references = references;
    this.#block = new Uint8Array(state.driver.sizes.clusterSize);
  }

  *run(): Work {
    const { driver } = this.#state;
    const { clusterSize } = driver.sizes;
    driver.refcountCache.empty();
    yield* this.#writeBlocks(0, this.#references.length);
    let start: number;
    let clusters: number;
    let isGrown: boolean;
    do {
      clusters = Math.ceil((this.#entries * 8) / clusterSize);
      start = this.#allocate(clusters, { first: 0 });
      isGrown = yield* this.#writeBlocks(start, start + clusters);
    } while (isGrown);
    this.#writeTable(start * clusterSize, clusters);
  }

  /**
   * Writes the blocks that count the used clusters of a range, with room for those that have none yet.
   * The result is whether the table has become longer.
   */
  *#writeBlocks(from: number, to: number): Work<boolean> {
    const { refcountsPerBlock, clusterSize } = this.#state.driver.sizes;
    const perCluster = clusterSize / 8;
    const search = { first: 0 };
    let end = to;
    let isGrown = false;
    for (
      let cluster = this.#references.firstUsed(from, end);
      cluster < end;
      cluster = this.#references.firstUsed(cluster, end)
    ) {
      const index = Math.floor(cluster / refcountsPerBlock);
      let offset = this.#blocks.get(index);
      if (offset === undefined) {
        // A block that has been written already cannot count one more.
        search.first = Math.max(search.first, index * refcountsPerBlock);
        const own = this.#allocate(1, search);
        end = Math.max(end, own + 1);
        if (index >= this.#entries) {
          this.#entries = (Math.floor(index / perCluster) + 1) * perCluster;
          isGrown = true;
        }
        offset = own * clusterSize;
        this.#blocks.set(index, offset);
        this.#told('refcount-block', index, offset, clusterSize);
      }
      this.#writeBlock(index, offset);
      cluster = (index + 1) * refcountsPerBlock;
      yield;
    }
    return isGrown;
  }

  #writeBlock(index: number, offset: number): void {
    const { driver } = this.#state;
    const { refcountsPerBlock, refcountBits } = driver.sizes;
    const block = { bytes: this.#block, view: viewOf(this.#block) };
    block.bytes.fill(0);
    const first = index * refcountsPerBlock;
    const end = Math.min(this.#references.length, first + refcountsPerBlock);
    for (
      let cluster = this.#references.firstUsed(first, end);
      cluster < end;
      cluster = this.#references.firstUsed(cluster + 1, end)
    )
      setRefcount(block, refcountBits, cluster - first, this.#references.get(cluster));
    const errno = failureOf(() => {
      driver.file.writeChecked('refcount block', 0, offset, [bytesPart(block.bytes.slice())]);
    });
    if (errno === undefined) return;
    this.#state.recorder.message(`qemu-img: ERROR writing refblock: ${errnoText(errno)}`);
    this.#counts.checkErrors++;
    throw new PassFailed(errno);
  }

  /**
   * The first run of clusters that nobody refers to (alloc_clusters_imrt), from `search.first` on, which
   * becomes the first gap that was met; behind the end if there is none.
   */
  #allocate(clusters: number, search: { first: number }): number {
    const references = this.#references;
    const { length } = references;
    let isFirstGap = true;
    let start = this.#firstFree(search.first);
    let end = start;
    while (end < length && end - start < clusters) {
      if (references.get(end) === 0) {
        if (isFirstGap) search.first = end;
        isFirstGap = false;
        end++;
      } else start = end = references.firstFree(end + 1);
    }
    // What lies behind the end of the table is free.
    if (end - start < clusters) references.grow(Math.max(start, search.first) + clusters);
    for (let cluster = start; cluster < start + clusters; cluster++) references.set(cluster, 1);
    return start;
  }

  /** The same as the table's own, without looking again at what was found to be in use. */
  #firstFree(from: number): number {
    const used = this.#used;
    const isKnown = from >= used.from && from <= used.to;
    const found = this.#references.firstFree(isKnown ? used.to : from);
    used.from = isKnown ? used.from : from;
    used.to = found;
    return found;
  }

  #writeTable(offset: number, clusters: number): void {
    const { driver, recorder } = this.#state;
    const bytes = new Uint8Array(this.#entries * 8);
    const view = viewOf(bytes);
    for (const [index, block] of this.#blocks) view.setBigUint64(index * 8, BigInt(block));
    const errno = failureOf(() => {
      driver.file.writeChecked('refcount table', 0, offset, [bytesPart(bytes)]);
    });
    if (errno !== undefined) {
      recorder.message(`qemu-img: ERROR writing reftable: ${errnoText(errno)}`);
      throw new PassFailed(errno);
    }
    const field = new Uint8Array(12);
    viewOf(field).setBigUint64(0, BigInt(offset));
    viewOf(field).setUint32(8, clusters);
    driver.writeHeaderField(TABLE_FIELD, field);
    this.#told('refcount-table', undefined, offset, bytes.length);
    this.#switch(offset, clusters);
  }

  /** The driver goes by the new structures from now on. */
  #switch(offset: number, clusters: number): void {
    const { guard, header, refcounts } = this.#state.driver;
    const { entries } = refcounts.table;
    const old = { offset: entries.offset, bytes: entries.bytes };
    for (let index = entries.end - 1; index >= 0; index--) {
      const block = blockOffset(entries.high(index), entries.low(index));
      if (block !== 0) guard.refcountBlockDropped(block);
    }
    entries.moved(offset, this.#entries, 0);
    for (const [index, block] of this.#blocks) {
      entries.set(index, ...wordsOf(block));
      guard.refcountBlockAdded(block);
    }
    header.refcountTable = { offset, clusters };
    guard.moved('refcount-table', old, { offset, bytes: this.#entries * 8 });
  }

  #told(
    what: 'refcount-block' | 'refcount-table',
    index: number | undefined,
    offset: number,
    length: number,
  ): void {
    const { entries } = this.#state.driver.refcounts.table;
    const before =
      index === undefined
        ? entries.offset
        : blockOffset(entries.high(index), entries.low(index)) || undefined;
    this.#state.changes.add(what, () => ({
      offset: hostOffset(offset),
      length: bytes(length),
      index,
      before: before === undefined ? undefined : `0x${before.toString(16)}`,
      after: `0x${offset.toString(16)}`,
    }));
  }
}
