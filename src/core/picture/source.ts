import type { Cell } from '../map/cell.js';
import { CHUNK, CHUNK_BITS, type ClusterMap } from '../map/clusterMap.js';
import type { Stretch } from './stretch.js';
import { DOMINANT_MASK, maskOfValue } from './tile.js';

/** The cell of one cluster in one number: glyph, and the presence mask above it (see tile.ts). */
export type Packed = number;

export const packed = (glyph: number, mask: number): Packed => glyph | (mask << 8);
export const glyphOf = (cell: Packed): number => cell & 0xff;
export const maskOf = (cell: Packed): number => cell >>> 8;

/** The cell of a cluster that has one value, by glyph. */
export const packedGlyph = (glyph: number): Packed =>
  packed(glyph, maskOfValue(glyph & DOMINANT_MASK));

/** What a picture is made from: one cell for each cluster, in chunks of CHUNK clusters. */
export interface PictureSource {
  readonly clusters: number;
  /** By value: see reduce.ts. */
  readonly ranks: Uint8Array;
  /** The cell that all clusters of a chunk share; undefined when they differ. */
  uniform(chunk: number): Packed | undefined;
  /** The cells of clusters [from, to) of a chunk, to the start of `target`. */
  read(chunk: number, from: number, to: number, target: Uint32Array): void;
}

/** A picture of a cluster map: each of its cells gives one of the picture's. */
export class MapSource implements PictureSource {
  readonly clusters: number;
  readonly ranks: Uint8Array;
  readonly #map: ClusterMap;
  readonly #pack: (cell: Cell) => Packed;

  /** @param clusters the first ones, that are shown */
  constructor(
    map: ClusterMap,
    ranks: Uint8Array,
    pack: (cell: Cell) => Packed,
    clusters = map.clusters,
  ) {
    this.clusters = clusters;
    this.ranks = ranks;
    this.#map = map;
    this.#pack = pack;
  }

  uniform(index: number): Packed | undefined {
    const chunk = this.#map.chunk(index);
    return typeof chunk === 'number' ? this.#pack(chunk) : undefined;
  }

  read(index: number, from: number, to: number, target: Uint32Array): void {
    const chunk = this.#map.chunk(index);
    if (typeof chunk === 'number') {
      target.fill(this.#pack(chunk), 0, to - from);
      return;
    }
    let last = chunk[from];
    let cell = this.#pack(last);
    for (let i = from; i < to; i++) {
      if (chunk[i] !== last) {
        last = chunk[i];
        cell = this.#pack(last);
      }
      target[i - from] = cell;
    }
  }
}

/** How many clusters of [first, end) have each value. Yields the part done, 0 … 1. */
export function* countValues(
  source: PictureSource,
  { first, end }: Stretch = { first: 0, end: source.clusters },
): Generator<number, number[]> {
  const counts = new Array<number>(32).fill(0);
  const cells = new Uint32Array(CHUNK);
  const last = Math.min(end, source.clusters);
  for (let from = first; from < last;) {
    const index = Math.floor(from / CHUNK);
    const to = Math.min(last, (index + 1) * CHUNK);
    const uniform = source.uniform(index);
    if (uniform !== undefined) counts[uniform & DOMINANT_MASK] += to - from;
    else {
      source.read(index, from - index * CHUNK, to - index * CHUNK, cells);
      for (let i = 0; i < to - from; i++) counts[cells[i] & DOMINANT_MASK]++;
    }
    if ((index & 0xff) === 0) yield (from - first) / (last - first);
    from = to;
  }
  return counts;
}

/** The cell of one cluster. */
export function cellAt(source: PictureSource, cluster: number): Packed {
  const at = cluster & (CHUNK - 1);
  source.read(cluster >>> CHUNK_BITS, at, at + 1, one);
  return one[0];
}

const one = new Uint32Array(1);
