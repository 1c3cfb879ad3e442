import type { ParseResult } from '../size.js';
import { BitmapCache } from './bitmapCache.js';
import type { CheckEngine, MetadataSink } from './checkEngine.js';
import { BITMAP_BYTES, FRAGMENT_BYTES, grownAllocation, shrinks } from './fragments.js';
import { Ledger } from './ledger.js';
import { heldBytes, LIST_BYTES, type MemoryUse, SLOT_BYTES, WINDOW_BYTES } from './memory.js';
import type { MemoryEvent } from './memoryEvent.js';
import { createCounters, type Counters } from './counters.js';
import type { LimitPolicy, StructureGeometry, StructureSettings } from './settings.js';
import { WINDOW_SIZE } from './typeRuns.js';
import { STRUCTURE_TYPES, type TypeSet } from './types.js';
import { DROPPED, HAS_BITMAP, KEPT, MODIFIED, WindowTable } from './windowTable.js';

/**
 * The metadata list of the series "qcow2: Add new overlap check functions": the types of every
 * host cluster, in windows of 4096, each as fragments or, while it is cached, as a bitmap (the
 * reference's word for 4096 type bytes). Equal to the reference in every number it shows: its
 * accounted memory, cache slots, fragment lists and events.
 */
export class MetadataList implements CheckEngine, MetadataSink {
  readonly guarded: TypeSet;
  readonly policy: LimitPolicy;
  readonly clusterSize: number;
  readonly windows: WindowTable;
  readonly cache: BitmapCache;
  readonly ledger: Ledger;
  readonly counters: Counters;
  /** Told of every refusal. */
  onMemoryEvent: (event: MemoryEvent) => void = () => undefined;
  /** Told of so many uses of a window, one after the other, when it has its bitmap. */
  onUse: ((window: number, uses: number) => void) | undefined;
  #now: number;
  #checks = 0;
  #shrinkSlip = 0;
  #dropSlip = 0;

  private constructor(
    guarded: TypeSet,
    policy: LimitPolicy,
    clusterSize: number,
    parts: {
      readonly windows: WindowTable;
      readonly cache: BitmapCache;
      readonly ledger: Ledger;
      readonly counters: Counters;
      readonly now: number;
    },
  ) {
    this.guarded = guarded;
    this.policy = policy;
    this.clusterSize = clusterSize;
    this.windows = parts.windows;
    this.cache = parts.cache;
    this.ledger = parts.ledger;
    this.counters = parts.counters;
    this.#now = parts.now;
  }

  /** An empty list, or the message with which the image fails to open. */
  static create(
    geometry: StructureGeometry,
    settings: StructureSettings,
  ): ParseResult<MetadataList> {
    const clusterSize = 2 ** geometry.clusterBits;
    const windows = Math.ceil(geometry.fileLength / (clusterSize * WINDOW_SIZE));
    const slots = slotsFor(settings.bitmapSize);
    const ledger = new Ledger(settings.totalSizeLimit);
    const refused = (what: string) => ({ ok: false, message: `Cannot allocate ${what}` }) as const;
    if (!ledger.request(LIST_BYTES)) return refused('metadata list');
    if (!ledger.request(WINDOW_BYTES * windows)) return refused('metadata overlap check windows');
    if (!ledger.request(SLOT_BYTES * slots)) return refused('metadata overlap cache pointers');
    const value = new MetadataList(
      settings.guarded & STRUCTURE_TYPES,
      settings.policy,
      clusterSize,
      {
        windows: new WindowTable(windows),
        cache: new BitmapCache(slots),
        ledger,
        counters: createCounters(),
        now: 1,
      },
    );
    return { ok: true, value };
  }

  /** The same state, independent of this one; without its listener. */
  clone(): MetadataList {
    const copy = new MetadataList(this.guarded, this.policy, this.clusterSize, {
      windows: this.windows.clone(),
      cache: this.cache.clone(),
      ledger: this.ledger.clone(),
      counters: { ...this.counters },
      now: this.#now,
    });
    copy.#checks = this.#checks;
    copy.#shrinkSlip = this.#shrinkSlip;
    copy.#dropSlip = this.#dropSlip;
    return copy;
  }

  /** About how many bytes a clone takes. */
  get byteLength(): number {
    return this.windows.byteLength;
  }

  /** Counts the uses of windows. A window's age is what it was at its last use; 0 is "never". */
  get now(): number {
    return this.#now;
  }

  /** Writes that it was asked about. */
  get checks(): number {
    return this.#checks;
  }

