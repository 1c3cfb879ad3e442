/** Clusters as runs [from, to), added in ascending order. */
export class ClusterRuns {
  readonly #ends: number[] = [];
  /** Clusters in all runs. */
  clusters = 0;

  add(cluster: number): void {
    this.clusters++;
    const last = this.#ends.length - 1;
    if (this.#ends[last] === cluster) this.#ends[last]++;
    else this.#ends.push(cluster, cluster + 1);
  }

  /** The lowest cluster; undefined of none. */
  get first(): number | undefined {
    return this.#ends[0];
  }

  has(cluster: number): boolean {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle] <= cluster) low = middle + 1;
      else high = middle;
    }
    // Behind the begin of a run, and not yet behind its end.
    return low % 2 === 1;
  }

  /** The runs, ascending. */
  *runs(): Generator<{ readonly from: number; readonly to: number }> {
    for (let at = 0; at < this.#ends.length; at += 2)
      yield { from: this.#ends[at], to: this.#ends[at + 1] };
  }

  *each(): Generator<number> {
    for (const { from, to } of this.runs())
      for (let cluster = from; cluster < to; cluster++) yield cluster;
  }
}
