import type { Image } from '../qcow2/image.js';
import { blockOffset, blockOffsetText, isOffGrid } from '../qcow2/entryTable.js';
import type { Geometry } from '../qcow2/geometry.js';
import { MAX_NODE_LENGTH } from '../qcow2/limits.js';
import { refcountReader } from '../qcow2/refcountEntry.js';
import { hashHex, viewOf } from '../bytes.js';
import { MANY } from '../map/cell.js';
import { CHUNK, type ClusterMap } from '../map/clusterMap.js';

type Block =
  | { readonly type: 'missing' }
  | { readonly type: 'unaligned'; readonly offsetText: string }
  | { readonly type: 'unreadable' }
  | { readonly type: 'at'; readonly offset: number };

/** The refcounts as the image stores them: refcount table, refcount blocks. */
export class StoredRefcounts {
  readonly #image: Image;
  readonly #geometry: Geometry;
  /** Bytes of one block, reused; `#buffered` is the index of the block it holds. */
  readonly #buffer: Uint8Array;
  readonly #view: DataView;
  /** An entry of the buffered block. */
  readonly #refcount: (entry: number) => number | bigint;
  #buffered = -1;
  #unreadable = false;
  #signal: string | undefined;
  #pastEnd = 0;
  /** Clusters whose refcounts are all the same, not yet in the map. */
  #alike: { readonly from: number; to: number; readonly value: number } | undefined;
  #firstPastEnd = -1;

  constructor(image: Image, geometry: Geometry) {
    this.#image = image;
    this.#geometry = geometry;
    this.#buffer = new Uint8Array(geometry.clusterSize);
    this.#view = viewOf(this.#buffer);
    this.#refcount = refcountReader(this.#buffer, geometry.refcountBits);
  }

