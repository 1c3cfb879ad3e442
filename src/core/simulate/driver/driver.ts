import { Allocation } from './refcounts/allocation.js';
import { type DriverParts, DriverState } from './state/driverState.js';
import { FreeSearch } from './refcounts/freeSearch.js';
import type { PiecesAtOnce } from './piecesAtOnce.js';
import { Refcounts } from './refcounts/refcounts.js';
import { RefcountTable } from './refcounts/refcountTable.js';

/** The persistent bitmaps of an open image, as the requests and closing need them (see Bitmaps). */
export interface StoredBitmaps {
  /** The guest wrote to, zeroed or discarded a range. */
  touch(guest: number, bytes: number): void;
  /** Stores all anew; the result is why they are lost, if they are. */
  store(): string | undefined;
}

/** QEMU's qcow2 driver with an image that is open read/write. */
export class Driver extends DriverState {
  readonly refcounts: Refcounts;
  readonly allocation: Allocation;
  /** Loaded as the last part of opening. */
  bitmaps: StoredBitmaps | undefined;
  /** Reading has a look once whether metadata was preallocated. */
  preallocationProbed = false;
  /** Of the write that is going on. */
  pieces: PiecesAtOnce | undefined;

  constructor(parts: DriverParts) {
    super(parts);
    const table = new RefcountTable(this);
    const search = new FreeSearch(this, table);
    this.refcounts = new Refcounts(this, table, search);
    this.allocation = new Allocation(this, this.refcounts, search);
  }
}
