import { NumberIndex } from '../numberIndex.js';
import { UseTimes } from './useTimes.js';

const FIRST_ROOM = 1024;

/**
 * For a cache that gives up what was used longest ago, of any number of slots: how often a look-up
 * finds its table (Mattson's stack). A table's distance is how many tables, itself included, have
 * been used since it was; it is found with so many slots or more. The distance is counted over the
 * times of last use, in O(log n) of the tables that there are; the times are numbered anew when they
 * run out.
 */
export class StackDistances {
  /** Number of each table, in the order of first use. */
  readonly #ids = new NumberIndex();
  /** Table of each id. */
  #tables = new Float64Array(FIRST_ROOM);
  /** Time of last use, by table; 0 is never. */
  #last = new Int32Array(FIRST_ROOM);
  /** Look-ups of each table. */
  #uses = new Float64Array(FIRST_ROOM);
  /** Tables by time of last use, from 1 on; -1 for a time that is nobody's last. */
  #owner = new Int32Array(FIRST_ROOM * 4).fill(-1);
  #times = new UseTimes(FIRST_ROOM * 4, 0);
  #now = 0;
  #top = -1;
  /** Look-ups by distance. */
  #found = new Float64Array(FIRST_ROOM);
  #lookUps = 0;
  /** Tables that were used. */
  #used = 0;

  /** Look-ups of one table, one after the other, after which it is the one used last. */
  use(table: number, count: number): void {
    this.useOf(this.idOf(table), count);
  }

  /** The same of a table whose id is known. */
  useOf(id: number, count: number): void {
    this.#lookUps += count;
    this.#uses[id] += count;
    if (id === this.#top) {
      this.#found[1] += count;
      return;
    }
    const last = this.#last[id];
    this.#found[1] += count - 1;
    if (last > 0) this.#found[1 + this.#times.countAfter(last, this.#now)]++;
    this.#renew(id);
  }

  /** A table is the one used last, without a look-up. */
  touch(table: number): void {
    const id = this.idOf(table);
    if (id !== this.#top) this.#renew(id);
  }

  /** What the table is called here, now and later. */
  idOf(table: number): number {
    const known = this.#ids.get(table);
    return known < 0 ? this.#newId(table) : known;
  }

  get lookUps(): number {
    return this.#lookUps;
  }

  /** Tables that there were. */
  get tables(): number {
    return this.#used;
  }

  /** Each table with its look-ups, in the order of first use. */
  *usesByTable(): Generator<readonly [table: number, uses: number]> {
    for (let id = 0; id < this.#ids.size; id++) yield [this.#tables[id], this.#uses[id]];
  }

  /** Look-ups that find their table, by the number of slots from 0 on; more slots find no more. */
  hitsBySlots(): Float64Array {
    const hits = this.#found.slice(0, this.#ids.size + 1);
    for (let slots = 1; slots < hits.length; slots++) hits[slots] += hits[slots - 1];
    return hits;
  }

  #newId(table: number): number {
    const id = this.#ids.size;
    this.#ids.set(table, id);
    if (id === this.#last.length) {
      const last = new Int32Array(id * 2);
      last.set(this.#last);
      this.#last = last;
      this.#uses = longer(this.#uses);
      this.#tables = longer(this.#tables);
    }
    this.#tables[id] = table;
    if (id + 2 > this.#found.length) this.#found = longer(this.#found);
    return id;
  }

  /** The table was used now. */
  #renew(id: number): void {
    if (this.#now + 1 === this.#owner.length) this.#renumber();
    const before = this.#last[id];
    if (before > 0) {
      this.#times.unmark(before);
      this.#owner[before] = -1;
    } else this.#used++;
    const now = ++this.#now;
    this.#last[id] = now;
    this.#owner[now] = id;
    this.#times.mark(now);
    this.#top = id;
  }

  /** Gives the last uses the numbers from 1 on, in their order. */
  #renumber(): void {
    const old = this.#owner;
    const room = this.#ids.size * 2 > old.length ? old.length * 4 : old.length;
    const owner = new Int32Array(room).fill(-1);
    let now = 0;
    for (const id of old) {
      if (id < 0) continue;
      owner[++now] = id;
      this.#last[id] = now;
    }
    this.#owner = owner;
    this.#now = now;
    this.#times = new UseTimes(room, now);
  }
}

function longer(column: Float64Array): Float64Array<ArrayBuffer> {
  const all = new Float64Array(column.length * 2);
  all.set(column);
  return all;
}
