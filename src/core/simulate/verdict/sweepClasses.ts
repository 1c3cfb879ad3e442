import { type Cell, kindsOf, referencesOf, storedOf } from '../../map/cell.js';
import { ClusterBits } from '../../map/clusterSet.js';
import { CHUNK, type ClusterMap } from '../../map/clusterMap.js';
import { ANY_L2, BIT } from '../../map/kinds.js';
import { guardedTables, TodayEngine } from '../../overlap/today.js';
import { SURE_LENGTH } from '../guard/hostFile.js';
import { TEMPLATES, type TypeSet } from '../../overlap/types.js';
import type { MappableImage } from '../../qcow2/image.js';
import { COPIED, compressedSpan, l2EntryKind } from '../../qcow2/l2Entry.js';
import { blockOffset, isOffGrid, maskedOffset } from '../../qcow2/entryTable.js';

/** Clusters that a write of one may allocate: data, L2 table, refcount block; a larger refcount table lies behind them. */
const MAX_TAKEN = 16;

/** Classes of ordinary clusters. */
export const ORDINARY = 4;
/** Of them: data that one entry refers to, and that is written in place. */
const ONCE = 0;

/** What is known of all entries that differ from one another only in the place of their cluster. */
export interface Form {
  readonly key: string;
  /** Its cluster is written where it is. */
  readonly inPlace: boolean;
  /** It has a cluster of the file. */
  readonly located: boolean;
  readonly compressed: boolean;
}

/**
 * Puts guest clusters into classes, such that a write to any of a class meets the same fate. The
 * key names whatever QEMU's write path looks at on its way (see guestWrite.ts): the flags of the
 * entry, the kinds, references and refcount of its cluster, the refcount block that counts it.
 */
export class SweepClasses {
  readonly #image: MappableImage;
  readonly #map: ClusterMap;
  readonly #exact: TodayEngine;
  /** What a limit refuses depends on the window that is asked for. */
  readonly #windowBytes: number;
  /** The highest cluster that one write may allocate. */
  readonly #lastTaken: number;
  /** Data that one entry refers to. The map itself is too large to be looked into here and there. */
  readonly #once: ClusterBits;
  readonly #forms: Form[] = [];
  /** By index of the block. */
  readonly #plainBlocks = new Map<number, boolean>();

  /** @param windowBytes of the file in an overlap window where these matter, else Infinity */
  constructor(image: MappableImage, map: ClusterMap, windowBytes: number) {
    this.#image = image;
    this.#map = map;
    this.#exact = new TodayEngine(guardedTables(image), TEMPLATES.all);
    this.#windowBytes = windowBytes;
    this.#lastTaken = lastTaken(map);
    this.#once = referredToOnce(map);
  }

  /** The class of an L1 entry and of the table it refers to. */
  table(l1Index: number): { readonly key: string; readonly whole: boolean } {
    const { l1, geometry } = this.#image;
    const offset = maskedOffset(l1.high(l1Index), l1.low(l1Index));
    const copied = (l1.high(l1Index) & COPIED) !== 0;
    if (offset % geometry.clusterSize !== 0) return { key: 'unaligned', whole: true };
    if (copied && offset === 0) return { key: 'copied nowhere', whole: true };
    if (copied) return { key: `in place ${this.#written(offset, BIT.activeL2)}`, whole: false };
    // The L1 entry is written, too.
    const l1Entry = l1.entryOffset(l1Index);
    const entry = this.#written(l1Entry, BIT.activeL1);
    if (offset === 0) return { key: `new, ${entry}`, whole: true };
    const cluster = offset / geometry.clusterSize;
    return { key: `copied, ${entry}, ${this.#replaced(cluster)}`, whole: false };
  }

  /** What an entry says, but for the place of its cluster: few different ones. Words as in L2EntryRuns. */
  form(high: number, low: number, zeroes: number, allocated: number): Form {
    const { clusterSize } = this.#image.geometry;
    const number =
      ((high >>> 24) << 8) |
      (+((high & 0x00ffffff) !== 0 || (low & 0xfffffe00) !== 0) << 7) |
      (+isOffGrid(low, clusterSize) << 6) |
      ((low & 1) << 5) |
      (+((zeroes & allocated) !== 0) << 4) |
      (bitsClass(zeroes) << 2) |
      bitsClass(allocated);
    return (this.#forms[number] ??= this.#describe(high, low, zeroes, allocated));
  }

  #describe(high: number, low: number, zeroes: number, allocated: number): Form {
    const { geometry } = this.#image;
    const kind = l2EntryKind(high, low, geometry);
    const compressed = kind === 'compressed';
    const copied = (high & COPIED) !== 0;
    const located = kind === 'normal' || kind === 'zero-allocated' || compressed;
    const unaligned = !compressed && isOffGrid(low, geometry.clusterSize);
    const bits = [zeroes & allocated, zeroes, allocated].map(bitsClass).join();
    return {
      key: `${kind} ${copied ? 'copied' : ''} ${unaligned ? 'unaligned' : ''} ${bits}`,
      inPlace: copied && (kind === 'normal' || kind === 'zero-allocated'),
      located: located && !geometry.externalData,
      compressed,
    };
  }

