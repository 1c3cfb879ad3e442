import { SparseBits } from '../map/sparseBits.js';
import { bytes, type Bytes, type GuestOffset, hostOffset, type HostOffset } from '../units.js';

/** What a repair changes. */
export type ChangeKind =
  | 'header-field'
  | 'l1-entry'
  | 'l2-entry'
  | 'refcount'
  /** A block of a rebuilt or grown structure, at a place of its own. */
  | 'refcount-block'
  | 'refcount-table'
  | 'snapshot-table'
  | 'bitmap-directory'
  | 'bitmap-table'
  | 'bitmap-data'
  /** Clusters that nobody refers to: they read as zeros if the file system makes holes. */
  | 'freed'
  | 'file-length';

/** One change, with its place in the host file. Values are text: hexadecimal `0x…` for entries and offsets, else decimal. */
export interface RepairChange {
  readonly what: ChangeKind;
  /** Host offset in bytes of what is changed; of a refcount: of the cluster that it counts. */
  readonly offset: HostOffset;
  /** Bytes; of a refcount: of its cluster. */
  readonly length: Bytes;
  /** Its number: of an L1 entry in the table, of a refcount's cluster, of a block in the refcount table. */
  readonly index?: number | undefined;
  /** Of an L2 entry: where on the guest's disk; undefined when the table is a snapshot's. */
  readonly guestOffset?: GuestOffset | undefined;
  /** Of a header field: its name as the specification has it. */
  readonly field?: string | undefined;
  /** Undefined where nothing was, or where it is bytes of data. */
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** Changes that are kept; the rest is counted. */
const KEPT = 20_000;

/** The changes of a repair in the order in which QEMU makes them. */
export class ChangeList {
  readonly #kept: RepairChange[] = [];
  readonly #totals = new Map<ChangeKind, number>();
  /** All clusters that were given free. */
  readonly freed = new SparseBits();
  #freed: { readonly index: number; end: number } | undefined;

  get kept(): readonly RepairChange[] {
    return this.#kept;
  }

  /** How many there are of each kind; of freed clusters: clusters. */
  get totals(): ReadonlyMap<ChangeKind, number> {
    return this.#totals;
  }

  /** No more changes are kept: `count` does for all that come. */
  get isFull(): boolean {
    return this.#kept.length >= KEPT;
  }

  /** Changes that are not kept. */
  count(what: ChangeKind, changes: number): void {
    if (changes > 0) this.#totals.set(what, (this.#totals.get(what) ?? 0) + changes);
  }

  /** A change that is only put into words while there is room for it. */
  add(what: ChangeKind, tell: () => Omit<RepairChange, 'what'>): void {
    this.count(what, 1);
    if (!this.isFull) this.#kept.push({ what, ...tell() });
  }

  /** Clusters side by side are given free. */
  free(offset: number, clusters: number, clusterSize: number): void {
    this.count('freed', clusters);
    this.freed.add(offset / clusterSize, offset / clusterSize + clusters);
    const length = clusters * clusterSize;
    const last = this.#freed;
    if (last?.end === offset) {
      const run = this.#kept[last.index];
      this.#kept[last.index] = { ...run, length: bytes(run.length + length) };
      last.end += length;
    } else if (!this.isFull) {
      this.#freed = { index: this.#kept.length, end: offset + length };
      this.#kept.push({ what: 'freed', offset: hostOffset(offset), length: bytes(length) });
    }
  }
}
