import type { CurveName } from '../../src/core/picture/curve.js';
import type { CellCounts, CellsQuery } from '../../src/protocol/navigation.js';

/** Cells along the edge of a block. */
const BLOCK = 64;
const BLOCK_BITS = 6;
/** Blocks kept: a 4K screen of the smallest cells that show counts takes about a dozen. */
const KEPT = 48;
/** Blocks on their way at the same time. */
const IN_FLIGHT = 4;

/** Stored refcount and references counted, each 255 for "255 or more". */
export interface Counts {
  readonly stored: number;
  readonly references: number;
}

interface Block {
  readonly generation: number;
  readonly values: Uint16Array;
}

/** Part of the picture in cells, ends excluded. */
export interface CellRange {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The counts of the cells in view, block by block as they come. */
export class CellCountStore {
  readonly #fetch: (query: CellsQuery) => Promise<CellCounts>;
  readonly #arrived: () => void;
  readonly #blocks = new Map<number, Block>();
  readonly #inFlight = new Set<number>();
  #curve: CurveName = 'hilbert';
  #generation = 0;
  #epoch = 0;

  constructor(fetch: (query: CellsQuery) => Promise<CellCounts>, arrived: () => void) {
    this.#fetch = fetch;
    this.#arrived = arrived;
  }

  /** Starts over with another image or another curve. */
  reset(curve: CurveName): void {
    this.#curve = curve;
    this.#blocks.clear();
    this.#inFlight.clear();
    this.#epoch++;
  }

  /** From now on blocks of an older generation are stale. */
  setGeneration(generation: number): void {
    this.#generation = generation;
  }

  at(x: number, y: number): Counts | undefined {
    const block = this.#blocks.get(keyOf(x >>> BLOCK_BITS, y >>> BLOCK_BITS));
    if (!block) return undefined;
    const value = block.values[(y % BLOCK) * BLOCK + (x % BLOCK)];
    return { stored: value & 0xff, references: value >>> 8 };
  }

  /** Asks for what of these cells is missing or stale. */
  want({ left, top, right, bottom }: CellRange): void {
    for (let y = top >>> BLOCK_BITS; y * BLOCK < bottom; y++)
      for (let x = left >>> BLOCK_BITS; x * BLOCK < right; x++) {
        const key = keyOf(x, y);
        const known = this.#blocks.get(key);
        if (known) {
          this.#blocks.delete(key);
          this.#blocks.set(key, known);
        }
        if (known?.generation === this.#generation || this.#inFlight.has(key)) continue;
        if (this.#inFlight.size < IN_FLIGHT) void this.#ask(key, x, y);
      }
  }

  async #ask(key: number, x: number, y: number): Promise<void> {
    const epoch = this.#epoch;
    const generation = this.#generation;
    this.#inFlight.add(key);
    const runs = await this.#fetch({ curve: this.#curve, x, y }).then(
      (answer) => answer.runs,
      // Nothing is written where nothing is known, until the scan has come further.
      () => [],
    );
    if (epoch !== this.#epoch) return;
    this.#inFlight.delete(key);
    this.#blocks.set(key, { generation, values: valuesOf(runs) });
    for (const [oldest] of this.#blocks) if (this.#blocks.size > KEPT) this.#blocks.delete(oldest);
    this.#arrived();
  }
}

const keyOf = (x: number, y: number): number => y * 2 ** 26 + x;

function valuesOf(runs: readonly number[]): Uint16Array {
  const values = new Uint16Array(BLOCK * BLOCK);
  let at = 0;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    values.fill(runs[i], at, at + runs[i + 1]);
    at += runs[i + 1];
  }
  return values;
}
