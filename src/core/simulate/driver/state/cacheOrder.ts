import type { CacheEntry } from './cacheEntry.js';

const NONE = -1;
const OUTSIDE = -2;
const FIRST_ROOM = 64;

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
  /** The others by their place, and the places of their neighbours; -1 for none, -2 outside the row. */
  readonly #entries: CacheEntry[] = [];
  #older = new Int32Array(FIRST_ROOM).fill(OUTSIDE);
  #newer = new Int32Array(FIRST_ROOM).fill(OUTSIDE);
  #oldest = NONE;
  #newest = NONE;

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
    let place = this.#oldest;
    while (place !== NONE && this.#entries[place].references > 0) place = this.#newer[place];
    return place === NONE ? undefined : this.#entries[place];
  }

  /** The slot was given back just now. */
  moveToEnd(entry: CacheEntry): void {
    const place = entry.place < 0 ? this.#give(entry) : entry.place;
    if (this.#newest === place) return;
    this.#unlink(place);
    this.#older[place] = this.#newest;
    this.#newer[place] = NONE;
    if (this.#newest === NONE) this.#oldest = place;
    else this.#newer[this.#newest] = place;
    this.#newest = place;
  }

  /** The slot is empty again. */
  reopen(entry: CacheEntry): void {
    if (entry.place >= 0) this.#unlink(entry.place);
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

  #give(entry: CacheEntry): number {
    const place = this.#entries.push(entry) - 1;
    entry.place = place;
    if (place === this.#older.length) {
      this.#older = longer(this.#older);
      this.#newer = longer(this.#newer);
    }
    return place;
  }

  #unlink(place: number): void {
    const older = this.#older[place];
    const newer = this.#newer[place];
    if (older === OUTSIDE) return;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    this.#older[place] = this.#newer[place] = OUTSIDE;
  }
}

function longer(places: Int32Array): Int32Array<ArrayBuffer> {
  const all = new Int32Array(places.length * 2).fill(OUTSIDE);
  all.set(places);
  return all;
}
