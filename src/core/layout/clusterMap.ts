import type { Cell } from './cell.js';

const CHUNK_BITS = 16;
/** Clusters in a chunk. */
export const CHUNK = 1 << CHUNK_BITS;

/** A chunk whose cells are all alike costs one value. */
export type Chunk = Cell | Uint32Array;

/** Enough for 268 million clusters that all differ. */
const DEFAULT_BUDGET = 2 ** 30;

/** Raised when a hostile image would make the map larger than its budget. */
class MapBudgetError extends Error {}

/**
 * One 32-bit cell (see cell.ts) for each host cluster, in chunks of 65,536, which come into being
 * when first written to.
 */
export class ClusterMap {
  /** Host clusters of the file. One more can be counted: an entry off the grid may touch it. */
  readonly clusters: number;
  readonly #chunks: Chunk[];
  #chunksLeft: number;

  /** `budget`: bytes that the cells may take. */
  constructor(clusters: number, budget = DEFAULT_BUDGET) {
    this.clusters = clusters;
    this.#chunks = new Array<Chunk>(Math.ceil((clusters + 1) / CHUNK)).fill(0);
    this.#chunksLeft = Math.floor(budget / (CHUNK * 4));
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

  /** The cells of a chunk, to write to. Throws MapBudgetError. */
  writable(index: number): Uint32Array {
    const chunk = this.#chunks[index];
    if (typeof chunk !== 'number') return chunk;
    if (this.#chunksLeft <= 0)
      throw new MapBudgetError('the map of this image is larger than its budget');
    this.#chunksLeft--;
    const cells = new Uint32Array(CHUNK);
    if (chunk !== 0) cells.fill(chunk);
    this.#chunks[index] = cells;
    return cells;
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
