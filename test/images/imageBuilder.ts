import { deflateRawSync, zstdCompressSync } from 'node:zlib';
import type { BitmapOptions } from './bitmaps.js';
import { geometryOf, type Geometry } from './geometry.js';
import { ALL_SUBCLUSTERS, type GuestCluster, type Subclusters } from './guestCluster.js';
import { HostAllocator } from './hostAllocator.js';
import type { Piece } from './pieces.js';
import type { SnapshotOptions } from './snapshotTable.js';

export interface ImageOptions {
  /** Bytes of the virtual disk. */
  readonly virtualSize: number;
  readonly version?: 2 | 3;
  readonly clusterBits?: number;
  readonly refcountOrder?: number;
  readonly extendedL2?: boolean;
  readonly compression?: 'deflate' | 'zstd';
  readonly lazyRefcounts?: boolean;
  readonly dirty?: boolean;
  readonly corrupt?: boolean;
  readonly backing?: { readonly name: string; readonly format: string };
  /** Data goes to a file of this name beside the image; raw: at the guest's own offsets. */
  readonly dataFile?: { readonly name: string; readonly raw: boolean };
  /** Bytes of a region that claims to be a LUKS header; its contents are noise. */
  readonly cryptoHeader?: number;
  /** Whether the header names its features; default: when they fit. */
  readonly featureNames?: boolean;
}

/** An L2 table, with the number of L1 tables that point at it. */
export interface L2Table {
  readonly cluster: number;
  readonly entries: Map<number, GuestCluster>;
  users: number;
}

/** An L1 table on the host and what its entries point at. */
export interface L1Table {
  readonly cluster: number;
  readonly tables: (L2Table | undefined)[];
}

export interface Snapshot {
  readonly options: SnapshotOptions;
  readonly l1: L1Table;
}

/**
 * Plays a guest and its tools on a new image: writes, discards, snapshots, bitmaps. Host clusters
 * are handed out in the order of the calls, copies are made on write as QEMU makes them.
 * `layOut` (layOut.ts) then turns it into bytes. Made from the specification alone, so that the
 * reader under test and this writer cannot share a mistake.
 */
export class ImageBuilder {
  readonly options: ImageOptions;
  readonly geometry: Geometry;
  readonly host: HostAllocator;
  readonly active: L1Table;
  readonly snapshots: Snapshot[] = [];
  readonly bitmaps: BitmapOptions[] = [];
  /** Contents of data clusters. */
  readonly data: Piece[] = [];
  /** Clusters with a refcount that nothing accounts for. */
  readonly leaks: number[] = [];
  /** First cluster of the crypto header. */
  readonly cryptoCluster: number | undefined;
  /** Where the next compressed cluster may start, in bytes, and how many share that cluster. */
  #packAt = 0;
  #packed = 0;
  #dataFileEnd = 0;
  readonly #deflated = new Map<Uint8Array, Uint8Array>();

  constructor(options: ImageOptions) {
    this.options = options;
    this.geometry = geometryOf(
      options.clusterBits ?? 16,
      options.refcountOrder ?? 4,
      options.extendedL2 ?? false,
    );
    const headerAndRefcountTable = 2;
    this.host = new HostAllocator(this.geometry, headerAndRefcountTable);
    this.active = this.#newL1(this.l1Index(this.guestClusters - 1) + 1);
    const { clusterSize } = this.geometry;
    if (options.cryptoHeader !== undefined) {
      this.cryptoCluster = this.host.allocate(Math.ceil(options.cryptoHeader / clusterSize));
    }
  }

  /** Guest clusters of the virtual disk. */
  get guestClusters(): number {
    return Math.max(1, Math.ceil(this.options.virtualSize / this.geometry.clusterSize));
  }

  l1Index(guestCluster: number): number {
    return Math.floor(guestCluster / this.geometry.l2Entries);
  }

  /** The guest writes to `count` clusters; `bytes` are the contents of each, zeros by default. */
  write(guestCluster: number, count = 1, bytes?: Uint8Array): this {
    for (let guest = guestCluster; guest < guestCluster + count; guest++) {
      this.writeSubclusters(guest, { allocated: ALL_SUBCLUSTERS, zero: 0 }, bytes);
    }
    return this;
  }

  /** As `write`, for an image with extended L2, where `subclusters` becomes the entry's bitmap. */
  writeSubclusters(guestCluster: number, subclusters: Subclusters, bytes?: Uint8Array): this {
    const offset = this.#dataOffset(guestCluster);
    if (bytes !== undefined && this.options.dataFile === undefined) {
      this.data.push({ offset, bytes });
    }
    this.#set(guestCluster, { type: 'normal', offset, subclusters });
    return this;
  }

  /** The guest clusters read as zeros; `allocated` keeps or takes a host cluster for each. */
  zero(guestCluster: number, count = 1, allocated = false): this {
    for (let guest = guestCluster; guest < guestCluster + count; guest++) {
      this.#set(
        guest,
        allocated
          ? { type: 'zero-allocated', offset: this.#dataOffset(guest) }
          : { type: 'zero-plain', subclusters: ALL_SUBCLUSTERS },
      );
    }
    return this;
  }

  /** Some subclusters of an unallocated cluster read as zeros (extended L2). */
  zeroSubclusters(guestCluster: number, subclusters: number): this {
    this.#set(guestCluster, { type: 'zero-plain', subclusters });
    return this;
  }

