import { chunkOf } from './referenceCounts.js';

/** Clusters that are put in order together: many for each chunk of counts. */
const BATCH = 2 ** 21;
/** Pairs of neighbours in an L2 table that are looked at to guess how it is laid out. */
const PAIRS = 32;

/**
 * Clusters met in any order, to be gone through chunk by chunk: counts far apart in memory are waited
 * for one by one. A value is a cluster, and a flag in bit 31.
 */
export class ClusterBatch {
  readonly #values = new Uint32Array(BATCH);
  readonly #sorted = new Uint32Array(BATCH);
  readonly #starts: Uint32Array;
  #length = 0;

  /** @param clusters of the file */
  constructor(clusters: number) {
    this.#starts = new Uint32Array(chunkOf(clusters) + 2);
  }

  /** Whether so many more fit. */
  hasRoom(values: number): boolean {
    return this.#length + values <= BATCH;
  }

  add(value: number): void {
    this.#values[this.#length++] = value;
  }

  /** Takes all out, sorted by chunk; what comes back is used again by the next call. */
  take(): Uint32Array {
    const values = this.#values;
    const sorted = this.#sorted;
    const starts = this.#starts;
    const length = this.#length;
    starts.fill(0);
    for (let i = 0; i < length; i++) starts[chunkOf(values[i] & 0x7fffffff) + 1]++;
    for (let chunk = 1; chunk < starts.length; chunk++) starts[chunk] += starts[chunk - 1];
    for (let i = 0; i < length; i++) sorted[starts[chunkOf(values[i] & 0x7fffffff)]++] = values[i];
    this.#length = 0;
    return sorted.subarray(0, length);
  }
}

/** Whether most entries of a standard table refer to a cluster that does not follow the one before: a guess. */
export function isScattered(view: DataView, entries: number, clusterBits: number): boolean {
  let scattered = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    const at = Math.floor((pair * entries) / PAIRS) * 8;
    const low = view.getUint32(at + 4);
    const next = view.getUint32(at + 12);
    if (low !== 0 && next !== 0 && next >>> clusterBits !== (low >>> clusterBits) + 1) scattered++;
  }
  return scattered > PAIRS / 2;
}
