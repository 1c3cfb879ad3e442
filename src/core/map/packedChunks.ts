import type { Budget } from './budget.js';
import type { Cell } from './cell.js';

/** Stretches of like cells that a packed chunk may have: those around a few tables and their data. */
export const RUNS = 8;
/** Chunks that get memory together. */
const PAGE = 1024;
export const PACKED_BYTES = RUNS * 6;

/** Chunks of a few stretches of like cells each, in 48 bytes instead of 2 KiB. */
export class PackedChunks {
  readonly #length: number;
  readonly #budget: Budget;
  /** Where each stretch begins; `#length` in those that are not used. */
  readonly #starts: Uint16Array[] = [];
  readonly #cells: Uint32Array[] = [];
  readonly #free: number[] = [];
  #used = 0;

  /** `length`: cells of a chunk. */
  constructor(length: number, budget: Budget) {
    this.#length = length;
    this.#budget = budget;
  }

  /** Keeps a chunk; the result is its number, or -1 when its cells differ too often. Throws BudgetError. */
  pack(cells: Uint32Array): number {
    let runs = 1;
    for (let i = 1; i < cells.length; i++)
      if (cells[i] !== cells[i - 1] && ++runs > RUNS) return -1;
    const number = this.#free.pop() ?? this.#next();
    const at = (number % PAGE) * RUNS;
    const starts = this.#starts[Math.floor(number / PAGE)];
    const values = this.#cells[Math.floor(number / PAGE)];
    starts.fill(this.#length, at, at + RUNS);
    for (let i = 0, run = at; i < cells.length; i++)
      if (i === 0 || cells[i] !== cells[i - 1]) {
        starts[run] = i;
        values[run++] = cells[i];
      }
    return number;
  }

  #next(): number {
    if (this.#used === this.#starts.length * PAGE) {
      this.#budget.take(PAGE * PACKED_BYTES);
      this.#starts.push(new Uint16Array(PAGE * RUNS));
      this.#cells.push(new Uint32Array(PAGE * RUNS));
    }
    return this.#used++;
  }

  cell(number: number, index: number): Cell {
    const starts = this.#starts[Math.floor(number / PAGE)];
    const first = (number % PAGE) * RUNS;
    let run = first;
    while (run + 1 < first + RUNS && starts[run + 1] <= index) run++;
    return this.#cells[Math.floor(number / PAGE)][run];
  }

  unpack(number: number, cells: Uint32Array): void {
    const starts = this.#starts[Math.floor(number / PAGE)];
    const values = this.#cells[Math.floor(number / PAGE)];
    const first = (number % PAGE) * RUNS;
    for (let run = first; run < first + RUNS && starts[run] < this.#length; run++)
      cells.fill(values[run], starts[run], run + 1 < first + RUNS ? starts[run + 1] : this.#length);
  }

  /** Forgets a chunk. */
  free(number: number): void {
    this.#free.push(number);
  }
}
