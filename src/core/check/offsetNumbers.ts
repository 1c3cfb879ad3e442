import type { Budget } from '../map/budget.js';

const FIRST_SLOTS = 64;
/** Bytes of a slot: a key and a number. */
const SLOT_BYTES = 12;
/** Scatters keys that are multiples of a power of two (Knuth's multiplicative hashing). */
const SCATTER = 0x9e3779b1;

/** Numbers by key, a whole number from 0 on that is exact; a Map would take four times the memory. */
export class OffsetNumbers {
  readonly #budget: Budget;
  #size = 0;
  #keys: Float64Array;
  /** The number and one more; 0 is an empty slot. */
  #numbers: Int32Array;

  constructor(budget: Budget) {
    this.#budget = budget;
    this.#keys = new Float64Array(FIRST_SLOTS);
    this.#numbers = new Int32Array(FIRST_SLOTS);
  }

  /** The number of a key, -1 if it has none. */
  get(key: number): number {
    return this.#numbers[this.#slot(key)] - 1;
  }

  /** Gives a number to a key that has none. Throws BudgetError. */
  add(key: number, number: number): void {
    if (this.#size * 2 >= this.#keys.length) this.#grow();
    const slot = this.#slot(key);
    this.#keys[slot] = key;
    this.#numbers[slot] = number + 1;
    this.#size++;
  }

  /** Where a key is, or would be. */
  #slot(key: number): number {
    const mask = this.#keys.length - 1;
    const folded = (key % 2 ** 32) ^ Math.floor(key / 2 ** 32);
    let slot = (Math.imul(folded, SCATTER) >>> 7) & mask;
    while (this.#numbers[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const keys = this.#keys;
    const numbers = this.#numbers;
    this.#budget.take(keys.length * SLOT_BYTES);
    this.#keys = new Float64Array(keys.length * 2);
    this.#numbers = new Int32Array(keys.length * 2);
    for (let old = 0; old < keys.length; old++) {
      if (numbers[old] === 0) continue;
      const slot = this.#slot(keys[old]);
      this.#keys[slot] = keys[old];
      this.#numbers[slot] = numbers[old];
    }
  }
}

/** Bytes of so many numbers. */
export const numbersBytes = (numbers: number): number =>
  2 ** Math.ceil(Math.log2(2 * numbers + 1)) * SLOT_BYTES;
