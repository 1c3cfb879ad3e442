import type { Layout } from '../qcow2/layout.js';
import { BIT } from './kinds.js';
import type { L2Place } from './l2Place.js';
import type { TableOf } from './owner.js';

/** An L1 table as the places of its L2 tables need it. */
export interface L1Place {
  readonly of: TableOf;
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

/** Numbers kept for each table: L1 table, L1 index, lowest and highest host cluster, plain or not. */
const STRIDE = 5;

/**
 * Every L2 table that was walked, with the range of host clusters it refers to: enough to find the
 * owners of a cluster by reading a few tables, or at worst all of them once more. 28 bytes a table.
 */
export class TableIndex {
  readonly #layout: Layout;
  readonly #l1s: L1Place[] = [];
  #offsets = new Float64Array(256);
  #numbers = new Int32Array(256 * STRIDE);
  #length = 0;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Tables added from now on hang from this L1 table. */
  startL1(l1: L1Place): void {
    this.#l1s.push(l1);
  }

  /** The place of the L2 table that entry `l1Index` of the last L1 table points to, at `offset`. */
  place(l1Index: number, offset: number): L2Place {
    return this.#placeIn(this.#l1s[this.#l1s.length - 1], l1Index, offset);
  }

  #placeIn(l1: L1Place, l1Index: number, offset: number): L2Place {
    const active = l1.of.snapshot === undefined;
    return {
      of: l1.of,
      l1Index,
      offset,
      guestOffset: l1Index * this.#layout.l2Entries * this.#layout.clusterSize,
      kind: l1Index < l1.diskEntries ? BIT.data : BIT.vmState,
      active,
      // QEMU's COPIED pass takes an offset of 0 for "no table"; its reference count does not.
      checkCopied: active && offset !== 0,
    };
  }

  /** Adds a table; `lowest` > `highest` when it refers to nothing. */
  add(place: L2Place, { lowest, highest, plain }: Contents): void {
    if (this.#length === this.#offsets.length) this.#grow();
    this.#offsets[this.#length] = place.offset;
    this.#numbers.set(
      [this.#l1s.length - 1, place.l1Index, lowest, highest, +plain],
      this.#length * STRIDE,
    );
    this.#length++;
  }

  #grow(): void {
    const offsets = new Float64Array(this.#length * 2);
    const numbers = new Int32Array(this.#length * 2 * STRIDE);
    offsets.set(this.#offsets);
    numbers.set(this.#numbers);
    this.#offsets = offsets;
    this.#numbers = numbers;
  }

  #at(i: number): L2Place {
    const numbers = this.#numbers;
    return this.#placeIn(this.#l1s[numbers[i * STRIDE]], numbers[i * STRIDE + 1], this.#offsets[i]);
  }

  /** Every table that was walked, those of one L1 table after those of another. */
  *all(): Generator<L2Place> {
    for (let i = 0; i < this.#length; i++) yield this.#at(i);
  }

  /** The tables that may refer to a cluster of a range, its ends included. */
  *referringTo(first: number, last: number): Generator<{ place: L2Place; plain: boolean }> {
    for (let i = 0; i < this.#length; i++) {
      const lowest = this.#numbers[i * STRIDE + 2];
      const highest = this.#numbers[i * STRIDE + 3];
      if (lowest > last || first > highest) continue;
      yield { place: this.#at(i), plain: this.#numbers[i * STRIDE + 4] === 1 };
    }
  }

  /** The tables that lie in a cluster, in whole or in part. */
  *lyingIn(cluster: number): Generator<L2Place> {
    const { clusterSize } = this.#layout;
    const start = cluster * clusterSize;
    for (let i = 0; i < this.#length; i++) {
      const offset = this.#offsets[i];
      if (offset < start + clusterSize && offset + clusterSize > start) yield this.#at(i);
    }
  }
}
