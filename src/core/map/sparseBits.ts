const CHUNK_BITS = 16;
const CHUNK = 2 ** CHUNK_BITS;

/** A set of clusters of a file that may grow to any length: what has none costs nothing, what has all hardly anything. */
export class SparseBits {
  readonly #chunks = new Map<number, Uint32Array | 'full'>();

  /** Adds [from, to). */
  add(from: number, to: number): void {
    for (let at = from; at < to;) {
      const index = Math.floor(at / CHUNK);
      const start = index * CHUNK;
      const end = Math.min(to, start + CHUNK);
      const known = this.#chunks.get(index);
      if (at === start && end === start + CHUNK) this.#chunks.set(index, 'full');
      else if (known !== 'full') {
        const words = known ?? new Uint32Array(CHUNK / 32);
        if (known === undefined) this.#chunks.set(index, words);
        for (let bit = at - start; bit < end - start; bit++) words[bit >>> 5] |= 1 << (bit & 31);
      }
      at = end;
    }
  }

  has(cluster: number): boolean {
    return this.next(cluster, cluster + 1) === cluster;
  }

  /** The first one in [from, to); `to` if there is none. */
  next(from: number, to: number): number {
    if (this.#chunks.size === 0) return to;
    for (let at = from; at < to;) {
      const index = Math.floor(at / CHUNK);
      const start = index * CHUNK;
      const end = Math.min(to, start + CHUNK);
      const words = this.#chunks.get(index);
      if (words === 'full') return at;
      if (words !== undefined)
        for (let bit = at - start; bit < end - start;) {
          const rest = words[bit >>> 5] >>> (bit & 31);
          if (rest === 0) bit = ((bit >>> 5) + 1) * 32;
          else {
            const found = bit + 31 - Math.clz32(rest & -rest);
            return found < end - start ? start + found : to;
          }
          if (start + bit >= to) return to;
        }
      at = end;
    }
    return to;
  }

  /** Runs [from, to), ascending; a long one in pieces. */
  *runs(): Generator<{ readonly from: number; readonly to: number }> {
    for (const index of [...this.#chunks.keys()].sort((a, b) => a - b)) {
      const end = (index + 1) * CHUNK;
      if (this.#chunks.get(index) === 'full') yield { from: index * CHUNK, to: end };
      else
        for (let from = this.next(index * CHUNK, end); from < end;) {
          let to = from + 1;
          while (to < end && this.has(to)) to++;
          yield { from, to };
          from = this.next(to, end);
        }
    }
  }
}
