import type { TypeSet } from './types.js';

/** Clusters of a window. */
export const WINDOW_SIZE = 4096;

const START_SHIFT = 8;
const TYPES = (1 << START_SHIFT) - 1;

/** A record begins with its number of points and the room it has for them, `room << 16 | count`. */
const ROOM_SHIFT = 16;
const COUNT = (1 << ROOM_SHIFT) - 1;
/** The smallest record is a cache line. */
const SMALLEST = 16;

const UNCOUNTED = -1;

/** Fragments for a run of clusters. */
const fragmentsOf = (clusters: number): number => (clusters + 255) >>> 8;

/** Where new points are put together: no window has more than one for each cluster. */
const scratch = new Uint32Array(WINDOW_SIZE + 2);

/**
 * The type bytes of many windows, each as a step function: ascending points `start << 8 | types`,
 * "from cluster `start` of the window on, the types are these"; neighbours differ, and before the
 * first point there is nothing. It says the same as the reference's 4096 bytes and as its fragments,
 * so that building and dropping a bitmap changes a window's state but costs nothing here: opening
 * a large image builds hundreds of thousands.
 *
 * All windows' points lie in one array, in records of a power of two. A window that outgrows its
 * record takes one of twice the size at the end; what it leaves is lost, which at most doubles the
 * memory. A window is a row here.
 */
export class TypeRuns {
  /** The first record is that of all empty windows: it has no room. */
  #points = new Uint32Array(SMALLEST * 64);
  #end = SMALLEST;
  /** Where each row's record begins. */
  #at: Uint32Array;
  /** Each row's number of fragments, or UNCOUNTED. */
  #fragments: Int16Array;

  constructor(rows: number) {
    this.#at = new Uint32Array(rows);
    this.#fragments = new Int16Array(rows);
  }

  clone(): TypeRuns {
    const copy = new TypeRuns(0);
    copy.#points = this.#points.slice(0, this.#end);
    copy.#end = this.#end;
    copy.#at = this.#at.slice();
    copy.#fragments = this.#fragments.slice();
    return copy;
  }

  /** Without the room that is not in use yet, which a clone does not get. */
  get byteLength(): number {
    return this.#end * 4 + this.#at.byteLength + this.#fragments.byteLength;
  }

  resize(rows: number): void {
    this.#at = grown(this.#at, new Uint32Array(rows));
    this.#fragments = grown(this.#fragments, new Int16Array(rows));
  }

  clear(row: number): void {
    this.#points[this.#at[row]] &= ~COUNT;
    this.#fragments[row] = 0;
  }

  isEmpty(row: number): boolean {
    return this.#count(row) === 0;
  }

  /** All types of the clusters `start` … `end - 1`. */
  union(row: number, start: number, end: number): TypeSet {
    const points = this.#points;
    const base = this.#at[row] + 1;
    const stop = base + this.#count(row);
    let types = 0;
    for (let i = Math.max(base, this.#from(row, start + 1) - 1); i < stop; i++) {
      const point = points[i];
      if (point >>> START_SHIFT >= end) break;
      types |= point & TYPES;
    }
    return types;
  }

  /** Sets each of the clusters `start` … `end - 1` to `types & keep | set`. */
  apply(row: number, start: number, end: number, keep: TypeSet, set: TypeSet): void {
    const points = this.#points;
    const base = this.#at[row] + 1;
    const stop = base + this.#count(row);
    const first = this.#from(row, start);
    const before = first === base ? 0 : points[first - 1] & TYPES;
    if (before === 0 && (first === stop || points[first] >>> START_SHIFT > end)) {
      if (set !== 0) this.#insert(row, first - base, start, end, set);
      return;
    }
    this.#fragments[row] = UNCOUNTED;
    // `old` are the types before the change, `last` those behind the points put together so far.
    let next = first;
    let old = before;
    let last = before;
    let made = 0;
    if (next < stop && points[next] >>> START_SHIFT === start) old = points[next++] & TYPES;
    if (((old & keep) | set) !== last) {
      last = (old & keep) | set;
      scratch[made++] = (start << START_SHIFT) | last;
    }
    while (next < stop && points[next] >>> START_SHIFT < end) {
      const point = points[next++];
      old = point & TYPES;
      if (((old & keep) | set) === last) continue;
      last = (old & keep) | set;
      scratch[made++] = (point & ~TYPES) | last;
    }
    if (end < WINDOW_SIZE) {
      if (next < stop && points[next] >>> START_SHIFT === end) old = points[next++] & TYPES;
      if (old !== last) scratch[made++] = (end << START_SHIFT) | old;
    }
    this.#splice(row, first - base, next - base, made);
  }

