import type { Geometry } from './geometry.js';

/**
 * Hands out host clusters one after the other, and puts a refcount block in front of the first
 * cluster that needs it, as QEMU does.
 */
export class HostAllocator {
  /** Host cluster of each refcount block, by its index in the refcount table. */
  readonly blocks: number[] = [];
  readonly #geometry: Geometry;
  #next: number;

  /** `reserved`: clusters at the start of the file that the caller has taken. */
  constructor(geometry: Geometry, reserved: number) {
    this.#geometry = geometry;
    this.#next = reserved;
    this.#cover(reserved);
  }

  /** Length of the file in clusters. */
  get end(): number {
    return this.#next;
  }

  /** The first of `count` adjacent clusters. */
  allocate(count = 1): number {
    this.#cover(this.#next + count);
    const first = this.#next;
    this.#next += count;
    return first;
  }

  /** Leaves `count` clusters free. */
  skip(count: number): void {
    this.#next += count;
  }

  /** Places blocks until they cover everything before cluster `end`, which they push back. */
  #cover(end: number): void {
    let needed = end;
    while (this.blocks.length * this.#geometry.blockEntries < needed) {
      this.blocks.push(this.#next++);
      needed++;
    }
  }
}
