import { Budget } from './budget.js';
import type { Cell } from './cell.js';

export const CHUNK_BITS = 9;
/** Clusters in a chunk: 2 KiB of cells, so that one table among data costs a page of memory or two. */
export const CHUNK = 1 << CHUNK_BITS;
/** Chunks that lie side by side in memory once there are many of them. */
const SLAB_CHUNKS = 128;
/** So many chunks of a slab have memory of their own: tables may be scattered over a whole TiB. */
const LOOSE = 24;
/** Clusters in a slab. */
export const SLAB = SLAB_CHUNKS * CHUNK;

/** A chunk whose cells are all alike costs one value. */
export type Chunk = Cell | Uint32Array;

/** Enough for 250 million clusters that all differ. */
const DEFAULT_BUDGET = 2 ** 30;
/** What a view of memory costs, and what memory costs beside its bytes. */
const VIEW_BYTES = 160;
const BUFFER_BYTES = 320;
const LOOSE_BYTES = CHUNK * 4 + VIEW_BYTES + BUFFER_BYTES;
/** All of it at once: whether memory is only had when it is written to is up to the allocator. */
const SLAB_BYTES = SLAB * 4 + SLAB_CHUNKS * VIEW_BYTES + BUFFER_BYTES;

/**
 * One 32-bit cell (see cell.ts) for each host cluster, in chunks of 512, which come into being
 * when first written to. Small chunks keep most of an orderly image uniform: an L2 table at 64 KiB
 * maps 8192 clusters side by side.
 */
export class ClusterMap {
  /** Host clusters of the file. One more can be counted: an entry off the grid may touch it. */
  readonly clusters: number;
  readonly #chunks: Chunk[];
  readonly #slabs: (ArrayBuffer | undefined)[];
  /** Of each slab: how many of its chunks have memory of their own. */
  readonly #loose: Uint8Array;
  readonly #budget: Budget;

  constructor(clusters: number, budget = new Budget(DEFAULT_BUDGET)) {
    this.clusters = clusters;
    this.#budget = budget;
    this.#chunks = new Array<Chunk>(Math.ceil((clusters + 1) / CHUNK)).fill(0);
    this.#slabs = new Array<ArrayBuffer | undefined>(
      Math.ceil(this.#chunks.length / SLAB_CHUNKS),
    ).fill(undefined);
    this.#loose = new Uint8Array(this.#slabs.length);
  }

  get chunkCount(): number {
    return this.#chunks.length;
  }

  /** The chunk that starts at cluster `index * CHUNK`. Not to be written to. */
  chunk(index: number): Chunk {
    return this.#chunks[index];
  }

  cell(cluster: number): Cell {
    const chunk = this.#chunks[cluster >>> CHUNK_BITS];
    return typeof chunk === 'number' ? chunk : chunk[cluster & (CHUNK - 1)];
  }

  /** The cells of a chunk, to write to before those of another are asked for. Throws BudgetError. */
  writable(index: number): Uint32Array {
    const chunk = this.#chunks[index];
    if (typeof chunk !== 'number') return chunk;
    const slab = Math.floor(index / SLAB_CHUNKS);
    const cells =
      this.#slabs[slab] === undefined && this.#loose[slab] < LOOSE
        ? this.#newLoose(slab)
        : viewIn(this.#memoryOf(slab), index);
    if (chunk !== 0) cells.fill(chunk);
    this.#chunks[index] = cells;
    return cells;
  }

  #newLoose(slab: number): Uint32Array {
    this.#budget.take(LOOSE_BYTES);
    this.#loose[slab]++;
    return new Uint32Array(CHUNK);
  }

  /** The memory of a slab, into which its loose chunks move. Throws BudgetError. */
  #memoryOf(slab: number): ArrayBuffer {
    const known = this.#slabs[slab];
    if (known) return known;
    this.#budget.giveBack(this.#loose[slab] * LOOSE_BYTES);
    this.#budget.take(SLAB_BYTES);
    const memory = new ArrayBuffer(SLAB * 4);
    this.#slabs[slab] = memory;
    const end = Math.min(this.#chunks.length, (slab + 1) * SLAB_CHUNKS);
    for (let index = slab * SLAB_CHUNKS; index < end; index++) {
      const chunk = this.#chunks[index];
      if (typeof chunk === 'number') continue;
      const cells = viewIn(memory, index);
      cells.set(chunk);
      this.#chunks[index] = cells;
    }
    this.#loose[slab] = 0;
    return memory;
  }

  /** The cells of SLAB clusters from cluster `slab * SLAB` on, to write to. Throws BudgetError. */
  writableSlab(slab: number): Uint32Array {
    const memory = this.#memoryOf(slab);
    const first = slab * SLAB_CHUNKS;
    const end = Math.min(this.#chunks.length, first + SLAB_CHUNKS);
    for (let index = first; index < end; index++) this.writable(index);
    return new Uint32Array(memory);
  }

  /** Makes the cells of a chunk that is one value another one. */
  setUniform(index: number, cell: Cell): void {
    this.#chunks[index] = cell;
  }

  /** Makes the cells of [from, to) alike. A chunk that is so as a whole goes on costing one value. */
  fill(from: number, to: number, cell: Cell): void {
    for (let start = from; start < to;) {
      const index = start >>> CHUNK_BITS;
      const end = Math.min(to, (index + 1) * CHUNK);
      if (end - start === CHUNK && typeof this.#chunks[index] === 'number')
        this.#chunks[index] = cell;
      else this.writable(index).fill(cell, start % CHUNK, (start % CHUNK) + end - start);
      start = end;
    }
  }
}

/** Bytes of a map whose clusters are all alike. */
export function emptyMapBytes(clusters: number): number {
  const chunks = Math.ceil((clusters + 1) / CHUNK);
  return chunks * 8 + Math.ceil(chunks / SLAB_CHUNKS) * 9;
}

/** Bytes of a slab of which so many chunks are not all alike. */
export const slabBytes = (chunks: number): number =>
  chunks <= LOOSE ? chunks * LOOSE_BYTES : SLAB_BYTES;

const viewIn = (memory: ArrayBuffer, index: number): Uint32Array =>
  new Uint32Array(memory, (index % SLAB_CHUNKS) * CHUNK * 4, CHUNK);
