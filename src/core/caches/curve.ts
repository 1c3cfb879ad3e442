import type { StackDistances } from './stackDistances.js';

/** How many look-ups find their table, by the size of the cache. Each holds up to the next. */
export interface Curve {
  /** Ascending. */
  readonly bytes: Float64Array;
  readonly hits: Float64Array;
  readonly lookups: number;
  /** Why a cache of another size might count otherwise; empty: the curve is exact. */
  readonly doubts: readonly string[];
}

/** A curve of few points, as it is sent: between them it may be a little below the whole one. */
export interface ThinCurve {
  readonly bytes: readonly number[];
  readonly hits: readonly number[];
  readonly lookups: number;
  readonly doubts: readonly string[];
}

/** Part of a curve: entries of one size, and numbers of them. */
export interface Stretch {
  readonly distances: StackDistances;
  readonly entryBytes: number;
  readonly leastSlots: number;
  /** Sizes below. */
  readonly below: number;
}

/** Puts stretches one behind the other: QEMU takes other entries from a size on. */
export function curveOf(stretches: readonly Stretch[], doubts: readonly string[]): Curve {
  const bytes: number[] = [];
  const hits: number[] = [];
  let from = 0;
  for (const { distances, entryBytes, leastSlots, below } of stretches) {
    const found = distances.hitsBySlots();
    const least = Math.max(leastSlots, Math.ceil(from / entryBytes));
    const most = Math.max(least, Math.min(found.length - 1, Math.ceil(below / entryBytes) - 1));
    for (let slots = least; slots <= most; slots++) {
      const value = found[Math.min(slots, found.length - 1)];
      if (slots > least && value === hits[hits.length - 1]) continue;
      // The least cache has its slots however small it is asked to be.
      const size = slots * entryBytes;
      bytes.push(slots > least || (size >= from && size < below) ? size : from);
      hits.push(value);
    }
    from = below;
  }
  const [last] = stretches.slice(-1);
  return {
    bytes: Float64Array.from(bytes),
    hits: Float64Array.from(hits),
    lookups: last.distances.lookUps,
    doubts,
  };
}

/** Look-ups that find their table in a cache of so many bytes. */
export const hitsAt = ({ bytes, hits }: Curve | ThinCurve, size: number): number =>
  hits.length === 0 ? 0 : hits[indexAt(bytes, size)];

/** The last point of at most a size; the first one for less than any. */
function indexAt(bytes: ArrayLike<number>, size: number): number {
  let low = 0;
  let high = bytes.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (bytes[middle] <= size) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What the best size finds. */
export const mostHits = ({ hits }: Curve): number =>
  hits.reduce((most, value) => Math.max(most, value), 0);

/** The smallest size that finds so many. */
export function leastBytes({ bytes, hits }: Curve, wanted: number): number {
  const index = hits.findIndex((value) => value >= wanted);
  return bytes[Math.max(0, index)] ?? 0;
}

/** Of the points that stay, this part may be there for the changes. */
const CHANGES_SHARE = 2;

/**
 * A curve of at most so many points: those of the sizes named and the ones before them, the ends, the
 * largest changes, and of the others those that are about as far apart in doublings of the size.
 */
export function thinned(curve: Curve, most: number, sizes: readonly number[]): ThinCurve {
  const { bytes, hits, lookups, doubts } = curve;
  const last = bytes.length - 1;
  if (last < most) return { bytes: [...bytes], hits: [...hits], lookups, doubts };
  const kept = new Set([0, last]);
  for (const size of sizes) {
    const at = indexAt(bytes, size);
    kept.add(at).add(Math.max(0, at - 1));
  }
  const change = (index: number): number => Math.abs(hits[index] - hits[index - 1]);
  const byChange = Array.from({ length: last }, (_, index) => index + 1).sort(
    (a, b) => change(b) - change(a),
  );
  const range = mostHits(curve) - hits.reduce((least, value) => Math.min(least, value), Infinity);
  for (const index of byChange) {
    if (kept.size + 2 > most / CHANGES_SHARE || change(index) * most < range) break;
    kept.add(index).add(index - 1);
  }
  const from = Math.log2(Math.max(1, bytes[0]));
  const doublings = Math.log2(Math.max(1, bytes[last])) - from;
  const room = most - kept.size;
  for (let step = 1; step <= room; step++)
    kept.add(indexAt(bytes, 2 ** (from + (doublings * step) / (room + 1))));
  const indexes = [...kept].sort((a, b) => a - b);
  return {
    bytes: indexes.map((index) => bytes[index]),
    hits: indexes.map((index) => hits[index]),
    lookups,
    doubts,
  };
}
