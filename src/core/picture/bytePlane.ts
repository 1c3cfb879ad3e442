import { CHUNK, CHUNK_BITS } from '../map/clusterMap.js';
import { type Packed, packedGlyph, type PictureSource } from './source.js';

/** Bytes that the chunks of a plane may take: enough for 268 million clusters that all differ. */
const DEFAULT_BUDGET = 2 ** 28;

/** Raised when a hostile image would make a plane larger than its budget. */
class PlaneBudgetError extends Error {}

const PACKED = Uint32Array.from({ length: 256 }, (_, glyph) => packedGlyph(glyph));

/**
 * One glyph (see tile.ts) for each cluster of a file or of a disk, for pictures that must be
 * computed. A chunk whose clusters are all alike costs one value.
 */
export class BytePlane implements PictureSource {
  readonly clusters: number;
  readonly ranks: Uint8Array;
  readonly #chunks: (number | Uint8Array)[];
  #chunksLeft: number;

  /** All clusters have `glyph` to begin with. `budget`: bytes. */
  constructor(clusters: number, ranks: Uint8Array, glyph: number, budget = DEFAULT_BUDGET) {
    this.clusters = clusters;
    this.ranks = ranks;
    this.#chunks = new Array<number | Uint8Array>(Math.ceil(clusters / CHUNK)).fill(glyph);
    this.#chunksLeft = Math.floor(budget / CHUNK);
  }

  glyph(cluster: number): number {
    const chunk = this.#chunks[cluster >>> CHUNK_BITS];
    return typeof chunk === 'number' ? chunk : chunk[cluster & (CHUNK - 1)];
  }

  uniform(index: number): Packed | undefined {
    const chunk = this.#chunks[index];
    return typeof chunk === 'number' ? PACKED[chunk] : undefined;
  }

  read(index: number, from: number, to: number, target: Uint32Array): void {
    const chunk = this.#chunks[index];
    if (typeof chunk === 'number') target.fill(PACKED[chunk], 0, to - from);
    else for (let i = from; i < to; i++) target[i - from] = PACKED[chunk[i]];
  }

  /** Gives one cluster a glyph. Throws PlaneBudgetError, as the other writers do. */
  set(cluster: number, glyph: number): void {
    const index = cluster >>> CHUNK_BITS;
    let chunk = this.#chunks[index];
    if (typeof chunk === 'number') {
      if (chunk === glyph) return;
      chunk = this.#writable(index, chunk);
    }
    chunk[cluster & (CHUNK - 1)] = glyph;
  }

  /** Gives the clusters [from, to) a glyph. */
  fill(from: number, to: number, glyph: number): void {
    this.#write(from, to, () => glyph, glyph);
  }

  /** Gives the clusters [from, to) a glyph unless they have a greater one. */
  raise(from: number, to: number, glyph: number): void {
    this.#write(from, to, (before) => Math.max(before, glyph));
  }

  /** Gives each of the clusters [from, to) the glyph that `next` has in the place of its own. */
  replace(from: number, to: number, next: Uint8Array): void {
    this.#write(from, to, (before) => next[before]);
  }

  /** `whole`: the glyph that comes out for every one before, if it is known. */
  #write(from: number, to: number, next: (before: number) => number, whole?: number): void {
    for (let start = from; start < to;) {
      const index = start >>> CHUNK_BITS;
      const at = start & (CHUNK - 1);
      const end = Math.min(CHUNK, at + to - start);
      const chunk = this.#chunks[index];
      const all = at === 0 && (end === CHUNK || start + end === this.clusters);
      if (typeof chunk === 'number') {
        const glyph = next(chunk);
        if (all) this.#chunks[index] = glyph;
        else if (glyph !== chunk) this.#writable(index, chunk).fill(glyph, at, end);
      } else if (whole !== undefined) {
        if (all) this.#chunks[index] = whole;
        else chunk.fill(whole, at, end);
      } else for (let i = at; i < end; i++) chunk[i] = next(chunk[i]);
      start += end - at;
    }
  }

  /** The clusters of a chunk of that glyph, to write to. */
  #writable(index: number, glyph: number): Uint8Array {
    if (this.#chunksLeft <= 0)
      throw new PlaneBudgetError('the picture of this image is larger than its budget');
    this.#chunksLeft--;
    const made = new Uint8Array(CHUNK);
    if (glyph !== 0) made.fill(glyph);
    this.#chunks[index] = made;
    return made;
  }
}

/** Writes stretches that continue one another together, so that whole chunks stay one value. */
export class PlaneWriter {
  readonly #write: (from: number, to: number, glyph: number) => void;
  #from = 0;
  #to = 0;
  #glyph = 0;

  constructor(write: (from: number, to: number, glyph: number) => void) {
    this.#write = write;
  }

  put(from: number, to: number, glyph: number): void {
    if (from === this.#to && glyph === this.#glyph) {
      this.#to = to;
      return;
    }
    this.flush();
    this.#from = from;
    this.#to = to;
    this.#glyph = glyph;
  }

  /** To be called at the end. */
  flush(): void {
    if (this.#to > this.#from) this.#write(this.#from, this.#to, this.#glyph);
    this.#from = this.#to;
  }
}