  get windowBytes(): number {
    return this.clusterSize * WINDOW_SIZE;
  }

  /**
   * Metadata of `types` now lies in `clusters` host clusters from the byte `offset` on. An offset
   * off the cluster grid is ignored, as are types that are not guarded.
   */
  enter(offset: number, clusters: number, types: TypeSet): void {
    const entered = types & this.guarded;
    const { windows } = this;
    // Exact, since cluster sizes are powers of two, and several times faster than a remainder.
    let cluster = offset / this.clusterSize;
    if (entered === 0 || cluster !== Math.floor(cluster)) return;
    let left = clusters;
    while (left > 0) {
      const window = Math.floor(cluster / WINDOW_SIZE);
      const start = cluster - window * WINDOW_SIZE;
      const end = Math.min(WINDOW_SIZE, start + left);
      if (window >= windows.count && !this.#growWindows(window, left)) {
        this.#lose(window, cluster + left, entered);
        return;
      }
      const row = windows.row(window);
      if (this.#useBitmap(row, 'enter')) {
        windows.runs.apply(row, start, end, -1, entered);
        this.#touch(row);
        this.onUse?.(window, 1);
        windows.flags[row] |= MODIFIED;
      } else windows.lost[row] |= entered;
      cluster += end - start;
      left -= end - start;
    }
  }

  /**
   * The clusters hold no metadata of `types` any more. When memory is refused, everything known
   * of the window is forgotten: a type must not outlive its removal.
   */
  remove(offset: number, clusters: number, types: TypeSet): void {
    const removed = types & this.guarded;
    if (removed === 0) return;
    const { windows } = this;
    let cluster = Math.floor(offset / this.clusterSize);
    let left = offset % this.clusterSize === 0 ? clusters : clusters + 1;
    while (left > 0) {
      const window = Math.floor(cluster / WINDOW_SIZE);
      if (window >= windows.count) return;
      const start = cluster - window * WINDOW_SIZE;
      const end = Math.min(WINDOW_SIZE, start + left);
      const row = windows.row(window);
      if (this.#useBitmap(row, 'remove')) {
        windows.runs.apply(row, start, end, ~removed, 0);
        this.#touch(row);
        this.onUse?.(window, 1);
        windows.flags[row] |= MODIFIED;
      } else this.#drop(row);
      cluster += end - start;
      left -= end - start;
    }
  }

  /**
   * The types, but for those to be ignored, that a write of `size` bytes at `offset` would touch.
   * Clusters whose window got no bitmap count as clean.
   */
  check(ignore: TypeSet, offset: number, size: number): TypeSet {
    const { windows, clusterSize } = this;
    this.#checks++;
    let cluster = Math.floor(offset / clusterSize);
    const last = Math.ceil((offset + size) / clusterSize);
    let found = 0;
    while (cluster < last) {
      const window = Math.floor(cluster / WINDOW_SIZE);
      if (window >= windows.count) break;
      const row = windows.row(window);
      const windowStart = window * WINDOW_SIZE;
      const end = Math.min(last - windowStart, WINDOW_SIZE);
      // The reference looks at each cluster by itself: a refusal is tried again for the next one.
      while (cluster - windowStart < end && !this.#useBitmap(row, 'check')) cluster++;
      if (cluster - windowStart < end) {
        found |= windows.runs.union(row, cluster - windowStart, end);
        this.counters.hits += windowStart + end - cluster - 1;
        this.#touch(row);
        this.onUse?.(window, windowStart + end - cluster);
      }
      cluster = windowStart + end;
    }
    return found & ~ignore;
  }

  /** What the structures take. */
  get memory(): MemoryUse {
    return {
      ...heldBytes({
        windows: this.windows.count,
        slots: this.cache.size,
        bitmaps: this.counters.bitmaps,
        allocatedFragments: this.counters.allocatedFragments,
      }),
      accounted: this.ledger.used,
      shrinkSlip: this.#shrinkSlip,
      dropSlip: this.#dropSlip,
      limit: this.ledger.limit,
    };
  }

  #touch(row: number): void {
    this.windows.ages[row] = this.#now++;
  }

