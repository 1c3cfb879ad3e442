import type { DriverState } from '../state/driverState.js';
import { errnoText, failureOf, RequestError } from '../../copy/failure.js';
import { clusterNumber } from '../../copy/sizes.js';
import type { FreeSearch } from './freeSearch.js';
import type { CacheEntry } from '../state/cacheEntry.js';
import type { AllocationKind } from '../../copy/outcome.js';
import { blockIndexForChange, RefcountBlocks } from './refcountBlocks.js';
import { addToRefcount } from './refcountCells.js';
import type { RefcountTable } from './refcountTable.js';

/** Why clusters are freed; it decides whether the file system gets them back (qcow2_discard_type). */
export type FreedFor = 'never' | 'always' | 'request' | 'snapshot' | 'other';

/** qemu-io opens images with discard=unmap. */
const PUNCHED: Readonly<Record<FreedFor, boolean>> = {
  never: false,
  always: true,
  request: true,
  snapshot: true,
  other: false,
};

/** Reads and changes refcounts (block/qcow2-refcount.c). Failures are RequestError. */
export class Refcounts {
  readonly table: RefcountTable;
  /** Clusters that were freed so far. */
  freed = 0;
  readonly #driver: DriverState;
  readonly #search: FreeSearch;
  readonly #blocks: RefcountBlocks;

  constructor(driver: DriverState, table: RefcountTable, search: FreeSearch) {
    this.#driver = driver;
    this.table = table;
    this.#search = search;
    this.#blocks = new RefcountBlocks(driver, table.entries, search, this);
  }

  /** Refcount of a cluster (qcow2_get_refcount). */
  get(cluster: number): number | bigint {
    return this.table.get(cluster);
  }

  /**
   * Adds to the refcounts of all clusters that a range touches (update_refcount). On failure what
   * was done is undone; EAGAIN means that a block was allocated meanwhile.
   */
  update(
    offset: number,
    length: number,
    change: 1 | -1,
    freedFor: FreedFor = 'never',
    kind?: AllocationKind,
  ): void {
    const { refcountCache, l2Cache, discards, sizes } = this.#driver;
    if (length < 0) throw new RequestError('EINVAL');
    if (length === 0) return;
    if (change < 0) refcountCache.dependOn(l2Cache);
    // A sum past 2^53 would be rounded.
    const last =
      clusterNumber(sizes, offset) +
      clusterNumber(sizes, (offset % sizes.clusterSize) + length - 1);
    const held: { block: CacheEntry | undefined; index: number } = { block: undefined, index: -1 };
    let cluster = clusterNumber(sizes, offset);
    const errno = failureOf(() => {
      for (; cluster <= last; cluster++)
        this.#change(held, offset, cluster, change, freedFor, kind);
    });
    if (!discards.collecting) discards.process(errno === undefined);
    if (held.block) refcountCache.put(held.block);
    if (errno === undefined) return;
    failureOf(() => {
      this.update(offset, cluster * sizes.clusterSize - offset, change === 1 ? -1 : 1);
    });
    throw new RequestError(errno);
  }

  /** Frees what a range touches. A failure is only reported (qcow2_free_clusters). */
  free(offset: number, length: number, freedFor: FreedFor, kind: AllocationKind): void {
    const errno = failureOf(() => {
      this.update(offset, length, -1, freedFor, kind);
    });
    if (errno === undefined) return;
    const { recorder, sizes, claims } = this.#driver;
    recorder.message(`qcow2_free_clusters failed: ${errnoText(errno)}`);
    // Given up they are all the same.
    const end = clusterNumber(sizes, offset + length - 1);
    for (let cluster = clusterNumber(sizes, offset); cluster <= end; cluster++)
      claims?.drop(cluster);
  }

  #change(
    held: { block: CacheEntry | undefined; index: number },
    start: number,
    cluster: number,
    change: 1 | -1,
    freedFor: FreedFor,
    kind: AllocationKind | undefined,
  ): void {
    const { refcountCache, sizes, recorder, claims } = this.#driver;
    recorder.work(256);
    const index = Math.floor(cluster / sizes.refcountsPerBlock);
    if (index !== held.index) {
      if (held.block) refcountCache.put(held.block);
      held.block = undefined;
      held.block = this.#blockFor(cluster, clusterNumber(sizes, start));
    }
    held.index = index;
    if (!held.block) return;
    refcountCache.markDirty(held.block);
    const value = addToRefcount(
      held.block,
      sizes.refcountBits,
      cluster % sizes.refcountsPerBlock,
      change,
    );
    if (value === undefined) throw new RequestError('EINVAL');
    if (change === 1) claims?.take(cluster);
    else claims?.drop(cluster);
    if (value !== 0) return;
    this.#search.lower(cluster);
    if (kind !== undefined) {
      recorder.free(kind, cluster * sizes.clusterSize, sizes.clusterSize);
      this.freed++;
    }
    this.#forget(held, start);
    if (PUNCHED[freedFor])
      this.#driver.discards.add(cluster * sizes.clusterSize, sizes.clusterSize);
  }

  /** What the caches hold of a freed table is dropped. QEMU looks at the start of the whole range. */
  #forget(held: { block: CacheEntry | undefined; index: number }, start: number): void {
    const { refcountCache, l2Cache } = this.#driver;
    const block = refcountCache.find(start);
    if (block) {
      if (held.block) refcountCache.put(held.block);
      held.block = undefined;
      held.index = -1;
      refcountCache.discard(block);
    }
    const slice = l2Cache.find(start);
    if (slice) l2Cache.discard(slice);
  }

  #blockFor(cluster: number, first: number): CacheEntry {
    const offset = this.table.blockAt(blockIndexForChange(this.#driver.sizes, cluster));
    if (offset !== 0) return this.#driver.refcountCache.get(offset);
    try {
      this.#blocks.allocate(cluster);
    } catch (error) {
      if (error instanceof RequestError && error.errno === 'EAGAIN') this.#search.lower(first);
      throw error;
    }
    throw new RequestError('EAGAIN');
  }
}
