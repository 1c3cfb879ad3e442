/** Times of a word of bits, and of the sums above: each is of so many of what is below it. */
const BRANCH_BITS = 5;
const BRANCH = 2 ** BRANCH_BITS;

/**
 * Times, of which some are marked; tells how many are marked after one. Bits, and above them counts
 * of 32 words, of 32 of these and so on: a mark changes four numbers, and what is counted lies side
 * by side.
 */
export class UseTimes {
  readonly #bits: Int32Array;
  /** Marked in each word, in 32 words, in 32² and in 32³. */
  readonly #words: Uint8Array;
  readonly #blocks: Int32Array;
  readonly #groups: Int32Array;
  readonly #regions: Int32Array;

  /** Of times below `room`, of which the first ones up to `marked` are marked, from 1 on. */
  constructor(room: number, marked: number) {
    const above = (size: number): number => Math.floor(size / BRANCH) + 1;
    this.#bits = new Int32Array(above(room));
    this.#words = new Uint8Array(this.#bits.length);
    this.#blocks = new Int32Array(above(this.#words.length));
    this.#groups = new Int32Array(above(this.#blocks.length));
    this.#regions = new Int32Array(above(this.#groups.length));
    for (let time = 1; time <= marked; time++) this.mark(time);
  }

  /** The time is not marked yet. */
  mark(time: number): void {
    this.#bits[time >>> 5] |= 1 << (time & 31);
    this.#words[time >>> 5]++;
    this.#blocks[time >>> 10]++;
    this.#groups[time >>> 15]++;
    this.#regions[time >>> 20]++;
  }

  /** The time is marked. */
  unmark(time: number): void {
    this.#bits[time >>> 5] &= ~(1 << (time & 31));
    this.#words[time >>> 5]--;
    this.#blocks[time >>> 10]--;
    this.#groups[time >>> 15]--;
    this.#regions[time >>> 20]--;
  }

  /** Marked times after one, of which none is later than `last`. */
  countAfter(time: number, last: number): number {
    const word = time >>> 5;
    let count = ones(this.#bits[word] & (-2 << (time & 31)));
    count += sum(this.#words, word, last >>> 5);
    if (last >>> 10 === time >>> 10) return count;
    count += sum(this.#blocks, time >>> 10, last >>> 10);
    if (last >>> 15 === time >>> 15) return count;
    count += sum(this.#groups, time >>> 15, last >>> 15);
    for (let at = (time >>> 20) + 1; at <= last >>> 20; at++) count += this.#regions[at];
    return count;
  }
}

/** Of those after one that are under the same number above. */
function sum(counts: Uint8Array | Int32Array, after: number, last: number): number {
  const end = Math.min(after | (BRANCH - 1), last);
  let all = 0;
  for (let at = after + 1; at <= end; at++) all += counts[at];
  return all;
}

function ones(bits: number): number {
  let x = bits - ((bits >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
