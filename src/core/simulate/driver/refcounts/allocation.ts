import { roundUp } from '../../../bytes.js';
import type { DriverState } from '../state/driverState.js';
import { RequestError } from '../../copy/failure.js';
import { clusterNumber, intoCluster } from '../../copy/sizes.js';
import type { FreeSearch } from './freeSearch.js';
import type { Refcounts } from './refcounts.js';

/** Takes new clusters (block/qcow2-refcount.c). Failures are RequestError. */
export class Allocation {
  /** Where the next compressed cluster may start, in bytes; 0 when a new cluster must be taken. */
  #freeByte = 0;
  readonly #driver: DriverState;
  readonly #refcounts: Refcounts;
  readonly #search: FreeSearch;

  constructor(driver: DriverState, refcounts: Refcounts, search: FreeSearch) {
    this.#driver = driver;
    this.#refcounts = refcounts;
    this.#search = search;
  }

  /** Allocates adjacent clusters anywhere (qcow2_alloc_clusters). */
  allocate(bytes: number): number {
    const { sizes } = this.#driver;
    for (;;) {
      const offset = this.#search.find(Math.ceil(bytes / sizes.clusterSize), 'data');
      if (
        !again(() => {
          this.#refcounts.update(offset, bytes, 1);
        })
      )
        return offset;
    }
  }

  /** Allocates at most so many clusters from `offset` on; the result is how many were free. */
  allocateAt(offset: number, clusters: number): number {
    const { sizes } = this.#driver;
    for (;;) {
      const free = this.#search.freeFrom(clusterNumber(sizes, offset), clusters);
      if (
        !again(() => {
          this.#refcounts.update(offset, free * sizes.clusterSize, 1);
        })
      )
        return free;
    }
  }

  /** Room for compressed data, behind the last one where that is possible (qcow2_alloc_bytes). */
  allocateBytes(bytes: number): number {
    const { sizes, signal, l2Cache, refcountCache } = this.#driver;
    const { clusterSize } = sizes;
    let offset = this.#freeByte;
    const full = (1n << BigInt(sizes.refcountBits)) - 1n;
    if (offset !== 0 && BigInt(this.#refcounts.table.get(clusterNumber(sizes, offset))) === full)
      offset = 0;
    let room = clusterSize - intoCluster(sizes, offset);
    for (;;) {
      if (offset === 0 || room < bytes) {
        const found = this.#search.find(1, 'data');
        if (found === 0) {
          signal.fatal('Preventing invalid allocation of compressed cluster at offset 0');
          throw new RequestError('EIO');
        }
        if (offset === 0 || roundUp(offset, clusterSize) !== found) {
          offset = found;
          room = clusterSize;
        } else room += clusterSize;
      }
      const at = offset;
      if (
        !again(() => {
          this.#refcounts.update(at, bytes, 1);
        })
      )
        break;
      offset = 0;
    }
    l2Cache.dependOn(refcountCache);
    const next = offset + bytes;
    this.#freeByte = intoCluster(sizes, next) === 0 ? 0 : next;
    return offset;
  }

  /** Looks at the clusters before `end` until so many are in use. */
  countUsed(end: number, enough: number): void {
    this.#search.countUsed(end, enough);
  }
}

/** Runs a part that QEMU repeats when a refcount block was allocated meanwhile. */
function again(part: () => void): boolean {
  try {
    part();
    return false;
  } catch (error) {
    if (error instanceof RequestError && error.errno === 'EAGAIN') return true;
    throw error;
  }
}
