import { hashHex } from '../../../bytes.js';
import type { DriverState } from '../state/driverState.js';
import { RequestError } from '../../copy/failure.js';
import { blockOffset, blockOffsetText, isOffGrid } from '../../../qcow2/entryTable.js';
import { MemoryTable } from '../state/memoryTable.js';
import { refcountAt } from './refcountCells.js';

/** The refcount table as the driver holds it, and what its blocks say. Failures are RequestError. */
export class RefcountTable {
  readonly entries: MemoryTable;
  readonly #driver: DriverState;

  constructor(driver: DriverState) {
    const { refcountTable } = driver.image;
    this.#driver = driver;
    this.entries = new MemoryTable(refcountTable, refcountTable.offset, refcountTable.length);
  }

  /** Offset of the block of an index, 0 if there is none. One off the grid is a corruption. */
  blockAt(index: number): number {
    const { sizes, signal } = this.#driver;
    if (index >= this.entries.length) return 0;
    const [high, low] = [this.entries.high(index), this.entries.low(index)];
    if (isOffGrid(low, sizes.clusterSize)) {
      const text = blockOffsetText(high, low);
      signal.fatal(`Refblock offset 0x${text} unaligned (reftable index: ${hashHex(index)})`);
      throw new RequestError('EIO');
    }
    return blockOffset(high, low);
  }

  /** Refcount of a cluster (qcow2_get_refcount). */
  get(cluster: number): number | bigint {
    const { sizes, refcountCache } = this.#driver;
    const offset = this.blockAt(Math.floor(cluster / sizes.refcountsPerBlock));
    if (offset === 0) return 0;
    const entry = refcountCache.get(offset);
    const value = refcountAt(entry, sizes.refcountBits, cluster % sizes.refcountsPerBlock);
    refcountCache.put(entry);
    return value;
  }
}
