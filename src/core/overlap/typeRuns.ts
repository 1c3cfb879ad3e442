import type { TypeSet } from './types.js';

/** Clusters of a window. */
export const WINDOW_SIZE = 4096;

const START_SHIFT = 8;
const TYPES = (1 << START_SHIFT) - 1;
const INITIAL_ROOM = 16;

/** Where new points are put together: no window has more than one for each cluster. */
const scratch = new Uint32Array(WINDOW_SIZE + 2);

/**
 * The type bytes of many windows, each as a step function: ascending points `start << 8 | types`,
 * "from cluster `start` of the window on, the types are these"; neighbours differ, and before the
 * first point there is nothing. It says the same as the reference's 4096 bytes and as its fragments,
 * so that building and dropping a bitmap changes a window's state but costs nothing here: opening
 * a large image builds hundreds of thousands.
 *
 * All points lie in one array. A window that outgrows its room moves to the end and takes twice the
 * room; what it leaves is lost, which at most doubles the memory.
 */
export class TypeRuns {
  #points: Uint32Array;
  #end: number;
  /** By row: where the points lie, how many there are, and how many there is room for. */
  #at: Float64Array;
  #count: Uint16Array;
  #room: Uint16Array;

  constructor(rows: number) {
    this.#points = new Uint32Array(INITIAL_ROOM * 64);
    this.#end = 0;
    this.#at = new Float64Array(rows);
    this.#count = new Uint16Array(rows);
    this.#room = new Uint16Array(rows);
  }

  clone(): TypeRuns {
    const copy = new TypeRuns(0);
    copy.#points = this.#points.slice(0, Math.max(this.#end, INITIAL_ROOM));
    copy.#end = this.#end;
    copy.#at = this.#at.slice();
    copy.#count = this.#count.slice();
    copy.#room = this.#room.slice();
    return copy;
  }

  resize(rows: number): void {
    this.#at = grown(this.#at, new Float64Array(rows));
    this.#count = grown(this.#count, new Uint16Array(rows));
    this.#room = grown(this.#room, new Uint16Array(rows));
  }

  clear(row: number): void {
    this.#count[row] = 0;
  }

  isEmpty(row: number): boolean {
    return this.#count[row] === 0;
  }

  /** All types of the clusters `start` … `end - 1`. */
  union(row: number, start: number, end: number): TypeSet {
    const at = this.#at[row];
    const count = this.#count[row];
    let types = 0;
    for (let i = Math.max(0, this.#from(row, start + 1) - 1); i < count; i++) {
      const point = this.#points[at + i];
      if (point >>> START_SHIFT >= end) break;
      if (i + 1 < count && this.#points[at + i + 1] >>> START_SHIFT <= start) continue;
      types |= point & TYPES;
    }
    return types;
  }

  /** Sets each of the clusters `start` … `end - 1` to `types & keep | set`. */
  apply(row: number, start: number, end: number, keep: TypeSet, set: TypeSet): void {
    const at = this.#at[row];
    const count = this.#count[row];
    const points = this.#points;
    const first = this.#from(row, start);
    const before = first === 0 ? 0 : points[at + first - 1] & TYPES;
    // `old` are the types before the change, `last` those behind the points put together so far.
    let next = first;
    let old = before;
    let last = before;
    let made = 0;
    if (next < count && points[at + next] >>> START_SHIFT === start)
      old = points[at + next++] & TYPES;
    if (((old & keep) | set) !== last) {
      last = (old & keep) | set;
      scratch[made++] = (start << START_SHIFT) | last;
    }
    while (next < count && points[at + next] >>> START_SHIFT < end) {
      const point = points[at + next++];
      old = point & TYPES;
      if (((old & keep) | set) === last) continue;
      last = (old & keep) | set;
      scratch[made++] = (point & ~TYPES) | last;
    }
    if (end < WINDOW_SIZE) {
      if (next < count && points[at + next] >>> START_SHIFT === end)
        old = points[at + next++] & TYPES;
      if (old !== last) scratch[made++] = (end << START_SHIFT) | old;
    }
    this.#splice(row, first, next, made);
  }

  /** Number of fragments that encode the window: runs of 1 to 256 clusters, nothing for type 0. */
  fragmentCount(row: number): number {
    const at = this.#at[row];
    const count = this.#count[row];
    let fragments = 0;
    for (let i = 0; i < count; i++) {
      const point = this.#points[at + i];
      if ((point & TYPES) === 0) continue;
      const end = i + 1 < count ? this.#points[at + i + 1] >>> START_SHIFT : WINDOW_SIZE;
      fragments += (end - (point >>> START_SHIFT) + 255) >>> 8;
    }
    return fragments;
  }

  /** The window's 4096 type bytes. */
  bytes(row: number): Uint8Array {
    const bytes = new Uint8Array(WINDOW_SIZE);
    const at = this.#at[row];
    for (let i = 0; i < this.#count[row]; i++) {
      const point = this.#points[at + i];
      bytes.fill(point & TYPES, point >>> START_SHIFT);
    }
    return bytes;
  }

  /** Index of the first point at or behind a cluster. */
  #from(row: number, cluster: number): number {
    const at = this.#at[row];
    const sought = cluster << START_SHIFT;
    let low = 0;
    let high = this.#count[row];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#points[at + middle] < sought) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Replaces the points `first` … `next - 1` by the first `made` of the scratch array. */
  #splice(row: number, first: number, next: number, made: number): void {
    const count = this.#count[row];
    const after = count - (next - first) + made;
    if (after > this.#room[row]) this.#move(row, after);
    const points = this.#points;
    const at = this.#at[row];
    const shift = after - count;
    if (shift > 0) for (let i = count - 1; i >= next; i--) points[at + i + shift] = points[at + i];
    else if (shift < 0) for (let i = next; i < count; i++) points[at + i + shift] = points[at + i];
    for (let i = 0; i < made; i++) points[at + first + i] = scratch[i];
    this.#count[row] = after;
  }

  #move(row: number, needed: number): void {
    let room = Math.max(INITIAL_ROOM, this.#room[row]);
    while (room < needed) room *= 2;
    if (this.#end + room > this.#points.length)
      this.#points = grown(
        this.#points,
        new Uint32Array(Math.max(this.#points.length * 2, this.#end + room)),
      );
    const from = this.#at[row];
    const to = this.#end;
    for (let i = 0; i < this.#count[row]; i++) this.#points[to + i] = this.#points[from + i];
    this.#at[row] = to;
    this.#room[row] = room;
    this.#end += room;
  }
}

/** `larger`, with the values of `values` at its start. */
export function grown<T extends Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array>(
  values: T,
  larger: T,
): T {
  larger.set(values);
  return larger;
}
