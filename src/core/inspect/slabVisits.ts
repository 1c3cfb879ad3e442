import { SLAB } from '../map/clusterMap.js';

/** Visits that are put aside before they are made. */
const ENOUGH = 2 ** 18;
const SLAB_BITS = 31 - Math.clz32(SLAB);

/**
 * Visits to clusters all over a file, in an order that does not matter: they are put aside and made
 * slab by slab, so that what is kept of a slab's clusters is in the processor's cache meanwhile. One
 * by one, each visit costs a wait for memory.
 */
export class ScatteredVisits {
  readonly #visit: (cluster: number, payload: number) => void;
  readonly #clusters = new Int32Array(ENOUGH);
  readonly #payloads = new Int32Array(ENOUGH);
  /** Numbers of the visits put aside, by slab. */
  readonly #order = new Int32Array(ENOUGH);
  /** Where each slab's visits begin in `#order`. */
  readonly #starts: Uint32Array;
  #count = 0;

  /** `clusters`: of the file. `visit` is called with what `add` was told. */
  constructor(clusters: number, visit: (cluster: number, payload: number) => void) {
    this.#visit = visit;
    this.#starts = new Uint32Array(Math.ceil(clusters / SLAB) + 1);
  }

  /** A visit to a cluster of the file, with a number below 2^31. */
  add(cluster: number, payload: number): void {
    this.#clusters[this.#count] = cluster;
    this.#payloads[this.#count] = payload;
    if (++this.#count === ENOUGH) this.flush();
  }

  /** Makes all visits that have been put aside. */
  flush(): void {
    const clusters = this.#clusters;
    const payloads = this.#payloads;
    const order = this.#order;
    const starts = this.#starts.fill(0);
    const count = this.#count;
    this.#count = 0;
    for (let i = 0; i < count; i++) starts[(clusters[i] >>> SLAB_BITS) + 1]++;
    for (let slab = 1; slab < starts.length; slab++) starts[slab] += starts[slab - 1];
    for (let i = 0; i < count; i++) order[starts[clusters[i] >>> SLAB_BITS]++] = i;
    for (let i = 0; i < count; i++) this.#visit(clusters[order[i]], payloads[order[i]]);
  }
}