  /** Some block cannot be read: the refcounts in it are unknown. */
  get someUnreadable(): boolean {
    return this.#unreadable;
  }
  /** What QEMU says, once, when it first comes upon a block off the cluster grid. */
  get signal(): string | undefined {
    return this.#signal;
  }
  /** Refcounts that are not 0 behind the end of the file, and the first such cluster (-1: none). */
  get pastEnd(): { readonly clusters: number; readonly first: number } {
    return { clusters: this.#pastEnd, first: this.#firstPastEnd };
  }

  #block(index: number): Block {
    const table = this.#image.refcountTable;
    const [high, low] = [table.high(index), table.low(index)];
    const offset = blockOffset(high, low);
    if (offset === 0) return { type: 'missing' };
    if (isOffGrid(low, this.#geometry.clusterSize))
      return { type: 'unaligned', offsetText: blockOffsetText(high, low) };
    // A block behind the longest node gives EIO.
    return offset > Number(MAX_NODE_LENGTH) ? { type: 'unreadable' } : { type: 'at', offset };
  }

  /** Loads every block into the map's cells. Yields the part done, 0 … 1. */
  *load(map: ClusterMap): Generator<number, void> {
    const { refcountsPerBlock, hostClusters } = this.#geometry;
    const blocks = this.#image.refcountTable.present;
    for (let index = 0; index < blocks; index++) {
      const block = this.#block(index);
      if (block.type === 'missing') continue;
      const first = index * refcountsPerBlock;
      if (block.type !== 'at') {
        if (first < hostClusters) this.#cannotRead(block, index);
        continue;
      }
      if (block.offset >= this.#image.source.size) continue;
      this.#image.source.readInto(this.#buffer, block.offset);
      this.#buffered = index;
      this.#fill(map, first);
      yield index / blocks;
    }
    this.#flushAlike(map);
  }

  #cannotRead(block: Block, index: number): void {
    this.#unreadable = true;
    if (block.type !== 'unaligned') return;
    this.#signal ??=
      `qcow2: Image is corrupt: Refblock offset 0x${block.offsetText} unaligned ` +
      `(reftable index: ${hashHex(index)}); ` +
      'further non-fatal corruption events will be suppressed';
  }

  #fill(map: ClusterMap, first: number): void {
    const { refcountsPerBlock, hostClusters } = this.#geometry;
    // One cluster more than the file has may be counted.
    const end = Math.min(first + refcountsPerBlock, hostClusters + 1);
    const uniform = this.#uniform();
    if (uniform === 0) return;
    if (uniform !== undefined) this.#fillAlike(map, first, end, uniform);
    for (let from = first; uniform === undefined && from < end;) {
      const to = Math.min(end, (Math.floor(from / CHUNK) + 1) * CHUNK);
      const alike = this.#alikeIn(from - first, to - from);
      if (alike === undefined)
        this.#fillCells(
          map.writable(Math.floor(from / CHUNK)),
          from % CHUNK,
          from - first,
          to - from,
        );
      else if (alike !== 0) this.#fillAlike(map, from, to, alike);
      from = to;
    }
    for (
      let cluster = Math.max(first, hostClusters);
      cluster < first + refcountsPerBlock;
      cluster++
    ) {
      if (this.#small(cluster - first) === 0) continue;
      this.#pastEnd++;
      if (this.#firstPastEnd < 0) this.#firstPastEnd = cluster;
    }
  }

  /** Blocks alike are filled in together, so that a chunk of them need not be written out. */
  #fillAlike(map: ClusterMap, from: number, to: number, value: number): void {
    const alike = this.#alike;
    if (alike?.to === from && alike.value === value) alike.to = to;
    else {
      this.#flushAlike(map);
      this.#alike = { from, to, value };
    }
  }

  #flushAlike(map: ClusterMap): void {
    if (this.#alike) map.fill(this.#alike.from, this.#alike.to, this.#alike.value);
    this.#alike = undefined;
  }

  /** The refcount that fills the whole buffered block, if one does (of 32 bits or less). */
  #uniform(): number | undefined {
    const words = new Uint32Array(this.#buffer.buffer, 0, this.#buffer.length >>> 2);
    const first = words[0];
    for (let i = 1; i < words.length; i++) if (words[i] !== first) return undefined;
    const value = this.#small(0);
    for (let entry = 1; entry * this.#geometry.refcountBits < 64; entry++)
      if (this.#small(entry) !== value) return undefined;
    return value;
  }

  /** The refcount that `count` entries from entry `entry` of the buffered block on have, if it is one. */
  #alikeIn(entry: number, count: number): number | undefined {
    const view = this.#view;
    if (this.#geometry.refcountBits === 16) {
      const first = view.getUint16(entry * 2);
      const end = (entry + count) * 2;
      for (let p = entry * 2 + 2; p < end; p += 2)
        if (view.getUint16(p) !== first) return undefined;
      return Math.min(first, MANY);
    }
    const value = this.#small(entry);
    for (let i = 1; i < count; i++) if (this.#small(entry + i) !== value) return undefined;
    return value;
  }

  /** `count` refcounts from entry `entry` of the buffered block on, into cells from `at` on. */
  #fillCells(cells: Uint32Array, at: number, entry: number, count: number): void {
    const view = this.#view;
    if (this.#geometry.refcountBits === 16) {
      for (let i = 0, p = entry * 2; i < count; i++, p += 2) {
        const value = view.getUint16(p);
        cells[at + i] = value < MANY ? value : MANY;
      }
      return;
    }
    for (let i = 0; i < count; i++) cells[at + i] = this.#small(entry + i);
  }

  /** An entry of the buffered block, at most MANY. */
  #small(entry: number): number {
    const value = this.#refcount(entry);
    return value < MANY ? Number(value) : MANY;
  }

  /** The exact refcount of any cluster, read from its block; undefined if that cannot be read. */
  exact(cluster: number): bigint | undefined {
    const { refcountsPerBlock } = this.#geometry;
    const index = Math.floor(cluster / refcountsPerBlock);
    if (index >= this.#image.refcountTable.length) return 0n;
    const block = this.#block(index);
    if (block.type === 'missing') return 0n;
    if (block.type !== 'at') {
      this.#cannotRead(block, index);
      return undefined;
    }
    if (this.#buffered !== index) {
      this.#image.source.readInto(this.#buffer, block.offset);
      this.#buffered = index;
    }
    return BigInt(this.#refcount(cluster % refcountsPerBlock));
  }

  /** Whether a cluster's refcount is unknown. */
  unreadable(cluster: number): boolean {
    return this.#unreadable && this.exact(cluster) === undefined;
  }
}
