import { Budget } from './budget.js';
import type { Cell } from './cell.js';

export const CHUNK_BITS = 9;
/** Clusters in a chunk: 2 KiB of cells, so that one table among data costs a page of memory or two. */
export const CHUNK = 1 << CHUNK_BITS;
/** Chunks that get their memory together, untouched until they are written to. */
const SLAB_CHUNKS = 128;
/** Clusters in a slab. */
export const SLAB = SLAB_CHUNKS * CHUNK;

/** A chunk whose cells are all alike costs one value. */
export type Chunk = Cell | Uint32Array;

/** Enough for 250 million clusters that all differ. */
const DEFAULT_BUDGET = 2 ** 30;
/** What an array costs beside its elements. */
const ARRAY_BYTES = 160;
/** Memory is had in pages, of which a chunk is half; it may lie across the border of two. */
const PAGE_BYTES = CHUNK * 8;
/** What a slab costs before anything is written to it: the page in front of it. */
export const EMPTY_SLAB_BYTES = PAGE_BYTES + ARRAY_BYTES;

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
  readonly #budget: Budget;

  constructor(clusters: number, budget = new Budget(DEFAULT_BUDGET)) {
    this.clusters = clusters;
    this.#budget = budget;
    this.#chunks = new Array<Chunk>(Math.ceil((clusters + 1) / CHUNK)).fill(0);
    this.#slabs = new Array<ArrayBuffer | undefined>(
      Math.ceil(this.#chunks.length / SLAB_CHUNKS),
    ).fill(undefined);
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

  /** The cells of a chunk, to write to. Throws BudgetError. */
  writable(index: number): Uint32Array {
    const chunk = this.#chunks[index];
    if (typeof chunk !== 'number') return chunk;
    const neighbour = this.#chunks[index ^ 1];
    const hasPage = neighbour !== undefined && typeof neighbour !== 'number';
    const slabIndex = Math.floor(index / SLAB_CHUNKS);
    this.#budget.take(
      chunkBytes(hasPage) + (this.#slabs[slabIndex] === undefined ? EMPTY_SLAB_BYTES : 0),
    );
    const slab = (this.#slabs[slabIndex] ??= new ArrayBuffer(SLAB * 4));
    const cells = new Uint32Array(slab, (index % SLAB_CHUNKS) * CHUNK * 4, CHUNK);
    if (chunk !== 0) cells.fill(chunk);
    this.#chunks[index] = cells;
    return cells;
  }

  /** The cells of SLAB clusters from cluster `slab * SLAB` on, to write to. Throws BudgetError. */
  writableSlab(slab: number): Uint32Array {
    const first = slab * SLAB_CHUNKS;
    const end = Math.min(this.#chunks.length, first + SLAB_CHUNKS);
    for (let index = first; index < end; index++) this.writable(index);
    return new Uint32Array(this.writable(first).buffer);
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
  return chunks * 8 + Math.ceil(chunks / SLAB_CHUNKS) * 8;
}

/** Bytes of another chunk whose cells are not all alike; its neighbour may have its page already. */
export function chunkBytes(hasPage: boolean): number {
  return ARRAY_BYTES + (hasPage ? 0 : PAGE_BYTES * 1.5);
}
