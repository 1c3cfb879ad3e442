import { ProcessAborted } from './failure.js';
import type { HostFile } from './hostFile.js';

interface Region {
  offset: number;
  bytes: number;
}

/** Clusters that were freed and are to be given back to the file system. */
export class Discards {
  /** A request collects them until it ends. */
  collecting = false;
  #regions: Region[] = [];
  readonly #file: HostFile;

  constructor(file: HostFile) {
    this.#file = file;
  }

  /** Queues a region; neighbours are merged (update_refcount_discard). */
  add(offset: number, bytes: number): void {
    let region = this.#regions.find(
      (d) =>
        Math.max(offset + bytes, d.offset + d.bytes) - Math.min(offset, d.offset) <=
        bytes + d.bytes,
    );
    if (region) {
      const end = Math.max(offset + bytes, region.offset + region.bytes);
      region.offset = Math.min(offset, region.offset);
      if (region.bytes + bytes !== end - region.offset)
        throw new ProcessAborted(
          "update_refcount_discard: Assertion `d->bytes + length == new_end - new_start' failed: a cluster is freed twice",
        );
      region.bytes = end - region.offset;
    } else {
      region = { offset, bytes };
      this.#regions.push(region);
    }
    const grown = region;
    this.#regions = this.#regions.filter((other) => {
      if (
        other === grown ||
        other.offset > grown.offset + grown.bytes ||
        grown.offset > other.offset + other.bytes
      )
        return true;
      grown.offset = Math.min(grown.offset, other.offset);
      grown.bytes += other.bytes;
      return false;
    });
  }

  /** Punches what is queued; drops it when the request has failed (qcow2_process_discards). */
  process(succeeded: boolean): void {
    const regions = this.#regions;
    this.#regions = [];
    if (succeeded) for (const { offset, bytes } of regions) this.#file.punch(offset, bytes);
  }
}
