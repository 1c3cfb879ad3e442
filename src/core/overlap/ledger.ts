/**
 * The accounted memory: what the reference's book-keeping says it uses. It is not always what it
 * uses (see MetadataList.memory).
 */
export class Ledger {
  /** Bytes allowed. */
  readonly limit: number;
  #used = 0;
  #peak = 0;
  #leastRefused = Infinity;

  constructor(limit: number) {
    this.limit = limit;
  }

  clone(): Ledger {
    const copy = new Ledger(this.limit);
    copy.#used = this.#used;
    copy.#peak = this.#peak;
    copy.#leastRefused = this.#leastRefused;
    return copy;
  }

  /** Bytes accounted for. */
  get used(): number {
    return this.#used;
  }

  /** The most that was ever accounted for. */
  get peak(): number {
    return this.#peak;
  }

  /**
   * The smallest total that was ever refused. Under every limit from `limit` up to, but without,
   * this one all requests so far would have been answered alike.
   */
  get leastRefused(): number {
    return this.#leastRefused;
  }

  /** Accounts for more, unless that would pass the limit. */
  request(bytes: number): boolean {
    const total = this.#used + bytes;
    if (total > this.limit) {
      if (total < this.#leastRefused) this.#leastRefused = total;
      return false;
    }
    this.#used = total;
    if (total > this.#peak) this.#peak = total;
    return true;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }
}
