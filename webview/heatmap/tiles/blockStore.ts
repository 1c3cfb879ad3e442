import type { CurveName } from '../../../src/core/picture/curve.js';
import type { Query } from '../../../src/protocol/questions.js';
import { BLOCK_EDGE } from '../../../src/protocol/limits.js';

const BLOCK_BITS = Math.log2(BLOCK_EDGE);
/** Blocks kept: a 4K screen of the smallest cells that show what is in them takes about a dozen. */
const KEPT = 48;
/** Blocks on their way at the same time. */
const IN_FLIGHT = 4;

interface Kept<Block> {
  readonly generation: number;
  readonly block: Block;
}

/** Part of the picture in cells, ends excluded. */
export interface CellRange {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What is known of the cells in view beside their tiles, block by block as it comes. */
export class BlockStore<Block> {
  readonly #fetch: (query: Query<'cells'>) => Promise<Block>;
  readonly #nothing: Block;
  readonly #arrived: () => void;
  readonly #blocks = new Map<number, Kept<Block>>();
  readonly #inFlight = new Set<number>();
  #curve: CurveName = 'hilbert';
  #generation = 0;
  #epoch = 0;

  /** `nothing`: a block of which nothing is known. */
  constructor(
    fetch: (query: Query<'cells'>) => Promise<Block>,
    nothing: Block,
    arrived: () => void,
  ) {
    this.#fetch = fetch;
    this.#nothing = nothing;
    this.#arrived = arrived;
  }

  /** Starts over with another picture or another curve. */
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

  /** The block of a cell; undefined until it has come. */
  blockOf(x: number, y: number): Block | undefined {
    return this.#blocks.get(keyOf(x >>> BLOCK_BITS, y >>> BLOCK_BITS))?.block;
  }

  /** Asks for what of these cells is missing or stale. */
  want({ left, top, right, bottom }: CellRange): void {
    for (let y = top >>> BLOCK_BITS; y * BLOCK_EDGE < bottom; y++)
      for (let x = left >>> BLOCK_BITS; x * BLOCK_EDGE < right; x++) {
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
    const block = await this.#fetch({ curve: this.#curve, x, y }).catch(
      // Nothing is shown where nothing is known, until the scan has come further.
      () => this.#nothing,
    );
    if (epoch !== this.#epoch) return;
    this.#inFlight.delete(key);
    this.#blocks.set(key, { generation, block });
    for (const [oldest] of this.#blocks) if (this.#blocks.size > KEPT) this.#blocks.delete(oldest);
    this.#arrived();
  }
}

const keyOf = (x: number, y: number): number => y * 2 ** 26 + x;

/** The number of a cell in its block, row after row. */
export const cellInBlock = (x: number, y: number): number =>
  (y % BLOCK_EDGE) * BLOCK_EDGE + (x % BLOCK_EDGE);
