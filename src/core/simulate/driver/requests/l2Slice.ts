import { hexWords } from '../../../bytes.js';
import { maskedOffset } from '../../../qcow2/entryTable.js';
import { COPIED, l2EntryKind, type L2EntryKind } from '../../../qcow2/l2Entry.js';
import { contradicts, type SubclusterKind, subclusterKind } from '../../../qcow2/subclusters.js';
import type { CacheEntry } from '../state/cacheEntry.js';
import type { MetadataCache } from '../state/metadataCache.js';
import type { Recorder } from '../../copy/recorder.js';
import type { Sizes } from '../../copy/sizes.js';

/** The 64 bits of an entry. */
export interface EntryWords {
  readonly high: number;
  readonly low: number;
}

/** An entry's bitmaps say what cannot be. */
export type PieceKind = SubclusterKind | 'invalid';

/** A slice of an L2 table that is held in the cache. Indices count from its start. */
export class L2Slice {
  /** Guest offset of the first entry. */
  readonly guestStart: number;
  readonly entry: CacheEntry;
  readonly #cache: MetadataCache;
  readonly #sizes: Sizes;
  readonly #recorder: Recorder;

  constructor(
    entry: CacheEntry,
    guestStart: number,
    cache: MetadataCache,
    sizes: Sizes,
    recorder: Recorder,
  ) {
    this.entry = entry;
    this.guestStart = guestStart;
    this.#cache = cache;
    this.#sizes = sizes;
    this.#recorder = recorder;
  }

  release(): void {
    this.#cache.put(this.entry);
  }

  markDirty(): void {
    this.#cache.markDirty(this.entry);
  }

  words(index: number): EntryWords {
    const at = index * this.#sizes.l2EntrySize;
    return { high: this.entry.view.getUint32(at), low: this.entry.view.getUint32(at + 4) };
  }

  kind(index: number): L2EntryKind {
    const { high, low } = this.words(index);
    return l2EntryKind(high, low, this.#sizes);
  }

  /** Host offset, of an entry that has one. */
  offset(index: number): number {
    const { high, low } = this.words(index);
    return maskedOffset(high, low);
  }

  /** Subclusters with data, bit n for subcluster n; 0 without extended L2. */
  allocated(index: number): number {
    return this.#sizes.extendedL2 ? this.entry.view.getUint32(index * 16 + 12) : 0;
  }

  /** Subclusters that read as zeros. */
  zeroes(index: number): number {
    return this.#sizes.extendedL2 ? this.entry.view.getUint32(index * 16 + 8) : 0;
  }

  /** Kind of one subcluster, or of the cluster (qcow2_get_subcluster_type). */
  pieceKind(index: number, subcluster: number): PieceKind {
    const kind = this.kind(index);
    if (!this.#sizes.extendedL2 || kind === 'compressed') return kind;
    const bitmap = { allocated: this.allocated(index), zeroes: this.zeroes(index) };
    if (contradicts(kind === 'normal', bitmap)) return 'invalid';
    return subclusterKind(kind === 'normal', bitmap, subcluster);
  }

  /** Subclusters of the same kind from one on, within the cluster. */
  run(index: number, from: number): number {
    const { subclusters } = this.#sizes;
    const kind = this.pieceKind(index, from);
    let end = from + 1;
    if (kind === 'compressed') return subclusters - from;
    while (end < subclusters && this.pieceKind(index, end) === kind) end++;
    return end - from;
  }

  /** A write needs a new cluster here (cluster_needs_new_alloc). */
  needsNew(index: number): boolean {
    const kind = this.kind(index);
    const inPlace = kind === 'normal' || kind === 'zero-allocated';
    return !inPlace || (this.words(index).high & COPIED) === 0;
  }

  set(index: number, { high, low }: EntryWords): void {
    const at = index * this.#sizes.l2EntrySize;
    const old = this.words(index);
    if (old.high !== high >>> 0 || old.low !== low >>> 0)
      this.#recorder.entry(() => ({
        type: 'l2-entry',
        guestOffset: this.guestStart + index * this.#sizes.clusterSize,
        old: `0x${hexWords(old.high, old.low)}`,
        new: `0x${hexWords(high, low)}`,
      }));
    this.entry.view.setUint32(at, high >>> 0);
    this.entry.view.setUint32(at + 4, low >>> 0);
  }

  setBitmap(index: number, allocated: number, zeroes: number): void {
    this.entry.view.setUint32(index * 16 + 8, zeroes >>> 0);
    this.entry.view.setUint32(index * 16 + 12, allocated >>> 0);
  }
}

/** Bits `from` … `to - 1` of a subcluster bitmap. */
export function bitRange(from: number, to: number): number {
  const upTo = (n: number): number => (n === 32 ? 0xffffffff : (1 << n) - 1);
  return (upTo(to) & ~upTo(from)) >>> 0;
}
