const FIRST_ROOM = 64;
/** 2^32 divided by the golden ratio: multiples of it lie far apart. */
const SPREAD = 0x9e3779b1;
const HIGH = 2 ** 32;

/**
 * Small integers by large ones, from 0 up to 2^53: a Map of numbers, in columns. A Map takes several
 * times as long where numbers come and go a million times a second.
 */
export class NumberIndex {
  #keys = new Float64Array(FIRST_ROOM);
  /** One more than the value; 0 for a place that is empty. */
  #values = new Int32Array(FIRST_ROOM);
  /** Leaves as many of 32 bits as there are places for. */
  #shift = Math.clz32(FIRST_ROOM) + 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** -1 if there is none. */
  get(key: number): number {
    return this.#values[this.#place(key)] - 1;
  }

  set(key: number, value: number): void {
    let place = this.#place(key);
    if (this.#values[place] === 0) {
      if (++this.#size * 2 > this.#values.length) {
        this.#grow();
        place = this.#place(key);
      }
      this.#keys[place] = key;
    }
    this.#values[place] = value + 1;
  }

  delete(key: number): void {
    const keys = this.#keys;
    const values = this.#values;
    let hole = this.#place(key);
    if (values[hole] === 0) return;
    this.#size--;
    const mask = values.length - 1;
    // What was put further on because this place was taken moves up.
    for (let at = (hole + 1) & mask; values[at] !== 0; at = (at + 1) & mask) {
      const wanted = this.#first(keys[at]);
      if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
      keys[hole] = keys[at];
      values[hole] = values[at];
      hole = at;
    }
    values[hole] = 0;
  }

  /** Where a key is, or would be put. */
  #place(key: number): number {
    const keys = this.#keys;
    const values = this.#values;
    const mask = values.length - 1;
    let at = this.#first(key);
    while (values[at] !== 0 && keys[at] !== key) at = (at + 1) & mask;
    return at;
  }

  #first(key: number): number {
    const mixed = key < HIGH ? key | 0 : (key | 0) ^ Math.floor(key / HIGH);
    return Math.imul(mixed, SPREAD) >>> this.#shift;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Float64Array(keys.length * 2);
    this.#values = new Int32Array(values.length * 2);
    this.#shift--;
    for (let at = 0; at < values.length; at++) {
      if (values[at] === 0) continue;
      const place = this.#place(keys[at]);
      this.#keys[place] = keys[at];
      this.#values[place] = values[at];
    }
  }
}
