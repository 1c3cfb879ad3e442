import { viewOf } from '../../bytes.js';
import { maskedOffset } from '../../qcow2/entryTable.js';
import type { MappableImage } from '../../qcow2/image.js';
import { COMPRESSED, compressedSpan, l2EntryKind } from '../../qcow2/l2Entry.js';
import { L2EntryRuns } from '../../qcow2/l2EntryRuns.js';
import type { EntryFault, EntryJudge } from './entryFault.js';
import { type Marks, NONE } from './marks.js';

/** What decides which suspect an entry of an L2 table is put down to. */
export interface EntryBlame {
  readonly marks: Marks;
  readonly judge: EntryJudge;
  readonly faults: ReadonlyMap<EntryFault, number>;
  /** Whoever makes compressed data unreadable. */
  readonly compressed: number;
}

/** Subclusters of an entry. */
interface Bitmap {
  readonly zeroes: number;
  readonly allocated: number;
}

/**
 * The entries of one L2 table as stretches, each put down to one suspect; NONE: whoever takes the
 * table. Reused from table to table.
 */
export class EntryStretches {
  count = 0;
  readonly suspects: Int32Array;
  /** Indexes of entries; `ends` are not among them. */
  readonly firsts: Int32Array;
  readonly ends: Int32Array;
  readonly #image: MappableImage;
  readonly #blame: EntryBlame;
  readonly #runs: L2EntryRuns;
  readonly #bytes: Uint8Array;

  constructor(image: MappableImage, blame: EntryBlame) {
    const { geometry } = image;
    this.#image = image;
    this.#blame = blame;
    this.#runs = new L2EntryRuns(geometry);
    this.#bytes = new Uint8Array(geometry.clusterSize);
    this.suspects = new Int32Array(geometry.l2Entries);
    this.firsts = new Int32Array(geometry.l2Entries);
    this.ends = new Int32Array(geometry.l2Entries);
  }

  /**
   * Reads the table at `offset`. Throws on I/O errors.
   *
   * @param own whoever takes all of it
   * @param marked what all clusters of its sound entries are marked with, if that is known
   */
  read(offset: number, own: number, guestStart: number, marked: number | undefined): void {
    const { geometry, source } = this.#image;
    source.readInto(this.#bytes, offset);
    this.count = 0;
    if (geometry.extendedL2 || geometry.externalData) this.#collectRuns(own, guestStart);
    else if (marked === undefined) this.#collectEntries(own, guestStart);
    else this.#collectAlike(marked !== NONE ? marked : own);
  }

  /** Sound entries, of which there may be millions, on 32-bit integers; any other by itself. */
  #collectEntries(own: number, guestStart: number): void {
    const { clusterBits, clusterSize, hostClusters, l2Entries } = this.#image.geometry;
    const view = viewOf(this.#bytes);
    const shift = 32 - clusterBits;
    let first = 0;
    let from = 0;
    let length = 0;
    for (let index = 0, at = 0; index < l2Entries; index++, at += 8) {
      const high = view.getInt32(at);
      const low = view.getInt32(at + 4);
      if ((high | low) === 0) continue;
      const upper = high & 0x00ffffff;
      const cluster = (upper << shift) | (low >>> clusterBits);
      const isPlain = (high & 0x7f000000) === 0 && (low & (clusterSize - 1)) === 0;
      // Above, the number of the cluster would not fit.
      const isNumber = upper >>> (clusterBits - 1) === 0 && cluster !== 0;
      if (!isPlain || !isNumber || cluster >= hostClusters) {
        this.#collectSound(first, from, length, own);
        length = 0;
        this.#collectRun(index, 1, high >>> 0, low >>> 0, undefined, own, guestStart);
        continue;
      }
      if (cluster === from + length && index === first + length) {
        length++;
        continue;
      }
      this.#collectSound(first, from, length, own);
      first = index;
      from = cluster;
      length = 1;
    }
    this.#collectSound(first, from, length, own);
  }

  /** Entries of which each has a cluster or none (TableIndex.isPlain), all put down to one suspect. */
  #collectAlike(suspect: number): void {
    const { l2Entries } = this.#image.geometry;
    const view = viewOf(this.#bytes);
    let first = 0;
    for (let index = 0; index <= l2Entries; index++) {
      const at = index * 8;
      // COPIED, or zero, without a cluster is as good as nothing.
      const hasCluster =
        index < l2Entries &&
        ((view.getInt32(at) & 0x7fffffff) !== 0 || (view.getInt32(at + 4) & ~1) !== 0);
      if (hasCluster) continue;
      if (index > first) this.#stretch(suspect, first, index - first);
      first = index + 1;
    }
  }

  /** Sound entries that point at clusters side by side. */
  #collectSound(index: number, cluster: number, length: number, own: number): void {
    const { marks } = this.#blame;
    const end = cluster + length;
    for (let from = cluster; from < end;) {
      const isOne = from === end - 1;
      const to = isOne || !marks.touch(from, end - 1) ? end : marks.alikeUntil(from, end);
      const marked = marks.of(from);
      this.#stretch(marked !== NONE ? marked : own, index + from - cluster, to - from);
      from = to;
    }
  }

