import { BIT } from '../../../map/kinds.js';
import type { DriverState } from '../state/driverState.js';
import { ProcessAbort, RequestError } from '../../copy/failure.js';
import { clusterNumber, type Sizes } from '../../copy/sizes.js';
import { blockOffset } from '../../../qcow2/entryTable.js';
import { MAX_REFCOUNT_TABLE_BYTES } from '../../../qcow2/limits.js';
import type { FreeSearch } from './freeSearch.js';
import { type MemoryTable, wordsOf } from '../state/memoryTable.js';
import type { CacheEntry } from '../state/cacheEntry.js';
import { addToRefcount, setRefcount, zeroTest } from './refcountCells.js';

/** Where the header says where the refcount table lies. */
const TABLE_FIELD = 48;

/** Index of a cluster's block when its refcount is to change: QEMU keeps 32 bits of it. */
export const blockIndexForChange = (sizes: Sizes, cluster: number): number =>
  Math.floor(cluster / sizes.refcountsPerBlock) % 2 ** 32;

/** What a new block needs of Refcounts, which in turn needs new blocks. */
interface RefcountChanges {
  update(offset: number, length: number, change: 1): void;
  free(offset: number, length: number, freedFor: 'other', kind: 'refcount-table'): void;
}

/** Places new refcount blocks, and a new table when the old one is full. */
export class RefcountBlocks {
  readonly #driver: DriverState;
  readonly #table: MemoryTable;
  readonly #search: FreeSearch;
  readonly #refcounts: RefcountChanges;

  constructor(
    driver: DriverState,
    table: MemoryTable,
    search: FreeSearch,
    refcounts: RefcountChanges,
  ) {
    this.#driver = driver;
    this.#table = table;
    this.#search = search;
    this.#refcounts = refcounts;
  }

  /**
   * Makes a block for a cluster that has none (alloc_refcount_block). Whoever asked must search
   * anew (EAGAIN): the block may lie where they meant to put something.
   */
  allocate(cluster: number): void {
    const { sizes, l2Cache, refcountCache, signal, recorder, file, guard, claims } = this.#driver;
    const table = this.#table;
    const index = blockIndexForChange(sizes, cluster);
    l2Cache.write();
    const offset = this.#search.find(1, 'any');
    if (offset === 0) {
      signal.fatal('Preventing invalid allocation of refcount block at offset 0');
      throw new RequestError('EIO');
    }
    const own = clusterNumber(sizes, offset);
    let block: CacheEntry;
    if (Math.floor(own / sizes.refcountsPerBlock) === index) {
      block = refcountCache.getEmpty(offset);
      block.bytes.fill(0);
      setRefcount(block, sizes.refcountBits, own % sizes.refcountsPerBlock, 1);
      claims?.take(own);
    } else {
      this.#refcounts.update(offset, sizes.clusterSize, 1);
      refcountCache.write();
      block = refcountCache.getEmpty(offset);
      block.bytes.fill(0);
    }
    refcountCache.markDirty(block);
    claims?.name('refcount-block', own);
    try {
      refcountCache.write();
      recorder.allocate('refcount-block', offset, 1);
      if (index < table.length) {
        const [high, low] = wordsOf(offset);
        const bytes = new Uint8Array(8);
        new DataView(bytes.buffer).setUint32(0, high);
        new DataView(bytes.buffer).setUint32(4, low);
        file.writeBytes('refcount table entry', BIT.refcountTable, table.offset + index * 8, bytes);
        table.set(index, high, low);
        guard.refcountBlockAdded(offset);
        throw new RequestError('EAGAIN');
      }
    } finally {
      refcountCache.put(block);
    }
    const blocks = Math.ceil((Math.max(cluster, own) + 1) / sizes.refcountsPerBlock);
    this.#grow(blocks * sizes.refcountsPerBlock, index, offset);
    refcountCache.put(refcountCache.get(offset));
    throw new RequestError('EAGAIN');
  }