  /** Makes the windows array reach up to `window`; `left` clusters are still to be entered. */
  #growWindows(window: number, left: number): boolean {
    const missing = window + 1 - this.windows.count;
    if (this.ledger.request(WINDOW_BYTES * missing)) {
      this.windows.count = window + 1;
      return true;
    }
    const start = window * this.windowBytes;
    this.#refuse({
      during: 'enter',
      refused: 'windows',
      start,
      length: left * this.clusterSize,
    });
    return false;
  }

  /** Notes what could not be entered from a window on, up to a cluster. */
  #lose(window: number, endCluster: number, types: TypeSet): void {
    for (let w = window; w * WINDOW_SIZE < endCluster; w++)
      this.windows.lost[this.windows.row(w)] |= types;
  }

  #refuse(event: MemoryEvent): void {
    this.counters.events++;
    this.onMemoryEvent(event);
  }

  /** Whether the window has a bitmap now. */
  #useBitmap(row: number, during: MemoryEvent['during']): boolean {
    if ((this.windows.flags[row] & HAS_BITMAP) !== 0) {
      this.counters.hits++;
      return true;
    }
    this.counters.misses++;
    if (this.#build(row)) return true;
    const start = this.windows.window(row) * this.windowBytes;
    this.#refuse({ during, refused: 'bitmap', start, length: this.windowBytes });
    return false;
  }

  /** Builds a window's bitmap from its fragments, in a slot of the cache. */
  #build(row: number): boolean {
    const { cache, ledger, windows } = this;
    let slot = cache.firstEmpty();
    if (slot < 0) slot = this.#evictOldest();
    this.#touch(row);
    while (!ledger.request(BITMAP_BYTES)) {
      if (this.policy === 'fail') {
        cache.take(slot, row, windows.ages[row]);
        return false;
      }
      if (cache.taken === 0) return false;
      slot = this.#evictOldest();
    }
    cache.take(slot, row, windows.ages[row]);
    windows.flags[row] = (windows.flags[row] & ~MODIFIED) | HAS_BITMAP;
    this.counters.bitmaps++;
    return true;
  }

  /** Turns the oldest cached window back into fragments; its slot is empty then. */
  #evictOldest(): number {
    const { cache, windows } = this;
    const { row, slot } = cache.emptyOldest(windows.ages);
    this.#convertBack(row);
    return slot;
  }

  #convertBack(row: number): void {
    const { flags, used, allocated, runs } = this.windows;
    if ((flags[row] & HAS_BITMAP) === 0) return;
    this.counters.evictions++;
    this.ledger.release(BITMAP_BYTES);
    this.counters.bitmaps--;
    flags[row] &= ~HAS_BITMAP;
    if ((flags[row] & MODIFIED) === 0) return;
    this.counters.conversions++;
    const fragments = runs.fragmentCount(row);
    const room = grownAllocation(allocated[row], fragments);
    if (room === undefined) {
      this.#keepBitmap(row);
      return;
    }
    this.#reallocate(row, room);
    used[row] = fragments;
    if (!shrinks(room, fragments)) return;
    // The reference gives back the number of fragments where it means their bytes.
    const cut = room - fragments;
    this.ledger.release(cut);
    this.#shrinkSlip += cut * FRAGMENT_BYTES - cut;
    this.counters.allocatedFragments -= cut;
    allocated[row] = fragments;
  }

  /** A list would be as large as the bitmap: the bitmap stays, for good, outside the cache. */
  #keepBitmap(row: number): void {
    this.#reallocate(row, 0);
    this.windows.used[row] = 0;
    this.windows.flags[row] |= HAS_BITMAP | KEPT;
    this.ledger.request(BITMAP_BYTES);
    this.counters.bitmaps++;
    this.counters.kept++;
  }

  /** Gives a window's list another room. Only ever called right after a bitmap was given back. */
  #reallocate(row: number, room: number): void {
    const { allocated } = this.windows;
    const more = room - allocated[row];
    if (more > 0) this.ledger.request(more * FRAGMENT_BYTES);
    else this.ledger.release(-more * FRAGMENT_BYTES);
    this.counters.allocatedFragments += more;
    allocated[row] = room;
  }

  /** Forgets everything known of a window. In the reference's books its list stays. */
  #drop(row: number): void {
    const { used, allocated, flags, runs } = this.windows;
    this.counters.drops++;
    if (!runs.isEmpty(row)) flags[row] |= DROPPED;
    runs.clear(row);
    this.#dropSlip += allocated[row] * FRAGMENT_BYTES;
    this.counters.allocatedFragments -= allocated[row];
    used[row] = 0;
    allocated[row] = 0;
  }
}

/** Cache slots that a `bitmap-size` in bytes makes. */
function slotsFor(bitmapSize: number): number {
  return Math.max(1, Math.floor(bitmapSize / BITMAP_BYTES));
}