  /** The class of an entry's own cluster, if it is an ordinary one: a number below ORDINARY; else -1. */
  ordinary(form: Form, cluster: number): number {
    if (cluster >= this.#map.clusters || this.#windowBytes !== Infinity) return -1;
    if (form.inPlace && this.#once.has(cluster)) return ONCE;
    const cell = this.#map.cell(cluster);
    if (kindsOf(cell) !== BIT.data) return -1;
    const references = referencesOf(cell);
    if (form.inPlace) return references === 1 ? ONCE : 1;
    const stored = storedOf(cell);
    if (stored === 0 || !this.#plainBlock(cluster)) return -1;
    return stored === 1 ? 2 : 3;
  }

  /** The class of an entry's own cluster at a host offset, whatever it is. */
  cluster(form: Form, offset: number): string {
    return form.inPlace
      ? this.#written(offset, 0)
      : this.#givenUp(Math.floor(offset / this.#image.geometry.clusterSize));
  }

  /** The class of the clusters that a compressed entry touches. */
  compressed(high: number, low: number): string {
    const { clusterSize } = this.#image.geometry;
    const { offset, length } = compressedSpan(high, low, this.#image.geometry);
    const last = Math.floor((offset + length - 1) / clusterSize);
    const parts: string[] = [];
    for (let cluster = Math.floor(offset / clusterSize); cluster <= last; cluster++)
      parts.push(this.#givenUp(cluster));
    return parts.join('; ');
  }

  /** A cluster that is written, or tried to. */
  #written(offset: number, ignore: TypeSet): string {
    const cluster = Math.floor(offset / this.#image.geometry.clusterSize);
    const cell = cluster < this.#map.clusters ? this.#map.cell(cluster) : 0;
    const hits = this.#hits(offset, 1, ignore);
    const far = offset >= SURE_LENGTH / 2 ? 'far' : '';
    return `${kindsOf(cell)} ${Math.min(2, referencesOf(cell))} ${hits} ${far} ${this.#window(offset)}`;
  }

  /** An old cluster of the guest's, whose refcount is lowered when all else is done. */
  #givenUp(cluster: number): string {
    if (cluster >= this.#map.clusters) return `at ${cluster}`;
    const cell = this.#map.cell(cluster);
    const guest = (kindsOf(cell) & ~(BIT.data | BIT.compressed)) === 0;
    const stored = storedOf(cell);
    // One that may be taken again by this very write is a case of its own.
    if (!guest || (stored === 0 && cluster <= this.#lastTaken)) return `at ${cluster}`;
    const block = this.#plainBlock(cluster) ? '' : `, block ${this.#blockIndex(cluster)}`;
    return `${Math.min(stored, 2)}${block}`;
  }

  /** An L2 table that is replaced by a copy. Freed it may be allocated again in the same breath. */
  #replaced(cluster: number): string {
    const cell = cluster < this.#map.clusters ? this.#map.cell(cluster) : 0;
    const table = (kindsOf(cell) & ~ANY_L2) === 0;
    return table && storedOf(cell) >= 2 && this.#plainBlock(cluster) ? 'shared' : `at ${cluster}`;
  }

  /** Whether the refcount block of a cluster lies where nothing else does. */
  #plainBlock(cluster: number): boolean {
    const { refcountTable, geometry } = this.#image;
    const index = this.#blockIndex(cluster);
    const known = this.#plainBlocks.get(index);
    if (known !== undefined) return known;
    const offset = blockOffset(refcountTable.high(index), refcountTable.low(index));
    const at = offset / geometry.clusterSize;
    const plain =
      offset !== 0 &&
      Number.isInteger(at) &&
      at < this.#map.clusters &&
      kindsOf(this.#map.cell(at)) === BIT.refcountBlock &&
      referencesOf(this.#map.cell(at)) === 1 &&
      this.#hits(offset, 1, BIT.refcountBlock) === 0;
    this.#plainBlocks.set(index, plain);
    return plain;
  }

  #blockIndex(cluster: number): number {
    return Math.floor(cluster / this.#image.geometry.refcountsPerBlock);
  }

  #hits(offset: number, size: number, ignore: TypeSet): TypeSet {
    let found = 0;
    for (;;) {
      const next = this.#exact.check(ignore | found, offset, size);
      if (next === 0) return found;
      found |= next;
    }
  }

  #window(offset: number): string {
    return this.#windowBytes === Infinity ? '' : `w${Math.floor(offset / this.#windowBytes)}`;
  }
}

/** Of 32 subclusters: none, some, all. */
const bitsClass = (bits: number): number => (bits === 0 ? 0 : (bits | 0) === -1 ? 2 : 1);

function referredToOnce(map: ClusterMap): ClusterBits {
  const once = new ClusterBits(map.clusters);
  const isOnce = (cell: Cell): boolean => kindsOf(cell) === BIT.data && referencesOf(cell) === 1;
  for (let index = 0; index < map.chunkCount; index++) {
    const chunk = map.chunk(index);
    if (typeof chunk === 'number' && !isOnce(chunk)) continue;
    const first = index * CHUNK;
    const end = Math.min(CHUNK, map.clusters - first);
    for (let i = 0; i < end; i++)
      if (typeof chunk === 'number' || isOnce(chunk[i])) once.add(first + i);
  }
  return once;
}

/** The last of the first MAX_TAKEN clusters whose refcount is 0. */
function lastTaken(map: ClusterMap): number {
  let left = MAX_TAKEN;
  for (let index = 0; index < map.chunkCount; index++) {
    const chunk = map.chunk(index);
    if (typeof chunk === 'number' && storedOf(chunk) > 0) continue;
    for (let i = 0; i < CHUNK; i++)
      if (storedOf(typeof chunk === 'number' ? chunk : chunk[i]) === 0 && --left === 0)
        return index * CHUNK + i;
  }
  return Infinity;
}
