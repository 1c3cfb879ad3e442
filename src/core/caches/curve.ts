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
export function hitsAt({ bytes, hits }: Curve, size: number): number {
  let low = 0;
  let high = bytes.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (bytes[middle] <= size) low = middle;
    else high = middle - 1;
  }
  return hits.length === 0 ? 0 : hits[low];
}

/** What the best size finds. */
export const mostHits = ({ hits }: Curve): number =>
  hits.reduce((most, value) => Math.max(most, value), 0);

/** The smallest size that finds so many. */
export function leastBytes({ bytes, hits }: Curve, wanted: number): number {
  const index = hits.findIndex((value) => value >= wanted);
  return bytes[Math.max(0, index)] ?? 0;
}
