/** A seeded stream of numbers (mulberry32): the same seed gives the same requests everywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** At least 0 and below 1, in steps of 2^-52. */
  fraction(): number {
    return (this.#next() * 2 ** 20 + (this.#next() >>> 12)) / 2 ** 52;
  }

  /** A whole number below a limit of at most 2^52. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  }
}