  /** Number of fragments that encode the window: runs of 1 to 256 clusters, nothing for type 0. */
  fragmentCount(row: number): number {
    if (this.#fragments[row] === UNCOUNTED) this.#fragments[row] = this.#countFragments(row);
    return this.#fragments[row];
  }

  #countFragments(row: number): number {
    const points = this.#points;
    const base = this.#at[row] + 1;
    const stop = base + this.#count(row);
    let fragments = 0;
    for (let i = base; i < stop; i++) {
      const point = points[i];
      if ((point & TYPES) === 0) continue;
      const end = i + 1 < stop ? points[i + 1] >>> START_SHIFT : WINDOW_SIZE;
      fragments += fragmentsOf(end - (point >>> START_SHIFT));
    }
    return fragments;
  }

  /** The window's 4096 type bytes. */
  bytes(row: number): Uint8Array {
    const bytes = new Uint8Array(WINDOW_SIZE);
    const base = this.#at[row] + 1;
    const stop = base + this.#count(row);
    for (let i = base; i < stop; i++)
      bytes.fill(this.#points[i] & TYPES, this.#points[i] >>> START_SHIFT);
    return bytes;
  }

  #count(row: number): number {
    return this.#points[this.#at[row]] & COUNT;
  }

  /** Where the first point at or behind a cluster lies, or would. */
  #from(row: number, cluster: number): number {
    const points = this.#points;
    const sought = cluster << START_SHIFT;
    let low = this.#at[row] + 1;
    let high = low + this.#count(row);
    // Tables are mostly entered in ascending order.
    if (high === low || points[high - 1] < sought) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (points[middle] < sought) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Puts types between clusters without any, as nearly every table that is entered does. */
  #insert(row: number, first: number, start: number, end: number, types: TypeSet): void {
    const made = end < WINDOW_SIZE ? 2 : 1;
    this.#open(row, first, made);
    const at = this.#at[row] + 1 + first;
    this.#points[at] = (start << START_SHIFT) | types;
    if (made === 2) this.#points[at + 1] = end << START_SHIFT;
    if (this.#fragments[row] !== UNCOUNTED) this.#fragments[row] += fragmentsOf(end - start);
  }

  /** Makes room for `more` points before the point `first`; for less, if that is negative. */
  #open(row: number, first: number, more: number): void {
    const count = this.#count(row);
    if (count + more > this.#points[this.#at[row]] >>> ROOM_SHIFT) this.#move(row, count + more);
    const points = this.#points;
    const at = this.#at[row];
    const base = at + 1;
    if (more > 0)
      for (let i = base + count - 1; i >= base + first; i--) points[i + more] = points[i];
    else for (let i = base + first; i < base + count; i++) points[i + more] = points[i];
    points[at] = (points[at] & ~COUNT) | (count + more);
  }

  /** Replaces the points `first` … `next - 1` by the first `made` of the scratch array. */
  #splice(row: number, first: number, next: number, made: number): void {
    this.#open(row, next, made - (next - first));
    const points = this.#points;
    const base = this.#at[row] + 1;
    for (let i = 0; i < made; i++) points[base + first + i] = scratch[i];
  }

  /** Moves a window to a record at the end with room for `needed` points. */
  #move(row: number, needed: number): void {
    let size = SMALLEST;
    while (size <= needed) size *= 2;
    if (this.#end + size > this.#points.length)
      this.#points = grown(
        this.#points,
        new Uint32Array(Math.max(this.#points.length * 2, this.#end + size)),
      );
    const points = this.#points;
    const from = this.#at[row];
    const to = this.#end;
    const count = this.#count(row);
    for (let i = 1; i <= count; i++) points[to + i] = points[from + i];
    points[to] = ((size - 1) << ROOM_SHIFT) | count;
    this.#at[row] = to;
    this.#end += size;
  }
}

/** `larger`, with the values of `values` at its start. */
export function grown<
  T extends Float64Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Uint8Array,
>(values: T, larger: T): T {
  larger.set(values);
  return larger;
}
