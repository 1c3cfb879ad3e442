import { hex } from '../bytes.js';
import type { Counts } from './counts.js';
import { PassFailed } from './counts.js';
import { placeInChunk, type ReferenceCounts } from './referenceCounts.js';
import { nodeLength, type RepairState } from './repairState.js';

const OVERFLOW_ADVICE =
  'Use qemu-img amend to increase the refcount entry width or qemu-img convert to create a clean ' +
  'copy if the image cannot be opened for writing';

/** Counts regions of the file (qcow2_inc_refcounts_imrt). */
export class RegionCount {
  readonly table: ReferenceCounts;
  readonly #state: RepairState;
  readonly #counts: Counts;
  readonly #clusterSize: number;

  constructor(state: RepairState, counts: Counts, table: ReferenceCounts) {
    this.table = table;
    this.#state = state;
    this.#counts = counts;
    this.#clusterSize = state.driver.sizes.clusterSize;
  }

  /**
   * A reference to every cluster that a region touches; a region that ends a cluster or more past the
   * end of the file is a corruption and not counted.
   *
   * @param offsetText spells an offset that is too large for a number, in hexadecimal
   */
  count(offset: number, size: number, offsetText?: string): void {
    if (size <= 0) return;
    if (this.#isPastEnd(offset, size, offsetText)) {
      this.#counts.corruptions++;
      this.#state.recorder.tell(
        () =>
          'ERROR: counting reference for region exceeding the end of the file by one cluster or ' +
          `more: offset 0x${offsetText ?? offset.toString(16)} size ${hex(size)}`,
      );
      return;
    }
    // The sum has wrapped: QEMU would want a count for every cluster up to there.
    if (offset >= 2 ** 62) {
      this.#counts.checkErrors++;
      throw new PassFailed('ENOMEM');
    }
    const last = Math.floor((offset + size - 1) / this.#clusterSize);
    if (last >= this.table.length) this.table.grow(last + 1);
    for (let cluster = Math.floor(offset / this.#clusterSize); cluster <= last; cluster++)
      this.countCluster(cluster);
  }

  /** A reference to one cluster that is in the table. */
  countCluster(cluster: number): void {
    const chunk = this.table.writable(cluster);
    const place = placeInChunk(cluster);
    if (chunk[place] < this.table.max) {
      chunk[place]++;
      return;
    }
    this.#counts.corruptions++;
    const { recorder } = this.#state;
    recorder.tell(() => `ERROR: overflow cluster offset=${hex(cluster * this.#clusterSize)}`);
    recorder.tell(() => OVERFLOW_ADVICE);
  }

  /** QEMU's sum is one of signed 64-bit numbers, and wraps. */
  #isPastEnd(offset: number, size: number, offsetText: string | undefined): boolean {
    const length = nodeLength(this.#state);
    if (offset < 2 ** 62) return offset + size - length >= this.#clusterSize;
    const exact = offsetText === undefined ? BigInt(offset) : BigInt(`0x${offsetText}`);
    const behind = exact + BigInt(size) - BigInt(length);
    return BigInt.asIntN(64, behind) >= BigInt(this.#clusterSize);
  }
}