  /**
   * A larger table, and blocks that cover it and themselves, behind everything else
   * (qcow2_refcount_area).
   *
   * @param start cluster
   */
  #grow(start: number, newIndex: number, newBlock: number): void {
    const { sizes, refcountCache, recorder, file, guard, header, claims } = this.#driver;
    const { clusterSize } = sizes;
    const table = this.#table;
    const needed = this.#blocksNeeded(start);
    const perCluster = clusterSize / 8;
    const length = Math.ceil((needed + Math.ceil(needed / 2)) / perCluster) * perCluster;
    if (needed > MAX_REFCOUNT_TABLE_BYTES || length > MAX_REFCOUNT_TABLE_BYTES)
      throw new RequestError('EFBIG');
    // A check opens an image without a refcount table, too: then there is nothing to be copied.
    if (table.length === 0)
      throw new ProcessAbort(
        'qcow2_refcount_area: SIGSEGV: QEMU copies an entry of a table of none',
      );
    const kept = Math.min(this.#lastBlock() + 1, length);
    if (newIndex >= needed)
      throw new ProcessAbort(
        "qcow2_refcount_area: Assertion `new_refblock_index < total_refblock_count' failed",
      );
    const first = Math.floor(start / sizes.refcountsPerBlock);
    const entries = new Map<number, number>([[newIndex, newBlock]]);
    const at = (index: number): number =>
      entries.get(index) ?? (index < kept ? table.high(index) * 2 ** 32 + table.low(index) : 0);
    let added = 0;
    for (let i = first; i < needed; i++) if (at(i) === 0) added++;
    const tableStart = start + added;
    const end = tableStart + length / perCluster;
    let next = start;
    for (let i = first; i < needed; i++) {
      const existing = at(i);
      const block =
        existing === 0 ? refcountCache.getEmpty(next * clusterSize) : refcountCache.get(existing);
      if (existing === 0) {
        block.bytes.fill(0);
        refcountCache.markDirty(block);
        entries.set(i, next++ * clusterSize);
      }
      const covered = i * sizes.refcountsPerBlock;
      if (covered < end) {
        this.#claim(
          block,
          covered,
          Math.max(start, covered) - covered,
          Math.min(end - covered, sizes.refcountsPerBlock),
        );
        refcountCache.markDirty(block);
      }
      refcountCache.put(block);
    }
    for (let own = start; own < end; own++)
      claims?.name(own < tableStart ? 'refcount-block' : 'refcount-table', own);
    refcountCache.write();
    const old = { offset: table.offset, bytes: table.bytes };
    const bytes = this.#encode(entries, kept, length);
    const place = { offset: tableStart * clusterSize, bytes: length * 8 };
    file.writeBytes('refcount table', 0, place.offset, bytes);
    const field = new Uint8Array(12);
    new DataView(field.buffer).setBigUint64(0, BigInt(place.offset));
    new DataView(field.buffer).setUint32(8, length / perCluster);
    this.#driver.writeHeaderField(TABLE_FIELD, field);
    this.#switch(place.offset, length, kept, entries);
    header.refcountTable = { offset: place.offset, clusters: length / perCluster };
    recorder.allocate('refcount-block', start * clusterSize, added);
    recorder.allocate('refcount-table', place.offset, length / perCluster);
    guard.moved('refcount-table', old, place);
    this.#refcounts.free(old.offset, old.bytes, 'other', 'refcount-table');
  }

  /** The clusters of the new structures get refcount 1; the caller said that they have none. */
  #claim(block: CacheEntry, covered: number, from: number, to: number): void {
    const { sizes, claims } = this.#driver;
    const { refcountBits } = sizes;
    const isZero = zeroTest(block.bytes, refcountBits);
    for (let i = from; i < to; i++) {
      if (!isZero(i))
        throw new ProcessAbort(
          "qcow2_refcount_area: Assertion `s->get_refcount(refblock_data, j) == 0' failed: clusters behind the end have refcounts",
        );
      addToRefcount(block, refcountBits, i, 1);
      claims?.take(covered + i);
    }
  }

  #encode(entries: ReadonlyMap<number, number>, kept: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length * 8);
    bytes.set(this.#table.encode(0, Math.min(kept, this.#table.end)));
    const view = new DataView(bytes.buffer);
    for (const [index, offset] of entries) view.setBigUint64(index * 8, BigInt(offset));
    return bytes;
  }

  #switch(
    offset: number,
    length: number,
    kept: number,
    entries: ReadonlyMap<number, number>,
  ): void {
    const { guard } = this.#driver;
    for (let i = kept; i < this.#table.end; i++) {
      const dropped = this.#blockAt(i);
      if (dropped !== 0) guard.refcountBlockDropped(dropped);
    }
    this.#table.moved(offset, length, kept);
    for (const [index, block] of entries) {
      this.#table.set(index, ...wordsOf(block));
      guard.refcountBlockAdded(block);
    }
  }

  #blockAt(index: number): number {
    return blockOffset(this.#table.high(index), this.#table.low(index));
  }

  /** Index of the last entry that refers to a block; 0 if there is none. */
  #lastBlock(): number {
    for (let i = this.#table.end - 1; i > 0; i--) if (this.#blockAt(i) !== 0) return i;
    return 0;
  }

  /** Blocks that so many clusters need, and then they and their table (qcow2_refcount_metadata_size). */
  #blocksNeeded(clusters: number): number {
    const { refcountsPerBlock, clusterSize } = this.#driver.sizes;
    let counted = clusters;
    let generous = true;
    let blocks = 0;
    let tables = 0;
    let last: number;
    let total = 0;
    do {
      last = total;
      blocks = Math.ceil((counted + tables + blocks) / refcountsPerBlock);
      tables = Math.ceil(blocks / (clusterSize / 8));
      total = counted + blocks + tables;
      if (total === last && generous) {
        counted += Math.ceil(tables / 2);
        total = 0;
        generous = false;
      }
    } while (total !== last);
    return blocks;
  }
}
