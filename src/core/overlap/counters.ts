/** What happened to the structures so far, and how many of each thing they have. */
export interface Counters {
  /** Uses of a window that had its bitmap, and of one that had not. */
  hits: number;
  misses: number;
  /** Bitmaps turned out of the cache; of these, written anew as fragments. */
  evictions: number;
  conversions: number;
  /** Conversions that would not pay: their bitmaps stay for good. */
  kept: number;
  /** Refused requests for memory. */
  events: number;
  /** Removals that dropped a window's list, for want of memory. */
  drops: number;
  /** Bitmaps there are now, the kept ones included. */
  bitmaps: number;
  /** Fragments allocated now. */
  allocatedFragments: number;
}

export function createCounters(): Counters {
  return {
    hits: 0,
    misses: 0,
    evictions: 0,
    conversions: 0,
    kept: 0,
    events: 0,
    drops: 0,
    bitmaps: 0,
    allocatedFragments: 0,
  };
}
