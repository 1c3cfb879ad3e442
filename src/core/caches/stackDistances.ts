const FIRST_ROOM = 1024;

/**
 * For a cache that gives up what was used longest ago, of any number of slots: how often a look-up
 * finds its table (Mattson's stack). A table's distance is how many tables, itself included, have
 * been used since it was; it is found with so many slots or more. The distance is counted in a
 * Fenwick tree over the times of last use, in O(log n) of the tables that there are; the times are
 * numbered anew when they run out.
 */
export class StackDistances {
  /** Number of each table, in the order of first use. */
  readonly #ids = new Map<number, number>();
  /** Time of last use, by table; 0 is never. */
  #last = new Int32Array(FIRST_ROOM);
  /** Look-ups of each table. */
  #uses = new Float64Array(FIRST_ROOM);
  /** Tables by time of last use, from 1 on; -1 for a time that is nobody's last. */
  #owner = new Int32Array(FIRST_ROOM * 4).fill(-1);
  #tree = new Int32Array(FIRST_ROOM * 4);
  #now = 0;
  #top = -1;
  /** Look-ups by distance. */
  #found = new Float64Array(FIRST_ROOM);
  #lookUps = 0;

  /** Look-ups of one table, one after the other, after which it is the one used last. */
  use(table: number, count: number): void {
    this.#lookUps += count;
    let id = this.#ids.get(table);
    if (id !== undefined) this.#uses[id] += count;
    if (id === undefined) {
      id = this.#newId(table);
      this.#uses[id] = count;
      this.#renew(id);
      this.#found[1] += count - 1;
    } else if (id === this.#top) this.#found[1] += count;
    else {
      this.#found[1 + this.#ids.size - this.#countUpTo(this.#last[id])]++;
      this.#renew(id);
      this.#found[1] += count - 1;
    }
  }

  /** A table is the one used last, without a look-up. */
  touch(table: number): void {
    const id = this.#ids.get(table) ?? this.#newId(table);
    if (id !== this.#top) this.#renew(id);
  }

  get lookUps(): number {
    return this.#lookUps;
  }

  /** Tables that there were. */
  get tables(): number {
    return this.#ids.size;
  }

  /** Each table with its look-ups, in the order of first use. */
  *usesByTable(): Generator<readonly [table: number, uses: number]> {
    let id = 0;
    for (const table of this.#ids.keys()) yield [table, this.#uses[id++]];
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
      const uses = new Float64Array(id * 2);
      uses.set(this.#uses);
      this.#uses = uses;
    }
    if (id + 2 > this.#found.length) {
      const found = new Float64Array(this.#found.length * 2);
      found.set(this.#found);
      this.#found = found;
    }
    return id;
  }

  /** The table was used now. */
  #renew(id: number): void {
    if (this.#now + 1 === this.#owner.length) this.#renumber();
    const before = this.#last[id];
    if (before > 0) {
      this.#add(before, -1);
      this.#owner[before] = -1;
    }
    const now = ++this.#now;
    this.#last[id] = now;
    this.#owner[now] = id;
    this.#add(now, 1);
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
    const tree = new Int32Array(room);
    for (let at = 1; at < room; at++) {
      if (at <= now) tree[at]++;
      const parent = at + (at & -at);
      if (parent < room) tree[parent] += tree[at];
    }
    this.#tree = tree;
  }

  #add(time: number, change: number): void {
    const tree = this.#tree;
    for (let at = time; at < tree.length; at += at & -at) tree[at] += change;
  }

  /** Tables last used up to a time. */
  #countUpTo(time: number): number {
    const tree = this.#tree;
    let count = 0;
    for (let at = time; at > 0; at &= at - 1) count += tree[at];
    return count;
  }
}
