import { grown } from './typeRuns.js';

const EMPTY = -1;

/**
 * The cache slots: which windows are cached. Windows are rows here. A slot keeps its window until it
 * is emptied; under the policy `fail` a window that got no bitmap keeps its slot, and may come to
 * take several.
 *
 * Slots that were never taken cost nothing, and the oldest one is found through a heap: it keeps the
 * age at which a slot was filed, and files it anew when the window has been used since. Ages only
 * grow, so that the first one found up to date is the oldest; among windows of one age, that is of
 * one window, the lowest slot, as the reference's search from slot 0 finds it.
 */
export class BitmapCache {
  /** Number of slots. */
  readonly size: number;
  #rows = new Int32Array(16).fill(EMPTY);
  /** All slots below are taken. */
  #lowestEmpty = 0;
  #heapSlots = new Int32Array(16);
  #heapAges = new Float64Array(16);
  #heapSize = 0;

  constructor(size: number) {
    this.size = size;
  }

  clone(): BitmapCache {
    const copy = new BitmapCache(this.size);
    copy.#rows = this.#rows.slice();
    copy.#lowestEmpty = this.#lowestEmpty;
    copy.#heapSlots = this.#heapSlots.slice();
    copy.#heapAges = this.#heapAges.slice();
    copy.#heapSize = this.#heapSize;
    return copy;
  }

  /** All slots from here on were never taken. */
  get reached(): number {
    return Math.min(this.size, this.#rows.length);
  }

  /** Slots taken. */
  get taken(): number {
    return this.#heapSize;
  }

  /** Row in a slot, or -1. */
  row(slot: number): number {
    return slot < this.#rows.length ? this.#rows[slot] : EMPTY;
  }

  /** The first empty slot, or -1. */
  firstEmpty(): number {
    if (this.#heapSize === this.size) return -1;
    while (this.#lowestEmpty < this.#rows.length && this.#rows[this.#lowestEmpty] !== EMPTY)
      this.#lowestEmpty++;
    return this.#lowestEmpty;
  }

  /** Gives a window an empty slot. */
  take(slot: number, row: number, age: number): void {
    if (slot >= this.#rows.length) {
      const larger = new Int32Array(Math.max(this.#rows.length * 2, slot + 1)).fill(EMPTY);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#rows[slot] = row;
    this.#file(slot, age);
  }

  /** Empties the slot whose window has the lowest age. At least one slot must be taken. */
  emptyOldest(ages: Float64Array): { readonly slot: number; readonly row: number } {
    for (;;) {
      const slot = this.#heapSlots[0];
      const row = this.#rows[slot];
      const age = ages[row];
      if (age === this.#heapAges[0]) {
        const last = --this.#heapSize;
        this.#sink(this.#heapSlots[last], this.#heapAges[last]);
        this.#rows[slot] = EMPTY;
        this.#lowestEmpty = Math.min(this.#lowestEmpty, slot);
        return { slot, row };
      }
      this.#sink(slot, age);
    }
  }

  /** Adds a slot to the heap. */
  #file(slot: number, age: number): void {
    if (this.#heapSize === this.#heapSlots.length) {
      this.#heapAges = grown(this.#heapAges, new Float64Array(this.#heapSize * 2));
      this.#heapSlots = grown(this.#heapSlots, new Int32Array(this.#heapSize * 2));
    }
    let hole = this.#heapSize++;
    while (hole > 0) {
      const parent = (hole - 1) >>> 1;
      if (!this.#isBefore(age, slot, parent)) break;
      this.#copy(parent, hole);
      hole = parent;
    }
    this.#heapAges[hole] = age;
    this.#heapSlots[hole] = slot;
  }

  /** Puts a slot in the place of the first one of the heap. */
  #sink(slot: number, age: number): void {
    const size = this.#heapSize;
    let hole = 0;
    for (let child = 1; child < size; child = 2 * hole + 1) {
      const right = child + 1;
      if (right < size && this.#isBefore(this.#heapAges[right], this.#heapSlots[right], child))
        child = right;
      if (this.#isBefore(age, slot, child)) break;
      this.#copy(child, hole);
      hole = child;
    }
    this.#heapAges[hole] = age;
    this.#heapSlots[hole] = slot;
  }

  #isBefore(age: number, slot: number, other: number): boolean {
    const otherAge = this.#heapAges[other];
    return age < otherAge || (age === otherAge && slot < this.#heapSlots[other]);
  }

  #copy(from: number, to: number): void {
    this.#heapAges[to] = this.#heapAges[from];
    this.#heapSlots[to] = this.#heapSlots[from];
  }
}