  #collectRuns(own: number, guestStart: number): void {
    const { geometry } = this.#image;
    const runs = this.#runs;
    runs.decode(viewOf(this.#bytes), geometry.l2Entries);
    for (let run = 0; run < runs.count; run++) {
      const high = runs.highs[run];
      const low = runs.lows[run];
      if ((high | low) === 0 && !geometry.extendedL2) continue;
      const bitmap =
        geometry.extendedL2 && (high & COMPRESSED) === 0
          ? { zeroes: runs.zeroes[run], allocated: runs.allocated[run] }
          : undefined;
      this.#collectRun(runs.indexes[run], runs.lengths[run], high, low, bitmap, own, guestStart);
    }
  }

  /** Entries that are alike but for their offsets, which follow each other. */
  #collectRun(
    index: number,
    length: number,
    high: number,
    low: number,
    bitmap: Bitmap | undefined,
    own: number,
    guestStart: number,
  ): void {
    const { geometry } = this.#image;
    const { marks, judge, compressed } = this.#blame;
    const fault = judge.l2(high, low, bitmap, guestStart + index * geometry.clusterSize);
    if (fault !== undefined) {
      this.#judgeEach(index, length, high, low, bitmap, guestStart, own);
      return;
    }
    if ((high & COMPRESSED) !== 0) {
      const { offset: at } = compressedSpan(high, low, geometry);
      const marked = marks.of(Math.floor(at / geometry.clusterSize));
      this.#stretch(marked !== NONE ? marked : compressed !== NONE ? compressed : own, index, 1);
      return;
    }
    if (l2EntryKind(high, low, geometry) !== 'normal' || bitmap?.allocated === 0) return;
    const start = Math.floor(maskedOffset(high, low) / geometry.clusterSize);
    // A run may go on behind the end of the file: all its entries from there on are broken.
    const inFile = geometry.externalData ? length : Math.min(length, geometry.hostClusters - start);
    if (geometry.externalData) this.#stretch(own, index, inFile);
    else this.#collectSound(index, start, inFile, own);
    if (inFile < length) {
      const nextLow = low + inFile * geometry.clusterSize;
      this.#judgeEach(index + inFile, length - inFile, high, nextLow, bitmap, guestStart, own);
    }
  }

  /** Entries of a run, of which at least the first is broken. */
  #judgeEach(
    index: number,
    length: number,
    high: number,
    low: number,
    bitmap: Bitmap | undefined,
    guestStart: number,
    own: number,
  ): void {
    const { clusterSize } = this.#image.geometry;
    const { judge, faults } = this.#blame;
    for (let i = 0; i < length; i++) {
      const hasOffset = maskedOffset(high, low) !== 0;
      const nextLow = (low + (hasOffset ? i * clusterSize : 0)) >>> 0;
      const start = guestStart + (index + i) * clusterSize;
      const fault = judge.l2(high, nextLow, bitmap, start);
      const suspect = fault && faults.get(fault);
      this.#stretch(suspect ?? own, index + i, 1);
    }
  }

  #stretch(suspect: number, first: number, length: number): void {
    const last = this.count - 1;
    if (last >= 0 && this.suspects[last] === suspect && this.ends[last] === first) {
      this.ends[last] += length;
      return;
    }
    this.suspects[this.count] = suspect;
    this.firsts[this.count] = first;
    this.ends[this.count++] = first + length;
  }

  /** What there is of each suspect. */
  sums(): Map<number, { bytes: number; ranges: number }> {
    const { clusterSize } = this.#image.geometry;
    const sums = new Map<number, { bytes: number; ranges: number }>();
    for (let stretch = 0; stretch < this.count; stretch++) {
      const suspect = this.suspects[stretch];
      const sum = sums.get(suspect) ?? { bytes: 0, ranges: 0 };
      sums.set(suspect, sum);
      sum.bytes += (this.ends[stretch] - this.firsts[stretch]) * clusterSize;
      sum.ranges++;
    }
    return sums;
  }
}
