import { Budget } from './budget.js';
import type { Cell } from './cell.js';
import { PACKED_BYTES, PackedChunks } from './packedChunks.js';

export const CHUNK_BITS = 9;
/** Clusters in a chunk: 2 KiB of cells, so that one table among data costs a page of memory or two. */
export const CHUNK = 1 << CHUNK_BITS;
/** Chunks that lie side by side in memory once there are many of them. */
const SLAB_CHUNKS = 128;
/** So many chunks of a slab have memory of their own: tables may be scattered over a whole TiB. */
const LOOSE = 24;
/** Clusters in a slab. */
export const SLAB = SLAB_CHUNKS * CHUNK;
/** Fewer clusters of a slab than these are written to chunk by chunk. */
export const FEW_IN_SLAB = 2 * SLAB_CHUNKS;

/** Chunks written to before those of them that are simple are packed. */
const RECENT = 1024;

/** Cells to read, until another chunk of the map is asked for. */
export interface Cells {
  readonly length: number;
  readonly [index: number]: Cell;
}

/** A chunk whose cells are all alike costs one value. */
export type Chunk = Cell | Cells;

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
 * maps 8192 clusters side by side. A chunk that was written to and has but a few stretches of like
 * cells is packed again.
 */
export class ClusterMap {
  /** Host clusters of the file. One more can be counted: an entry off the grid may touch it. */
  readonly clusters: number;
  /** Of each chunk: the cell that all of its are, or `openState` or `packedState`. */
  readonly #states: Int32Array;
  /** The cells of open chunks, by number. */
  readonly #open: Uint32Array[] = [];
  readonly #freeNumbers: number[] = [];
  readonly #packed: PackedChunks;
  /** Chunks opened since the last were packed. */
  #recent: number[] = [];
  /** Memory of chunks that were packed, for the next ones. */
  readonly #spare: Uint32Array[] = [];
  /** What is read of a packed chunk. */
  readonly #unpacked = new Uint32Array(CHUNK);
  readonly #slabs: (ArrayBuffer | undefined)[];
  /** Of each slab: how many of its chunks have memory of their own. */
  readonly #loose: Uint8Array;
  readonly #budget: Budget;

  constructor(clusters: number, budget = new Budget(DEFAULT_BUDGET)) {
    this.clusters = clusters;
    this.#budget = budget;
    this.#packed = new PackedChunks(CHUNK, budget);
    this.#states = new Int32Array(Math.ceil((clusters + 1) / CHUNK));
    this.#slabs = new Array<ArrayBuffer | undefined>(
      Math.ceil(this.#states.length / SLAB_CHUNKS),
    ).fill(undefined);
    this.#loose = new Uint8Array(this.#slabs.length);
  }

  get chunkCount(): number {
    return this.#states.length;
  }

  /** The chunk that starts at cluster `index * CHUNK`. */
  chunk(index: number): Chunk {
    const state = this.#states[index];
    if (state >= 0) return state;
    if (isOpen(state)) return this.#open[numberOf(state)];
    this.#packed.unpack(numberOf(state), this.#unpacked);
    return this.#unpacked;
  }

