import { bytes, hostOffset } from '../units.js';
import { failureOf } from '../simulate/copy/failure.js';
import { refcountAt, setRefcount, zeroTest } from '../simulate/driver/refcounts/refcountCells.js';
import type { CacheEntry } from '../simulate/driver/state/cacheEntry.js';
import type { Work } from '../work.js';
import type { Counts } from './counts.js';
import { type Fixing } from './mode.js';
import { placeInChunk, type ReferenceCounts } from './referenceCounts.js';
import type { RepairState } from './repairState.js';

/** What a comparison found out. */
export interface Compared {
  /** A cluster in use has no refcount: that takes new refcount structures. */
  readonly rebuild: boolean;
  /** The highest cluster with a refcount or a reference; 0 if there is none. */
  readonly highest: number;
  /** Every refcount could be read. */
  readonly allRead: boolean;
}

/** Clusters that are compared between two yields. */
const AT_ONCE = 2 ** 16;

/**
 * Compares the refcounts of all clusters with the references counted, and makes them right where that
 * may be done (compare_refcounts). A cluster that nobody refers to any more is given back to the file
 * system at once.
 *
 * @param keepStored leaves the refcounts as they are in the end in `references`
 */
export function* compareRefcounts(
  state: RepairState,
  counts: Counts,
  fixing: Fixing,
  references: ReferenceCounts,
  keepStored: boolean,
): Work<Compared> {
  const comparison = new Comparison(state, counts, fixing, references, keepStored);
  yield* comparison.run();
  return comparison;
}

class Comparison implements Compared {
  rebuild = false;
  highest = 0;
  allRead = true;
  /** Changed refcounts that are not kept. */
  #uncounted = 0;
  /** Clusters side by side that are to be given back. */
  readonly #freed = { start: 0, end: -1, clusters: 0 };
  readonly #state: RepairState;
  readonly #counts: Counts;
  readonly #fixing: Fixing;
  readonly #references: ReferenceCounts;
  readonly #keepStored: boolean;

  constructor(
    state: RepairState,
    counts: Counts,
    fixing: Fixing,
    references: ReferenceCounts,
    keepStored: boolean,
  ) {
    this.#state = state;
    this.#counts = counts;
    this.#fixing = fixing;
    this.#references = references;
    this.#keepStored = keepStored;
  }

  *run(): Work {
    const { refcountsPerBlock } = this.#state.driver.sizes;
    const { length } = this.#references;
    let compared = 0;
    for (let first = 0, index = 0; first < length; first += refcountsPerBlock, index++) {
      const end = Math.min(length, first + refcountsPerBlock);
      this.#block(index, first, end);
      this.#punch();
      compared += end - first;
      if (compared < AT_ONCE) continue;
      compared = 0;
      yield;
    }
    this.#state.changes.count('refcount', this.#uncounted);
  }

