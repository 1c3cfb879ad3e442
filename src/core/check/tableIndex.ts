import type { Geometry } from '../qcow2/geometry.js';
import type { Budget } from '../map/budget.js';
import { BIT } from '../map/kinds.js';
import type { L2Place } from './tablePlace.js';
import { numbersBytes, OffsetNumbers } from './offsetNumbers.js';
import type { TableOf } from '../map/owner.js';
import { guestOffset, hostOffset } from '../units.js';

/** An L1 table as the places of its L2 tables need it. Snapshots may share one. */
export interface L1Place {
  readonly of: readonly TableOf[];
  /** Entries that cover the disk; the VM state lies behind them. */
  readonly diskEntries: number;
}

/** What a walk found an L2 table to hold. */
export interface Contents {
  /** The range of host clusters it refers to; `lowest` > `highest` if none. */
  readonly lowest: number;
  readonly highest: number;
  /** Nothing but unallocated entries and whole clusters of the file. */
  readonly plain: boolean;
}

interface L1Record extends L1Place {
  readonly of: TableOf[];
  /** Number of the pointer that its first entry is; that of entry i is `first + i`. */
  readonly first: number;
}

const PLAIN = 1;
const VM_STATE = 2;
const QUIET = 4;
/** Bytes kept of a table: offset, repeats, range, flags, first and last pointer. */
const TABLE_BYTES = 33;
const POINTER_BYTES = 4;
const UNIT = 512;

/**
 * Every L2 table that was walked, each once however many L1 entries point to it, with the range of
 * host clusters it refers to: enough to find the owners of a cluster by reading a few tables, or at
 * worst all of them once more. An L1 entry costs 4 bytes, a table some 60.
 */
export class TableIndex {
  readonly #geometry: Geometry;
  readonly #budget: Budget;
  readonly #l1s: L1Record[] = [];
  readonly #numbers: OffsetNumbers;
  /** By pointer: the next one to the same table, and one more. */
  #next = new Int32Array(0);
  #pointers = 0;
  // By table.
  #offsets = new Float64Array(64);
  /** References to the table that are still to be counted. */
  #repeats = new Float64Array(64);
  #lowest = new Int32Array(64);
  #highest = new Int32Array(64);
  #flags = new Uint8Array(64);
  #heads = new Int32Array(64);
  #tails = new Int32Array(64);
  #length = 0;

  constructor(geometry: Geometry, budget: Budget) {
    this.#geometry = geometry;
    this.#budget = budget;
    this.#numbers = new OffsetNumbers(budget);
  }

  /** Tables, which have the numbers from 0 on in the order in which they were first met. */
  get length(): number {
    return this.#length;
  }

