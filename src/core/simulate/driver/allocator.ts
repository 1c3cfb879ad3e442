import { roundUp } from '../../bytes.js';
import type { Driver } from './driver.js';
import { RequestFailed } from '../copy/failure.js';
import { clusterOf, intoCluster } from '../copy/sizes.js';
import { firstZero, zeroTest } from './refcountCells.js';

/** The highest offset of a cluster, by what refers to it: an L2 entry, or the refcount table alone. */
type Reach = 'any' | 'data';
const HIGHEST: Readonly<Record<Reach, number>> = { any: 2 ** 63, data: 2 ** 56 };

/** Finds room for new clusters (block/qcow2-refcount.c). Failures are RequestFailed. */
export class Allocator {
  /** The search goes on from this cluster: every opening starts at the file's first. */
  #freeIndex = 0;
  /** Where the next compressed cluster may start, in bytes; 0 when a new cluster must be taken. */
  #freeByte = 0;
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
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
    const { geometry, discards } = this.#driver;
    if (discards.collecting) discards.process(true);
    let run = 0;
    while (run < clusters) run = this.#probeBlock(run, clusters);
    if (
      this.#freeIndex > 0 &&
      this.#freeIndex - 1 > Math.floor((HIGHEST[reach] - 1) / geometry.clusterSize)
    )
      throw new RequestFailed('EFBIG');
    return (this.#freeIndex - clusters) * geometry.clusterSize;
  }

  /** Allocates adjacent clusters anywhere (qcow2_alloc_clusters). */
  allocate(bytes: number): number {
    const { geometry, refcounts } = this.#driver;
    for (;;) {
      const offset = this.find(Math.ceil(bytes / geometry.clusterSize), 'data');
      if (
        !again(() => {
          refcounts.update(offset, bytes, 1);
        })
      )
        return offset;
    }
  }

  /** Allocates at most so many clusters from `offset` on; the result is how many were free. */
  allocateAt(offset: number, clusters: number): number {
    const { geometry, refcounts } = this.#driver;
    for (;;) {
      const first = clusterOf(geometry, offset);
      let free = 0;
      while (free < clusters) {
        const step = this.#zeros(first + free, clusters - free);
        free += step.zeros;
        if (!step.all) break;
      }
      if (
        !again(() => {
          refcounts.update(offset, free * geometry.clusterSize, 1);
        })
      )
        return free;
    }
  }

  /** Room for compressed data, behind the last one where that is possible (qcow2_alloc_bytes). */
  allocateBytes(bytes: number): number {
    const { geometry, refcounts, signal, l2Cache, refcountCache } = this.#driver;
    const { clusterSize } = geometry;
    let offset = this.#freeByte;
    const full = (1n << BigInt(geometry.refcountBits)) - 1n;
    if (offset !== 0 && BigInt(refcounts.get(clusterOf(geometry, offset))) === full) offset = 0;
    let room = clusterSize - intoCluster(geometry, offset);
    for (;;) {
      if (offset === 0 || room < bytes) {
        const found = this.find(1, 'data');
        if (found === 0) {
          signal.fatal('Preventing invalid allocation of compressed cluster at offset 0');
          throw new RequestFailed('EIO');
        }
        if (offset === 0 || roundUp(offset, clusterSize) !== found) {
          offset = found;
          room = clusterSize;
        } else room += clusterSize;
      }
      const at = offset;
      if (
        !again(() => {
          refcounts.update(at, bytes, 1);
        })
      )
        break;
      offset = 0;
    }
    l2Cache.dependOn(refcountCache);
    const next = offset + bytes;
    this.#freeByte = intoCluster(geometry, next) === 0 ? 0 : next;
    return offset;
  }

  /** Looks at the clusters before `end` until so many are in use. */
  countUsed(end: number, enough: number): void {
    const { geometry, refcounts, refcountCache, recorder } = this.#driver;
    const { refcountsPerBlock, refcountBits } = geometry;
    let used = 0;
    for (let cluster = 0; cluster < end && used < enough;) {
      const stop = Math.min(end, cluster + refcountsPerBlock);
      const offset = refcounts.blockAt(Math.floor(cluster / refcountsPerBlock));
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
    const { geometry, refcounts, refcountCache, recorder } = this.#driver;
    const { refcountsPerBlock, refcountBits } = geometry;
    const first = this.#freeIndex % refcountsPerBlock;
    const most = refcountsPerBlock - first;
    // QEMU takes the index before it looks: a failure leaves it behind the cluster.
    const cluster = this.#freeIndex++;
    const offset = refcounts.blockAt(Math.floor(cluster / refcountsPerBlock));
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

  /** How many clusters from one on have no refcount, within a refcount block. */
  #zeros(cluster: number, wanted: number): { readonly zeros: number; readonly all: boolean } {
    const { geometry, refcounts, refcountCache, recorder } = this.#driver;
    const { refcountsPerBlock, refcountBits } = geometry;
    const first = cluster % refcountsPerBlock;
    const most = Math.min(wanted, refcountsPerBlock - first);
    const offset = refcounts.blockAt(Math.floor(cluster / refcountsPerBlock));
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

/** Runs a part that QEMU repeats when a refcount block was allocated meanwhile. */
function again(part: () => void): boolean {
  try {
    part();
    return false;
  } catch (error) {
    if (error instanceof RequestFailed && error.errno === 'EAGAIN') return true;
    throw error;
  }
}
