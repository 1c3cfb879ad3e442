/** Sets that are told apart: a hostile image may have any number of them. */
const MAX_SETS = 2 ** 20;
/** Unions that are remembered. */
const MAX_UNIONS = 2 ** 18;

/** The set of no owners. */
export const NOBODY = 0;

/**
 * Sets of owners, numbered from 1 on: a set is another one and an owner greater than all in that
 * one. Images have few sets, since snapshots share what was there when they were taken.
 */
export class OwnerSets {
  /** By set: what is left without its greatest owner; that owner; its least owner; how many. */
  readonly #rests: number[] = [NOBODY];
  readonly #greatest: number[] = [-1];
  readonly #least: number[] = [-1];
  readonly #counts: number[] = [0];
  /** By set and owner. */
  readonly #added = new Map<number, number>();
  /** By two sets. */
  readonly #unions = new Map<number, number>();

  /** Sets there are, the empty one among them. */
  get size(): number {
    return this.#counts.length;
  }

  count(set: number): number {
    return this.#counts[set];
  }

  /** The least owner; -1 of the empty set. */
  least(set: number): number {
    return this.#least[set];
  }

  /** Whether all owners of a set are among some. */
  isWithin(set: number, owners: { has(owner: number): boolean }): boolean {
    for (let rest = set; rest !== NOBODY; rest = this.#rests[rest])
      if (!owners.has(this.#greatest[rest])) return false;
    return true;
  }

  /** The set with an owner, a whole number below 2^20. Throws when there are too many sets. */
  with(set: number, owner: number): number {
    return owner > this.#greatest[set]
      ? this.#append(set, owner)
      : this.union(set, this.#append(NOBODY, owner));
  }

  /** Throws when there are too many sets. */
  union(a: number, b: number): number {
    if (a === b || b === NOBODY) return a;
    if (a === NOBODY) return b;
    const key = Math.min(a, b) * MAX_SETS + Math.max(a, b);
    const known = this.#unions.get(key);
    if (known !== undefined) return known;
    const made = this.#merge(a, b);
    if (this.#unions.size === MAX_UNIONS) this.#unions.clear();
    this.#unions.set(key, made);
    return made;
  }

  #merge(a: number, b: number): number {
    const owners: number[] = [];
    let [one, other] = [a, b];
    // Down to what both have in common.
    while (one !== other) {
      const greatest = Math.max(this.#greatest[one], this.#greatest[other]);
      owners.push(greatest);
      if (this.#greatest[one] === greatest) one = this.#rests[one];
      if (this.#greatest[other] === greatest) other = this.#rests[other];
    }
    return owners.reduceRight((set, owner) => this.#append(set, owner), one);
  }

  #append(set: number, owner: number): number {
    const key = set * MAX_SETS + owner;
    const known = this.#added.get(key);
    if (known !== undefined) return known;
    const made = this.#counts.length;
    if (made === MAX_SETS)
      throw new Error('the snapshots share clusters in more ways than can be told apart');
    this.#rests.push(set);
    this.#greatest.push(owner);
    this.#least.push(set === NOBODY ? owner : this.#least[set]);
    this.#counts.push(this.#counts[set] + 1);
    this.#added.set(key, made);
    return made;
  }
}