  /** Writes `bytes` (at most a cluster) compressed, packed behind the one before. */
  compress(guestCluster: number, bytes: Uint8Array): this {
    const packed = this.#deflate(bytes);
    if (packed.length >= this.geometry.clusterSize) return this.write(guestCluster, 1, bytes);
    const offset = this.#pack(packed.length);
    this.data.push({ offset, bytes: packed });
    this.#set(guestCluster, { type: 'compressed', offset, length: packed.length });
    return this;
  }

  /** The guest gives clusters back. */
  discard(guestCluster: number, count = 1): this {
    for (let guest = guestCluster; guest < guestCluster + count; guest++) {
      if (this.active.tables[this.l1Index(guest)] !== undefined) this.#set(guest, undefined);
    }
    return this;
  }

  /** Takes an internal snapshot of the disk as it is now. */
  snapshot(options: SnapshotOptions): this {
    const { clusterSize, l2Entries } = this.geometry;
    const vmStateClusters = Math.ceil((options.vmState?.length ?? 0) / clusterSize);
    const vmStateTables = Math.ceil(vmStateClusters / l2Entries);
    const tables: (L2Table | undefined)[] = [...this.active.tables];
    for (const table of tables) if (table !== undefined) table.users++;

    for (let i = 0; i < vmStateTables; i++) {
      const table = this.#newL2();
      for (let j = 0; j < Math.min(l2Entries, vmStateClusters - i * l2Entries); j++) {
        const offset = this.host.allocate() * clusterSize;
        table.entries.set(j, {
          type: 'normal',
          offset,
          subclusters: { allocated: ALL_SUBCLUSTERS, zero: 0 },
        });
        const from = (i * l2Entries + j) * clusterSize;
        const bytes = options.vmState?.slice(from, from + clusterSize);
        if (bytes !== undefined) this.data.push({ offset, bytes });
      }
      tables.push(table);
    }
    const { cluster } = this.#newL1(tables.length);
    this.snapshots.push({ options, l1: { cluster, tables } });
    return this;
  }

  bitmap(options: BitmapOptions): this {
    this.bitmaps.push(options);
    return this;
  }

  /** Leaves `count` host clusters free. */
  skip(count: number): this {
    this.host.skip(count);
    return this;
  }

  /** `count` host clusters get a refcount, and nothing refers to them. */
  leak(count: number): this {
    const first = this.host.allocate(count);
    for (let i = 0; i < count; i++) this.leaks.push(first + i);
    return this;
  }

  #newL1(entries: number): L1Table {
    const clusters = Math.max(1, Math.ceil((entries * 8) / this.geometry.clusterSize));
    const tables = Array.from({ length: entries }, () => undefined);
    return { cluster: this.host.allocate(clusters), tables };
  }

  #newL2(): L2Table {
    return { cluster: this.host.allocate(), entries: new Map(), users: 1 };
  }

  #dataOffset(guestCluster: number): number {
    const { clusterSize } = this.geometry;
    if (this.options.dataFile === undefined) {
      this.#table(guestCluster);
      return this.host.allocate() * clusterSize;
    }
    if (this.options.dataFile.raw) return guestCluster * clusterSize;
    this.#dataFileEnd += clusterSize;
    return this.#dataFileEnd - clusterSize;
  }

  /** The active L2 table of a guest cluster, to write to: made, or copied when snapshots share it. */
  #table(guestCluster: number): L2Table {
    const index = this.l1Index(guestCluster);
    const table = this.active.tables[index];
    if (table?.users === 1) return table;
    const own = this.#newL2();
    if (table !== undefined) {
      table.users--;
      for (const [i, entry] of table.entries) own.entries.set(i, entry);
    }
    this.active.tables[index] = own;
    return own;
  }

  #set(guestCluster: number, entry: GuestCluster | undefined): void {
    const { entries } = this.#table(guestCluster);
    const index = guestCluster % this.geometry.l2Entries;
    if (entry === undefined) entries.delete(index);
    else entries.set(index, entry);
  }

  /** Remembers what the same array became: samples write a few texts over and over. */
  #deflate(bytes: Uint8Array): Uint8Array {
    const known = this.#deflated.get(bytes);
    if (known !== undefined) return known;
    const packed =
      this.options.compression === 'zstd'
        ? zstdCompressSync(bytes)
        : deflateRawSync(bytes, { windowBits: 12 });
    this.#deflated.set(bytes, packed);
    return packed;
  }

  /** Room for `length` bytes: behind the last compressed cluster where that is possible. */
  #pack(length: number): number {
    const { clusterSize, refcountMax } = this.geometry;
    const used = this.#packAt % clusterSize;
    const left = used === 0 ? 0 : clusterSize - used;
    // Leaves refcounts free for snapshots of the clusters that share this one.
    const shareable = this.#packed < Math.ceil(refcountMax / 8) && refcountMax > 1;
    let offset = this.#packAt;
    const isLast = Math.ceil(this.#packAt / clusterSize) === this.host.end;
    if (!shareable || left === 0 || (length > left && !isLast)) {
      offset = this.host.allocate() * clusterSize;
      this.#packed = 1;
    } else if (length > left) {
      const next = this.host.allocate();
      this.#packed = 1;
      // A refcount block took the neighbour.
      if (next * clusterSize !== this.#packAt + left) offset = next * clusterSize;
    } else {
      this.#packed++;
    }
    this.#packAt = offset + length;
    return offset;
  }
}
