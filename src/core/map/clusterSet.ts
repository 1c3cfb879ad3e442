/** A set of clusters, a bit each: an eighth of a byte a cluster, of which the system keeps what is used. */
export class ClusterBits {
  readonly #words: Uint32Array;

  /** The empty set of clusters below `clusters`. */
  constructor(clusters: number) {
    this.#words = new Uint32Array(Math.ceil(clusters / 32));
  }

  has(cluster: number): boolean {
    return ((this.#words[cluster >>> 5] >>> (cluster & 31)) & 1) === 1;
  }

  add(cluster: number): void {
    this.#words[cluster >>> 5] |= 1 << (cluster & 31);
  }

  /** Runs of clusters [from, to) in the set, ascending. */
  *runs(): Generator<{ readonly from: number; readonly to: number }> {
    let from = -1;
    for (const [index, word] of this.#words.entries()) {
      if (word === (from < 0 ? 0 : 0xffffffff)) continue;
      for (let bit = 0; bit < 32; bit++) {
        const isIn = ((word >>> bit) & 1) === 1;
        if (isIn === from >= 0) continue;
        const cluster = index * 32 + bit;
        if (!isIn) yield { from, to: cluster };
        from = isIn ? cluster : -1;
      }
    }
    if (from >= 0) yield { from, to: this.#words.length * 32 };
  }
}
