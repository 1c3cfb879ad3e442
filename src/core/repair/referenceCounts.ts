import type { Budget } from '../map/budget.js';

const CHUNK_BITS = 16;
const CHUNK = 1 << CHUNK_BITS;

export type CountArray = Uint8Array | Uint16Array | Uint32Array;

/**
 * QEMU's in-memory refcount table: a count for each host cluster, in chunks that come into being when
 * something in them is counted.
 */
export class ReferenceCounts {
  /** The largest count that the image's refcounts hold. Nobody has the time to count past 2^32. */
  readonly max: number;
  readonly #make: (length: number) => CountArray;
  readonly #bytes: number;
  readonly #budget: Budget;
  #taken = 0;
  #chunks: (CountArray | undefined)[] = [];
  #length: number;

  constructor(clusters: number, refcountBits: number, budget: Budget) {
    this.max = 2 ** Math.min(32, refcountBits) - 1;
    this.#bytes = Math.max(1, Math.min(4, refcountBits / 8));
    this.#make =
      refcountBits <= 8
        ? (length) => new Uint8Array(length)
        : refcountBits === 16
          ? (length) => new Uint16Array(length)
          : (length) => new Uint32Array(length);
    this.#budget = budget;
    this.#length = 0;
    this.grow(clusters);
  }

  /** Clusters. */
  get length(): number {
    return this.#length;
  }

  /** Takes more clusters in; none of them is referred to. */
  grow(clusters: number): void {
    if (clusters <= this.#length) return;
    this.#length = clusters;
    const chunks = Math.ceil(clusters / CHUNK);
    const added = chunks - this.#chunks.length;
    if (added <= 0) return;
    this.#take(added * 8);
    const old = this.#chunks.length;
    this.#chunks.length = chunks;
    this.#chunks.fill(undefined, old);
  }

  get(cluster: number): number {
    const chunk = this.#chunks[cluster >>> CHUNK_BITS];
    return chunk === undefined ? 0 : chunk[cluster & (CHUNK - 1)];
  }

  set(cluster: number, count: number): void {
    if (count === 0 && this.#chunks[cluster >>> CHUNK_BITS] === undefined) return;
    this.writable(cluster)[cluster & (CHUNK - 1)] = count;
  }

  /** The counts of the chunk in which a cluster lies, to write to; the cluster is at `place`. */
  writable(cluster: number): CountArray {
    const index = cluster >>> CHUNK_BITS;
    let chunk = this.#chunks[index];
    if (chunk === undefined) {
      this.#take(CHUNK * this.#bytes + 128);
      chunk = this.#make(CHUNK);
      this.#chunks[index] = chunk;
    }
    return chunk;
  }

  /** The counts from a cluster on to the end of its chunk; undefined when all are 0. */
  chunkFrom(cluster: number): CountArray | undefined {
    return this.#chunks[cluster >>> CHUNK_BITS];
  }

  /** The first cluster behind the chunk of one. */
  chunkEnd(cluster: number): number {
    return ((cluster >>> CHUNK_BITS) + 1) * CHUNK;
  }

  /** The first cluster from `from` on that somebody refers to; `end` if there is none before it. */
  firstUsed(from: number, end: number): number {
    let cluster = from;
    while (cluster < end) {
      const chunk = this.#chunks[cluster >>> CHUNK_BITS];
      const stop = Math.min(end, this.chunkEnd(cluster));
      if (chunk !== undefined)
        for (; cluster < stop; cluster++) if (chunk[cluster & (CHUNK - 1)] !== 0) return cluster;
      cluster = stop;
    }
    return end;
  }

  /** The first one that nobody refers to; the length if there is none. */
  firstFree(from: number): number {
    let cluster = from;
    while (cluster < this.#length) {
      const chunk = this.#chunks[cluster >>> CHUNK_BITS];
      if (chunk === undefined) return cluster;
      const found = chunk.indexOf(0, cluster & (CHUNK - 1));
      if (found >= 0) return Math.min(this.#length, (cluster >>> CHUNK_BITS) * CHUNK + found);
      cluster = this.chunkEnd(cluster);
    }
    return Math.max(from, this.#length);
  }

  #take(bytes: number): void {
    this.#budget.take(bytes);
    this.#taken += bytes;
  }

  /** Nobody asks any more: the memory is given back. */
  release(): void {
    this.#chunks = [];
    this.#length = 0;
    this.#budget.giveBack(this.#taken);
    this.#taken = 0;
  }

  /** Forgets all that was counted. */
  clear(): void {
    for (const chunk of this.#chunks) chunk?.fill(0);
  }
}

/** The number of the chunk of a cluster. */
export const chunkOf = (cluster: number): number => cluster >>> CHUNK_BITS;

/** Where in its chunk a cluster is. */
export const placeInChunk = (cluster: number): number => cluster & (CHUNK - 1);
