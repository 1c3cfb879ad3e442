import { ProcessAbort } from '../../copy/failure.js';
import type { HostFile } from '../../guard/hostFile.js';
import { finish, type Work } from '../../../work.js';

/** Adjacent clusters. Offsets in bytes. */
interface Region {
  /** In the order in which they came up. */
  readonly number: number;
  start: number;
  end: number;
}

/** Regions that are given back between two yields. */
const PUNCHES_A_STEP = 16;

/** Clusters that were freed and are to be given back to the file system. */
export class Discards {
  /** A request collects them until it ends. */
  collecting = false;
  readonly #regions = new Set<Region>();
  /** The same by where they start and end: no two of them touch. */
  readonly #starts = new Map<number, Region>();
  readonly #ends = new Map<number, Region>();
  readonly #clusters = new Set<number>();
  #count = 0;
  readonly #file: HostFile;

  constructor(file: HostFile) {
    this.#file = file;
  }

  /** Queues a cluster; neighbours are merged into the one that came first (update_refcount_discard). */
  add(offset: number, bytes: number): void {
    if (this.#clusters.has(offset))
      throw new ProcessAbort(
        "update_refcount_discard (queue_discard since 10.2): Assertion `d->bytes + length == new_end - new_start' failed: a cluster is freed twice",
      );
    this.#clusters.add(offset);
    let region: Region = { number: this.#count++, start: offset, end: offset + bytes };
    for (const other of [this.#ends.get(offset), this.#starts.get(offset + bytes)]) {
      if (!other) continue;
      this.#remove(other);
      const first = region.number < other.number ? region : other;
      first.start = Math.min(region.start, other.start);
      first.end = Math.max(region.end, other.end);
      region = first;
    }
    this.#regions.add(region);
    this.#starts.set(region.start, region);
    this.#ends.set(region.end, region);
  }

  /** Punches what is queued; drops it when the request has failed (qcow2_process_discards). */
  process(succeeded: boolean): void {
    finish(this.processing(succeeded));
  }

  /** The same in steps. */
  *processing(succeeded: boolean): Work {
    const regions = [...this.#regions].sort((a, b) => a.number - b.number);
    for (const queue of [this.#regions, this.#starts, this.#ends, this.#clusters]) queue.clear();
    if (!succeeded) return;
    for (const [index, { start, end }] of regions.entries()) {
      this.#file.punch('hole', start, end - start);
      if (index % PUNCHES_A_STEP === PUNCHES_A_STEP - 1) yield;
    }
  }

  #remove(region: Region): void {
    this.#regions.delete(region);
    this.#starts.delete(region.start);
    this.#ends.delete(region.end);
  }
}