  /** Begins an L1 table of so many entries; the result is its number. Throws BudgetError. */
  startL1(of: TableOf, diskEntries: number, entries: number): number {
    const first = this.#pointers;
    this.#budget.take(entries * POINTER_BYTES);
    this.#pointers += entries;
    if (this.#pointers > this.#next.length) {
      const next = new Int32Array(Math.max(this.#pointers, this.#next.length + first / 2));
      next.set(this.#next);
      this.#next = next;
    }
    return this.#l1s.push({ of: [of], diskEntries, first }) - 1;
  }

  /** Another snapshot has the same L1 table. */
  shareL1(l1: number, of: TableOf): void {
    this.#l1s[l1].of.push(of);
  }

  /** The L1 tables, by number. */
  get l1s(): readonly L1Place[] {
    return this.#l1s;
  }

  /** BIT.data, or BIT.vmState behind the disk. */
  kind(l1: number, l1Index: number): number {
    return l1Index < this.#l1s[l1].diskEntries ? BIT.data : BIT.vmState;
  }

  /** The place of the L2 table that entry `l1Index` of an L1 table points to, at `offset`. */
  place(l1: number, l1Index: number, offset: number, of = this.#l1s[l1].of[0]): L2Place {
    const active = of.snapshot === undefined;
    return {
      of,
      l1Index,
      offset: hostOffset(offset),
      guestOffset: guestOffset(l1Index * this.#geometry.l2Entries * this.#geometry.clusterSize),
      kind: this.kind(l1, l1Index),
      active,
      // QEMU's COPIED pass takes an offset of 0 for "no table"; its reference count does not.
      checkCopied: active && offset !== 0,
    };
  }

  /** The number of a table; -1 if it has not been walked for data, or VM state, before. */
  find(offset: number, kind: number): number {
    return this.#numbers.get(keyOf(offset, kind));
  }

  /** Adds a table; `lowest` > `highest` when it refers to nothing. Throws BudgetError. */
  add(
    offset: number,
    kind: number,
    { lowest, highest, plain }: Contents,
    isQuiet: boolean,
  ): number {
    if (this.#length === this.#offsets.length) this.#grow();
    const table = this.#length++;
    this.#numbers.add(keyOf(offset, kind), table);
    this.#offsets[table] = offset;
    this.#lowest[table] = lowest;
    this.#highest[table] = highest;
    this.#flags[table] =
      (plain ? PLAIN : 0) | (kind === BIT.vmState ? VM_STATE : 0) | (isQuiet ? QUIET : 0);
    return table;
  }

  /** Notes that an entry of an L1 table points to a table. */
  point(l1: number, l1Index: number, table: number): void {
    const pointer = this.#l1s[l1].first + l1Index;
    const last = this.#tails[table];
    if (last === 0) this.#heads[table] = pointer + 1;
    else this.#next[last - 1] = pointer + 1;
    this.#tails[table] = pointer + 1;
  }

  offset(table: number): number {
    return this.#offsets[table];
  }

  isPlain(table: number): boolean {
    return (this.#flags[table] & PLAIN) !== 0;
  }

  /** The range of host clusters it refers to; `lowest` > `highest` if none. */
  range(table: number): { readonly lowest: number; readonly highest: number } {
    return { lowest: this.#lowest[table], highest: this.#highest[table] };
  }

  /** Nothing in it was wrong when it was walked. */
  isQuiet(table: number): boolean {
    return (this.#flags[table] & QUIET) !== 0;
  }

  kindOf(table: number): number {
    return (this.#flags[table] & VM_STATE) !== 0 ? BIT.vmState : BIT.data;
  }

  /** References to what the table holds that are still to be counted. */
  repeats(table: number): number {
    return this.#repeats[table];
  }

  repeat(table: number, times: number): void {
    this.#repeats[table] += times;
  }

  /** All repeats have been counted. */
  forgetRepeats(): void {
    this.#repeats.fill(0);
  }

  /** Every place of a table: those of one L1 table after those of another. */
  *places(table: number): Generator<L2Place> {
    const offset = this.#offsets[table];
    for (const [l1, l1Index] of this.#pointersTo(table))
      for (const of of this.#l1s[l1].of) yield this.place(l1, l1Index, offset, of);
  }

  /** How many places a table has. */
  placeCount(table: number): number {
    let count = 0;
    for (const [l1] of this.#pointersTo(table)) count += this.#l1s[l1].of.length;
    return count;
  }

  /** The L1 tables that point to a table, each once. */
  *l1sOf(table: number): Generator<number> {
    let last = -1;
    for (const [l1] of this.#pointersTo(table)) {
      if (l1 !== last) yield l1;
      last = l1;
    }
  }

  *#pointersTo(table: number): Generator<readonly [l1: number, l1Index: number]> {
    let l1 = 0;
    for (let pointer = this.#heads[table]; pointer !== 0; pointer = this.#next[pointer - 1]) {
      l1 = this.#l1Of(pointer - 1, l1);
      yield [l1, pointer - 1 - this.#l1s[l1].first];
    }
  }

  /** The L1 table of a pointer, which is not before L1 table `low`. */
  #l1Of(pointer: number, low: number): number {
    let from = low;
    let to = this.#l1s.length;
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      if (this.#l1s[middle].first <= pointer) from = middle;
      else to = middle;
    }
    return from;
  }

  /** The tables that may refer to a cluster of a range, its ends included. */
  *referringTo(first: number, last: number): Generator<number> {
    for (let table = 0; table < this.#length; table++)
      if (this.#lowest[table] <= last && first <= this.#highest[table]) yield table;
  }

  /** The tables that lie in a cluster, in whole or in part. */
  *lyingIn(cluster: number): Generator<number> {
    const { clusterSize } = this.#geometry;
    const start = cluster * clusterSize;
    for (let table = 0; table < this.#length; table++) {
      const offset = this.#offsets[table];
      if (offset < start + clusterSize && offset + clusterSize > start) yield table;
    }
  }

  #grow(): void {
    const length = this.#length * 2;
    this.#budget.take(this.#length * TABLE_BYTES);
    this.#offsets = grown(this.#offsets, new Float64Array(length));
    this.#repeats = grown(this.#repeats, new Float64Array(length));
    this.#lowest = grown(this.#lowest, new Int32Array(length));
    this.#highest = grown(this.#highest, new Int32Array(length));
    this.#flags = grown(this.#flags, new Uint8Array(length));
    this.#heads = grown(this.#heads, new Int32Array(length));
    this.#tails = grown(this.#tails, new Int32Array(length));
  }
}

/** Bytes of an index of so many L1 entries and tables. */
export function indexBytes(l1Entries: number, tables: number): number {
  const room = 2 ** Math.ceil(Math.log2(Math.max(1, tables)));
  return l1Entries * POINTER_BYTES + room * TABLE_BYTES + numbersBytes(tables);
}

/** Offsets are multiples of 512, so the kind has room beside them. */
const keyOf = (offset: number, kind: number): number =>
  (offset / UNIT) * 2 + (kind === BIT.vmState ? 1 : 0);

function grown<T extends { set(array: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
