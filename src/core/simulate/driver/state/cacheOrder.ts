import type { CacheEntry } from './cacheEntry.js';

/**
 * Which slot a table gets: the first empty one from a start on; else the one that was given back
 * longest ago and is not in use. QEMU looks at every slot for that (qcow2_cache_do_get); here the
 * empty ones are skipped and the others stand in a row.
 */
export class CacheOrder {
  readonly #slots: number;
  /** Of a slot that was taken: where to look further for one that was not. */
  readonly #next = new Map<number, number>();
  /** Slots that were taken, and are empty again. */
  readonly #reopened = new Set<CacheEntry>();
  #oldest: CacheEntry | undefined;
  #newest: CacheEntry | undefined;

  constructor(slots: number) {
    this.#slots = slots;
  }

  /** The first empty slot from `start` on, and around: its number if it was never taken. */
  takeEmpty(start: number): CacheEntry | number | undefined {
    let best: CacheEntry | number | undefined = this.#neverTaken(start);
    let distance = best === undefined ? Infinity : this.#distance(start, best);
    for (const entry of this.#reopened) {
      const behind = this.#distance(start, entry.slot);
      if (behind < distance) [best, distance] = [entry, behind];
    }
    if (typeof best === 'number') this.#next.set(best, best + 1);
    else if (best) this.#reopened.delete(best);
    return best;
  }

  /** The slot that was given back longest ago of those that nobody uses. */
  oldestFree(): CacheEntry | undefined {
    let entry = this.#oldest;
    while (entry && entry.references > 0) entry = entry.newer;
    return entry;
  }

  /** The slot was given back just now. */
  moveToEnd(entry: CacheEntry): void {
    if (this.#newest === entry) return;
    this.#unlink(entry);
    entry.older = this.#newest;
    if (this.#newest) this.#newest.newer = entry;
    else this.#oldest = entry;
    this.#newest = entry;
  }

  /** The slot is empty again. */
  reopen(entry: CacheEntry): void {
    this.#unlink(entry);
    this.#reopened.add(entry);
  }

  #neverTaken(start: number): number | undefined {
    if (this.#next.size >= this.#slots) return undefined;
    const behind = this.#find(start);
    if (behind < this.#slots) return behind;
    const before = this.#find(0);
    return before < this.#slots ? before : undefined;
  }

  /** The first slot from one on that was never taken; all on the way are led straight to it. */
  #find(start: number): number {
    let end = start;
    for (let next = this.#next.get(end); next !== undefined; next = this.#next.get(end)) end = next;
    for (let at = start; at !== end;) {
      const next = this.#next.get(at) ?? end;
      this.#next.set(at, end);
      at = next;
    }
    return end;
  }

  #distance(start: number, slot: number): number {
    return slot >= start ? slot - start : slot - start + this.#slots;
  }

  #unlink(entry: CacheEntry): void {
    if (entry.older) entry.older.newer = entry.newer;
    else if (this.#oldest === entry) this.#oldest = entry.newer;
    if (entry.newer) entry.newer.older = entry.older;
    else if (this.#newest === entry) this.#newest = entry.older;
    entry.older = entry.newer = undefined;
  }
}