  /** The cell that all of a chunk are; -1 if they are not, or were not when it was written to. */
  uniform(index: number): Cell {
    return Math.max(-1, this.#states[index]);
  }

  cell(cluster: number): Cell {
    const state = this.#states[cluster >>> CHUNK_BITS];
    if (state >= 0) return state;
    const at = cluster & (CHUNK - 1);
    return isOpen(state) ? this.#open[numberOf(state)][at] : this.#packed.cell(numberOf(state), at);
  }

  /** The cells of a chunk, to write to before those of another are asked for. Throws BudgetError. */
  writable(index: number): Uint32Array {
    const state = this.#states[index];
    return state < 0 && isOpen(state) ? this.#open[numberOf(state)] : this.#openNow(index);
  }

  #openNow(index: number): Uint32Array {
    if (this.#recent.length === RECENT) this.#packRecent();
    const slab = Math.floor(index / SLAB_CHUNKS);
    // Those that can be packed need no slab.
    if (this.#slabs[slab] === undefined && this.#loose[slab] === LOOSE) this.#packRecent();
    if (this.#slabs[slab] !== undefined || this.#loose[slab] === LOOSE)
      return this.#put(index, viewIn(this.#memoryOf(slab), index));
    const cells = this.#put(index, this.#spare.pop() ?? this.#newLoose());
    this.#loose[slab]++;
    this.#recent.push(index);
    return cells;
  }

  /** Puts the cells of a chunk into memory of its own. */
  #put(index: number, cells: Uint32Array): Uint32Array {
    const state = this.#states[index];
    if (state >= 0) cells.fill(state);
    else {
      this.#packed.unpack(numberOf(state), cells);
      this.#packed.free(numberOf(state));
    }
    const number = this.#freeNumbers.pop() ?? this.#open.length;
    this.#open[number] = cells;
    this.#states[index] = openState(number);
    return cells;
  }

  #newLoose(): Uint32Array {
    this.#budget.take(LOOSE_BYTES);
    return new Uint32Array(CHUNK);
  }

  /** Packs what was opened last and has become simple. */
  #packRecent(): void {
    const recent = this.#recent;
    this.#recent = [];
    for (const index of recent) {
      const slab = Math.floor(index / SLAB_CHUNKS);
      if (this.#slabs[slab] !== undefined) continue;
      const number = numberOf(this.#states[index]);
      const cells = this.#open[number];
      if (isAlike(cells)) this.#states[index] = cells[0];
      else {
        const packed = this.#packed.pack(cells);
        if (packed < 0) continue;
        this.#states[index] = packedState(packed);
      }
      this.#freeNumbers.push(number);
      this.#spare.push(cells);
      this.#loose[slab]--;
    }
  }

  /** The memory of a slab, into which its loose chunks move. Throws BudgetError. */
  #memoryOf(slab: number): ArrayBuffer {
    const known = this.#slabs[slab];
    if (known) return known;
    this.#budget.giveBack(this.#loose[slab] * LOOSE_BYTES);
    this.#budget.take(SLAB_BYTES);
    const memory = new ArrayBuffer(SLAB * 4);
    this.#slabs[slab] = memory;
    const end = Math.min(this.#states.length, (slab + 1) * SLAB_CHUNKS);
    for (let index = slab * SLAB_CHUNKS; index < end; index++) {
      const state = this.#states[index];
      if (state >= 0 || !isOpen(state)) continue;
      const cells = viewIn(memory, index);
      cells.set(this.#open[numberOf(state)]);
      this.#open[numberOf(state)] = cells;
    }
    this.#loose[slab] = 0;
    return memory;
  }

  /** The cells of SLAB clusters from cluster `slab * SLAB` on, to write to. Throws BudgetError. */
  writableSlab(slab: number): Uint32Array {
    const memory = this.#memoryOf(slab);
    const first = slab * SLAB_CHUNKS;
    const end = Math.min(this.#states.length, first + SLAB_CHUNKS);
    for (let index = first; index < end; index++) this.writable(index);
    return new Uint32Array(memory);
  }

  /** Makes the cells of a chunk that is one value another one. */
  setUniform(index: number, cell: Cell): void {
    this.#states[index] = cell;
  }

  /** Makes the cells of [from, to) alike. A chunk that is so as a whole goes on costing one value. */
  fill(from: number, to: number, cell: Cell): void {
    for (let start = from; start < to;) {
      const index = start >>> CHUNK_BITS;
      const end = Math.min(to, (index + 1) * CHUNK);
      if (end - start === CHUNK && this.#states[index] >= 0) this.#states[index] = cell;
      else this.writable(index).fill(cell, start % CHUNK, (start % CHUNK) + end - start);
      start = end;
    }
  }
}

const openState = (number: number): number => ~(number * 2);
const packedState = (number: number): number => ~(number * 2 + 1);
const isOpen = (state: number): boolean => (~state & 1) === 0;
const numberOf = (state: number): number => ~state >>> 1;

function isAlike(cells: Uint32Array): boolean {
  for (let i = 1; i < cells.length; i++) if (cells[i] !== cells[0]) return false;
  return true;
}

/** Bytes of a map whose clusters are all alike. */
export function emptyMapBytes(clusters: number): number {
  const chunks = Math.ceil((clusters + 1) / CHUNK);
  return chunks * 4 + Math.ceil(chunks / SLAB_CHUNKS) * 9;
}

/** Bytes of a slab with so many chunks that can be packed, and so many that cannot. */
export const slabBytes = (packed: number, open: number): number =>
  open > LOOSE ? SLAB_BYTES : packed * PACKED_BYTES + open * LOOSE_BYTES;

/** Bytes of the chunks that are open because they were written to of late. */
export const RECENT_BYTES = RECENT * LOOSE_BYTES;

const viewIn = (memory: ArrayBuffer, index: number): Uint32Array =>
  new Uint32Array(memory, (index % SLAB_CHUNKS) * CHUNK * 4, CHUNK);