  #block(index: number, first: number, end: number): void {
    const { table } = this.#state.driver.refcounts;
    for (let cluster = first; cluster < end;) {
      let offset = 0;
      const errno = failureOf(() => {
        offset = table.blockAt(index);
      });
      if (errno !== undefined) this.#unreadable(cluster++);
      else if (offset === 0) {
        this.#missing(cluster, end);
        return;
      } else cluster = this.#compare(offset, first, cluster, end);
    }
  }

  /** There is no block: all refcounts are 0. */
  #missing(from: number, end: number): void {
    const references = this.#references;
    for (
      let cluster = references.firstUsed(from, end);
      cluster < end;
      cluster = references.firstUsed(cluster + 1, end)
    ) {
      this.highest = cluster;
      this.#tell(false, cluster, 0, references.get(cluster));
      this.rebuild = true;
      this.#counts.corruptions++;
      if (this.#keepStored) references.set(cluster, 0);
    }
  }

  #unreadable(cluster: number): void {
    this.allRead = false;
    this.#counts.checkErrors++;
    this.#state.recorder.tell(
      () => `Can't get refcount for cluster ${cluster}: Input/output error`,
    );
  }

  /** Compares what a block counts, from a cluster on; the result is where to go on. */
  #compare(offset: number, first: number, from: number, end: number): number {
    const { refcountCache, sizes } = this.#state.driver;
    const bits = sizes.refcountBits;
    const references = this.#references;
    let block: CacheEntry | undefined;
    const errno = failureOf(() => {
      block = refcountCache.get(offset);
    });
    if (errno !== undefined || !block) {
      this.#unreadable(from);
      return from + 1;
    }
    const isZero = zeroTest(block.bytes, bits);
    const held = block;
    for (let cluster = from; cluster < end;) {
      const stop = Math.min(end, references.chunkEnd(cluster));
      const chunk = references.chunkFrom(cluster);
      for (let at = cluster - first; cluster < stop; cluster++, at++) {
        const counted = chunk === undefined ? 0 : chunk[placeInChunk(cluster)];
        // Nearly all images have refcounts of 16 bits, of which nearly all are right.
        if (bits === 16 && held.view.getUint16(at * 2) === counted) {
          if (counted > 0) this.highest = cluster;
          continue;
        }
        if (isZero(at)) {
          if (counted === 0) continue;
          this.highest = cluster;
          this.#tell(false, cluster, 0, counted);
          this.rebuild = true;
          this.#counts.corruptions++;
          if (this.#keepStored) references.set(cluster, 0);
          continue;
        }
        this.highest = cluster;
        const stored = refcountAt(held, bits, at);
        if (stored === counted) continue;
        if (this.#differs(held, at, cluster, stored, counted)) continue;
        // The block is not what the cache holds any more, nor perhaps the file.
        this.#punch();
        return cluster + 1;
      }
    }
    refcountCache.put(held);
    return end;
  }

  /** A refcount that is not 0 and not right. False when its own block was given back for it. */
  #differs(
    block: CacheEntry,
    index: number,
    cluster: number,
    stored: number | bigint,
    counted: number,
  ): boolean {
    const isLeak = stored > counted;
    const repairs = isLeak ? this.#fixing.leaks : this.#fixing.errors;
    this.#tell(repairs, cluster, stored, counted);
    if (!repairs) {
      if (isLeak) this.#counts.leaks++;
      else this.#counts.corruptions++;
      if (this.#keepStored) this.#references.set(cluster, Math.min(Number(stored), UNKNOWN_COUNT));
      return true;
    }
    if (isLeak) this.#counts.leaksFixed++;
    else this.#counts.corruptionsFixed++;
    return this.#store(block, index, cluster, stored, counted);
  }

  /** Makes a refcount what it should be (update_refcount). False when the block was dropped. */
  #store(
    block: CacheEntry,
    index: number,
    cluster: number,
    stored: number | bigint,
    counted: number,
  ): boolean {
    const { driver, changes } = this.#state;
    const { refcountCache, l2Cache, sizes } = driver;
    const { clusterSize, refcountBits } = sizes;
    const offset = cluster * clusterSize;
    if (stored > counted) refcountCache.dependOn(l2Cache);
    refcountCache.markDirty(block);
    setRefcount(block, refcountBits, index, counted);
    if (changes.isFull) this.#uncounted++;
    else
      changes.add('refcount', () => ({
        offset: hostOffset(offset),
        length: bytes(clusterSize),
        index: cluster,
        before: String(stored),
        after: String(counted),
      }));
    if (counted > 0) return true;
    if (cluster !== this.#freed.end) this.#punch();
    if (this.#freed.clusters === 0) this.#freed.start = cluster;
    this.#freed.end = cluster + 1;
    this.#freed.clusters++;
    // A table that the cache holds of a freed cluster is dropped, though it was this one.
    const freed = refcountCache.find(offset);
    if (!freed) return true;
    refcountCache.put(block);
    refcountCache.discard(freed);
    return false;
  }

  /** Gives freed clusters back to the file system: at the latest before anything else is read. */
  #punch(): void {
    const { start, clusters } = this.#freed;
    this.#freed.clusters = 0;
    if (clusters === 0) return;
    const { driver, changes } = this.#state;
    const { clusterSize } = driver.sizes;
    changes.free(start * clusterSize, clusters, clusterSize);
    driver.file.punch('hole', start * clusterSize, clusters * clusterSize);
  }

  #tell(repairs: boolean, cluster: number, stored: number | bigint, counted: number): void {
    const { recorder } = this.#state;
    if (recorder.isFull) recorder.messagesLeftOut++;
    else
      recorder.tell(() => {
        const what = repairs ? 'Repairing' : stored < counted ? 'ERROR' : 'Leaked';
        return `${what} cluster ${cluster} refcount=${stored} reference=${counted}`;
      });
  }
}

/** Stands for a refcount that does not fit: it has to be looked up. */
export const UNKNOWN_COUNT = 2 ** 32 - 1;
