import { RequestError } from '../simulate/copy/failure.js';
import type { Driver } from '../simulate/driver/driver.js';
import { lookUpGuest } from '../simulate/driver/requests/guestLookUp.js';
import { check, flushNode, read, write } from '../simulate/driver/requests/requests.js';
import { isCopied, l2Offset } from '../simulate/driver/state/memoryTable.js';
import type { Work } from '../work.js';
import { placeOfWrite, type Slice, sliceFacts, stretches } from './sliceFacts.js';

/** Slices that one request may make forgotten one by one; beyond that all are. */
const MANY = 2 ** 12;

/**
 * Reads and writes as the driver carries them out, but for what does not matter here: a read makes
 * its look-ups without looking into the slices, and so does a write that changes no metadata. All
 * that an entry says is remembered per slice until a request changes it.
 */
export class GuestReplay {
  readonly #driver: Driver;
  readonly #through: boolean;
  /** By number on the guest's disk. */
  readonly #slices: SliceStore;
  readonly #isQuick: boolean;
  readonly #clusterSize: number;
  readonly #sliceSpan: number;
  /** Of powers of two: a product is exact, and faster than what is left of large numbers. */
  readonly #perCluster: number;
  readonly #perSlice: number;
  readonly #perTable: number;
  readonly #scratch: DataView;
  readonly #fileSize: number;

  /** @param quick whether anything is left out at all */
  constructor(driver: Driver, through: boolean, quick: boolean) {
    const { sizes } = driver;
    this.#slices = sliceStore(Math.ceil(sizes.diskSize / (sizes.sliceEntries * sizes.clusterSize)));
    this.#driver = driver;
    this.#through = through;
    this.#isQuick = quick && !sizes.extendedL2 && !driver.dataFile && !driver.encrypted;
    this.#clusterSize = sizes.clusterSize;
    this.#sliceSpan = sizes.sliceEntries * sizes.clusterSize;
    this.#perCluster = 1 / sizes.clusterSize;
    this.#perSlice = 1 / this.#sliceSpan;
    this.#perTable = 1 / sizes.tableSpan;
    this.#scratch = new DataView(new ArrayBuffer(this.#isQuick ? sizes.sliceBytes : 0));
    this.#fileSize = driver.file.overlay.size;
  }

