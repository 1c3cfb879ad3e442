import {
  CHUNK,
  CHUNK_BITS,
  FEW_IN_SLAB,
  RECENT_BYTES,
  SLAB,
  slabBytes,
} from '../map/clusterMap.js';
import { RUNS } from '../map/packedChunks.js';

/** What is kept of a chunk: how many borders it has, and where they are. */
const RECORD = RUNS;
const MAX_BORDERS = RUNS - 1;
/** A chunk with more borders than it can be packed with. */
const OPEN = -1;
const NO_RECORDS = 64;

/**
 * What memory a map would take, by the borders between unlike clusters. Cells may turn out alike on
 * both sides of one, so it is that much or less.
 */
export class ChunkNeed {
  readonly #clusters: number;
  /** By chunk: the number of its record and one more, 0 if it has no borders, or OPEN. */
  readonly #chunks: Int32Array;
  #records = new Uint16Array(NO_RECORDS * RECORD);
  #used = 0;
  /** By slab: all of it is written to at once. */
  readonly #whole: Uint8Array;
  /** By slab: single clusters since the last `endBatch`. */
  readonly #singles: Uint16Array;

  constructor(clusters: number) {
    this.#clusters = clusters;
    this.#chunks = new Int32Array(Math.ceil((clusters + 1) / CHUNK));
    const slabs = Math.ceil((clusters + 1) / SLAB);
    this.#whole = new Uint8Array(slabs);
    this.#singles = new Uint16Array(slabs);
  }

  /** Something lies in the clusters [from, to). */
  put(from: number, to: number): void {
    this.border(from);
    this.border(to);
  }

  /** Something begins, or ends, with a cluster. */
  border(cluster: number): void {
    const at = cluster % CHUNK;
    if (at === 0 || cluster > this.#clusters) return;
    const chunk = Math.floor(cluster / CHUNK);
    const known = this.#chunks[chunk];
    if (known === OPEN) return;
    const record = known === 0 ? this.#newRecord(chunk) : known - 1;
    const first = record * RECORD;
    const count = this.#records[first];
    for (let i = 1; i <= count; i++) if (this.#records[first + i] === at) return;
    if (count === MAX_BORDERS) {
      this.#chunks[chunk] = OPEN;
      return;
    }
    this.#records[first] = count + 1;
    this.#records[first + count + 1] = at;
  }

  /** An entry of a table of scattered clusters refers to one. */
  single(cluster: number): void {
    const slab = Math.floor(cluster / SLAB);
    if (this.#whole[slab] === 0 && ++this.#singles[slab] === FEW_IN_SLAB) this.#whole[slab] = 1;
  }

  /** What is put aside of such tables is counted. */
  endBatch(): void {
    this.#singles.fill(0);
  }

  #newRecord(chunk: number): number {
    if ((this.#used + 1) * RECORD > this.#records.length) {
      const records = new Uint16Array(this.#records.length * 2);
      records.set(this.#records);
      this.#records = records;
    }
    this.#chunks[chunk] = this.#used + 1;
    return this.#used++;
  }

  /** Beside those of a map whose clusters are all alike. */
  bytes(): number {
    let bytes = RECENT_BYTES;
    const step = SLAB >>> CHUNK_BITS;
    for (let slab = 0; slab < this.#whole.length; slab++) {
      let packed = 0;
      let open = this.#whole[slab] === 1 ? step : 0;
      for (const chunk of this.#chunks.subarray(slab * step, (slab + 1) * step))
        if (chunk === OPEN) open++;
        else if (chunk !== 0) packed++;
      bytes += slabBytes(packed, open);
    }
    return bytes;
  }
}
