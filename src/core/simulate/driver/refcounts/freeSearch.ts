import type { DriverState } from '../state/driverState.js';
import { RequestError } from '../../copy/failure.js';
import { firstZero, zeroTest } from './refcountCells.js';
import type { RefcountTable } from './refcountTable.js';

/** The highest offset of a cluster, by what refers to it: an L2 entry, or the refcount table alone. */
type Reach = 'any' | 'data';
const HIGHEST: Readonly<Record<Reach, number>> = { any: 2 ** 63, data: 2 ** 56 };

/** Looks for clusters that have no refcount (block/qcow2-refcount.c). Failures are RequestError. */
export class FreeSearch {
  /** The search goes on from this cluster: every opening starts at the file's first. */
  #freeIndex = 0;
  readonly #driver: DriverState;
  readonly #refcounts: RefcountTable;

  constructor(driver: DriverState, refcounts: RefcountTable) {
    this.#driver = driver;
    this.#refcounts = refcounts;
  }

  /** A cluster has become free: the next search starts no later. */
  lower(cluster: number): void {
    if (cluster < this.#freeIndex) this.#freeIndex = cluster;
  }

  /**
   * Host offset of the first run of so many adjacent free clusters from the free index on; their
   * refcounts stay 0 (alloc_clusters_noref).
   */
  find(clusters: number, reach: Reach): number {
    const { sizes, discards } = this.#driver;
    if (discards.collecting) discards.process(true);
    let run = 0;
    while (run < clusters) run = this.#probeBlock(run, clusters);
    if (
      this.#freeIndex > 0 &&
      this.#freeIndex - 1 > Math.floor((HIGHEST[reach] - 1) / sizes.clusterSize)
    )
      throw new RequestError('EFBIG');
    return (this.#freeIndex - clusters) * sizes.clusterSize;
  }

  /** Looks at the clusters before `end` until so many are in use. */
  countUsed(end: number, enough: number): void {
    const { sizes, refcountCache, recorder } = this.#driver;
    const { refcountsPerBlock, refcountBits } = sizes;
    let used = 0;
    for (let cluster = 0; cluster < end && used < enough;) {
      const stop = Math.min(end, cluster + refcountsPerBlock);
      const offset = this.#refcounts.blockAt(Math.floor(cluster / refcountsPerBlock));
      if (offset !== 0) {
        const entry = refcountCache.get(offset);
        const isZero = zeroTest(entry.bytes, refcountBits);
        let at = cluster;
        while (at < stop && used < enough) if (!isZero(at++ - cluster)) used++;
        refcountCache.put(entry);
        refcountCache.usedAgain(entry, at - cluster - 1);
        recorder.work(at - cluster);
      }
      cluster = stop;
    }
  }

  /** Probes clusters from the free index on, within a refcount block; the new length of the run. */
  #probeBlock(run: number, wanted: number): number {
    const { sizes, refcountCache, recorder } = this.#driver;
    const { refcountsPerBlock, refcountBits } = sizes;
    const first = this.#freeIndex % refcountsPerBlock;
    const most = refcountsPerBlock - first;
    // QEMU takes the index before it looks: a failure leaves it behind the cluster.
    const cluster = this.#freeIndex++;
    const offset = this.#refcounts.blockAt(Math.floor(cluster / refcountsPerBlock));
    if (offset === 0) {
      const free = Math.min(wanted - run, most);
      this.#freeIndex = cluster + free;
      recorder.work(1);
      return run + free;
    }
    const entry = refcountCache.get(offset);
    const isZero = zeroTest(entry.bytes, refcountBits);
    let index = first;
    let length = run;
    while (index < refcountsPerBlock && length < wanted) {
      if (length === 0) index = firstZero(entry.bytes, refcountBits, index, refcountsPerBlock);
      if (index < refcountsPerBlock) length = isZero(index++) ? length + 1 : 0;
    }
    refcountCache.put(entry);
    refcountCache.usedAgain(entry, index - first - 1);
    recorder.work(index - first);
    this.#freeIndex = cluster + index - first;
    return length;
  }

  /** How many of so many clusters from one on have no refcount. */
  freeFrom(first: number, clusters: number): number {
    let free = 0;
    while (free < clusters) {
      const step = this.#zeros(first + free, clusters - free);
      free += step.zeros;
      if (!step.all) break;
    }
    return free;
  }

  /** The same, within a refcount block. */
  #zeros(cluster: number, wanted: number): { readonly zeros: number; readonly all: boolean } {
    const { sizes, refcountCache, recorder } = this.#driver;
    const { refcountsPerBlock, refcountBits } = sizes;
    const first = cluster % refcountsPerBlock;
    const most = Math.min(wanted, refcountsPerBlock - first);
    const offset = this.#refcounts.blockAt(Math.floor(cluster / refcountsPerBlock));
    if (offset === 0) return { zeros: most, all: true };
    const entry = refcountCache.get(offset);
    const isZero = zeroTest(entry.bytes, refcountBits);
    let zeros = 0;
    while (zeros < most && isZero(first + zeros)) zeros++;
    refcountCache.put(entry);
    refcountCache.usedAgain(entry, Math.min(zeros, most - 1));
    recorder.work(zeros);
    return { zeros, all: zeros === most };
  }
}