  /** Throws RequestError, as the driver does. */
  read(offset: number, length: number): void {
    if (!this.#isQuick) {
      read(this.#driver, offset, length);
      return;
    }
    check(this.#driver, offset, length);
    const end = offset + length;
    for (let at = offset; at < end;) {
      const number = Math.floor(at * this.#perSlice);
      const until = Math.min(end, (number + 1) * this.#sliceSpan);
      const slice = this.#slice(number, at);
      if (slice === 'none') at = until;
      else if (slice === 'odd') at += lookUpGuest(this.#driver, at, end - at).bytes;
      else {
        this.#use(slice, slice.detail ? this.#stretches(slice, number, at, until) : 1);
        at = until;
      }
    }
  }

  /** A write that takes the driver's whole way. */
  *write(offset: number, length: number): Work {
    try {
      yield* write(this.#driver, offset, length, this.#through);
    } finally {
      this.forget(offset, length);
    }
  }

  /** A request has changed what lies in a range, or may have. */
  forget(offset: number, length: number): void {
    const first = Math.floor(offset / this.#sliceSpan);
    const last = Math.floor((offset + length) / this.#sliceSpan);
    if (last - first > MANY) this.#slices.clear();
    else for (let slice = first; slice <= last; slice++) this.#slices.delete(slice);
  }

  /** Does a write that changes no metadata, in one piece; false if it is none. Throws RequestError. */
  writeInPlace(offset: number, length: number): boolean {
    const driver = this.#driver;
    if (!this.#isQuick) return false;
    if (length === 0 || driver.signal.dead || offset + length > driver.sizes.diskSize) return false;
    const number = Math.floor(offset * this.#perSlice);
    const start = number * this.#sliceSpan;
    if (offset + length > start + this.#sliceSpan) return false;
    const slice = this.#slice(number, offset);
    if (typeof slice === 'string' || !slice.isWritable) return false;
    const first = Math.floor((offset - start) * this.#perCluster);
    const last = Math.floor((offset + length - 1 - start) * this.#perCluster);
    const place = placeOfWrite(slice, first, last - first + 1);
    if (place < 0) return false;
    const host = (place - first) * this.#clusterSize + offset - start;
    // What makes the file longer, or did before it was asked how long it is, is the driver's.
    const { file } = driver;
    if (host + length > (driver.preallocationProbed ? file.overlay.size : this.#fileSize))
      return false;
    try {
      this.#use(slice, 1);
      file.check('guest data', 0, host, length);
    } finally {
      driver.bitmaps?.touch(offset, length);
    }
    if (this.#through && (driver.l2Cache.isDirty || driver.refcountCache.isDirty))
      flushNode(driver);
    return true;
  }

  /** What is looked up one by one between two offsets of a slice. */
  #stretches(slice: Slice, number: number, from: number, until: number): number {
    const start = number * this.#sliceSpan;
    const first = Math.floor((from - start) * this.#perCluster);
    const last = Math.floor((until - 1 - start) * this.#perCluster);
    return stretches(slice, first, last - first + 1);
  }

  #use(slice: Slice, count: number): void {
    const { l2Cache } = this.#driver;
    if (slice.entry?.number === slice.number) l2Cache.useKnown(slice.entry, count, slice.id);
    else slice.entry = l2Cache.use(slice.number, count, slice.id);
  }

  /** The slice with a guest offset: 'none' without an L2 table, 'odd' where only the driver knows. */
  #slice(number: number, guest: number): Slice | 'none' | 'odd' {
    const { l1 } = this.#driver;
    const known = this.#slices.get(number);
    if (known?.version === l1.version) return known.odd ? 'odd' : known;
    const index = Math.floor(guest * this.#perTable);
    const table = index < l1.length ? l2Offset(l1, index) / this.#clusterSize : 0;
    if (table === 0) return 'none';
    let slice = known;
    if (slice?.table !== table) {
      slice = this.#lookInto(table, number);
      if (!slice) return 'odd';
      this.#slices.set(number, slice);
    }
    slice.version = l1.version;
    slice.isWritable = isCopied(l1, index);
    return slice.odd ? 'odd' : slice;
  }

  #lookInto(table: number, number: number): Slice | undefined {
    const driver = this.#driver;
    const { sliceBytes, clusterSize } = driver.sizes;
    if (table !== Math.floor(table)) return undefined;
    const perTable = clusterSize / sliceBytes;
    const hostNumber = table * perTable + (number % perTable);
    const offset = hostNumber * sliceBytes;
    const place = { table, number: hostNumber, id: driver.l2Cache.trail?.idOf?.(hostNumber) };
    const cached = driver.l2Cache.find(offset);
    if (cached) return sliceFacts(driver, cached.view, place);
    try {
      driver.file.read(new Uint8Array(this.#scratch.buffer), offset);
    } catch (error) {
      if (error instanceof RequestError) return undefined;
      throw error;
    }
    return sliceFacts(driver, this.#scratch, place);
  }
}

/** Slices by number. */
interface SliceStore {
  get(number: number): Slice | undefined;
  set(number: number, slice: Slice): void;
  delete(number: number): void;
  clear(): void;
}

/** Slots of a list of all slices of a disk; a disk with more is kept in a map. */
const MAX_LISTED = 2 ** 22;

function sliceStore(slices: number): SliceStore {
  if (slices > MAX_LISTED) return new Map<number, Slice>();
  const list = new Array<Slice | undefined>(slices).fill(undefined);
  return {
    get: (number) => list[number],
    set(number, slice) {
      list[number] = slice;
    },
    delete(number) {
      if (number < slices) list[number] = undefined;
    },
    clear() {
      list.fill(undefined);
    },
  };
}
