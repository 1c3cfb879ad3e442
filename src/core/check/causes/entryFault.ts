import { isDamaged } from '../../guest/damage.js';
import { referencesOf, storedOf } from '../../map/cell.js';
import { maskedOffset } from '../../qcow2/entryTable.js';
import { compressedSpan, hasReservedBits, l2EntryKind } from '../../qcow2/l2Entry.js';
import type { SubclusterBitmap } from '../../qcow2/subclusters.js';
import type { Scan } from '../scan.js';

/**
 * What is wrong with an entry of an L1 or L2 table by itself:
 * - `stray-bit`: one bit is set that must not be, and without it all is right
 * - `cut-off`: it points behind the end of the file, where refcounts say that something was
 * - `past-end`: it points behind the end of the file, where there never was anything
 * - `refused`: QEMU does not use it
 * - `odd`: reserved bits; QEMU overlooks them
 */
export type EntryFault = 'stray-bit' | 'cut-off' | 'past-end' | 'refused' | 'odd';

/** Bits of an entry that an offset below 2^56 does not have. */
const HIGH_RESERVED = 0x3f000000;

/** Judges entries that the scan found something wrong with. */
export class EntryJudge {
  readonly #scan: Scan;

  constructor(scan: Scan) {
    this.#scan = scan;
  }

  /** `bitmap`: of an extended entry that is not compressed; `start`: its place on the disk in bytes. */
  l2(
    high: number,
    low: number,
    bitmap: SubclusterBitmap | undefined,
    start: number,
  ): EntryFault | undefined {
    const { geometry } = this.#scan.image;
    const kind = l2EntryKind(high, low, geometry);
    if (kind === 'unallocated') return bitmap && bitmap.allocated !== 0 ? 'refused' : undefined;
    if (kind === 'compressed') {
      if (geometry.externalData) return 'refused';
      const { offset, length } = compressedSpan(high, low, geometry);
      if (this.#isPastEnd(offset, length)) return this.#pastEnd(offset);
      return undefined;
    }
    if (kind === 'zero-plain')
      return hasReservedBits(high, low)
        ? 'odd'
        : isDamaged(geometry, high, low, kind, bitmap, start)
          ? 'refused'
          : undefined;
    if (geometry.externalData)
      return isDamaged(geometry, high, low, kind, bitmap, start) ? 'refused' : undefined;
    const offset = maskedOffset(high, low);
    const isOdd = hasReservedBits(high, low);
    const isRefused = isDamaged(geometry, high, low, kind, bitmap, start);
    const isPastEnd = this.#isPastEnd(offset, geometry.clusterSize);
    if (!isOdd && !isRefused && !isPastEnd) return undefined;
    if (this.strayBit(high, low) !== undefined) return 'stray-bit';
    if (isPastEnd) return this.#pastEnd(offset);
    return isRefused ? 'refused' : 'odd';
  }

  /** An entry of an L1 table. */
  l1(high: number, low: number): EntryFault | undefined {
    const { clusterSize } = this.#scan.image.geometry;
    const offset = maskedOffset(high, low);
    const isOdd = (high & 0x7f000000) !== 0 || (low & 0x1ff) !== 0;
    const isRefused = offset % clusterSize !== 0;
    const isPastEnd = this.#isPastEnd(offset, clusterSize);
    if (!isOdd && !isRefused && !isPastEnd) return undefined;
    if (this.strayBit(high, low) !== undefined) return 'stray-bit';
    if (isPastEnd) return this.#pastEnd(offset);
    return isRefused ? 'refused' : 'odd';
  }

  /**
   * The bit, 0 … 61, without which an entry points to a cluster that is missing its owner; undefined
   * if there is none. Bits that the offset has no part in are no harm to it.
   */
  strayBit(high: number, low: number): number | undefined {
    const { clusterBits } = this.#scan.image.geometry;
    const odd = BigInt((high & HIGH_RESERVED) >>> 0) * 2n ** 32n + BigInt(low & 0x1fe);
    const offset = maskedOffset(high, low);
    if (odd !== 0n) {
      const bit = odd.toString(2).length - 1;
      return odd === 1n << BigInt(bit) && this.#isOwned(offset, 1) ? bit : undefined;
    }
    const exact = BigInt(offset);
    const below = exact & ((1n << BigInt(clusterBits)) - 1n);
    for (let bit = 55; bit >= 9; bit--) {
      const without = exact ^ (1n << BigInt(bit));
      if ((exact >> BigInt(bit)) % 2n === 0n) continue;
      if (below !== 0n && bit >= clusterBits) return undefined;
      if (this.#isOwned(Number(without), 0)) return bit;
    }
    return undefined;
  }

  /** A whole cluster of the file with so many owners, which its refcount says should have one. */
  #isOwned(offset: number, owners: number): boolean {
    const { map, image } = this.#scan;
    const cluster = offset / image.geometry.clusterSize;
    if (cluster === 0 || !Number.isInteger(cluster) || cluster >= map.clusters) return false;
    const cell = map.cell(cluster);
    return referencesOf(cell) === owners && storedOf(cell) === 1;
  }

  #isPastEnd(offset: number, length: number): boolean {
    const { fileSize, clusterSize } = this.#scan.image.geometry;
    return offset + length - fileSize >= clusterSize;
  }

  /** Whether something was there once: it has a refcount, or its refcounts are gone too. */
  #pastEnd(offset: number): 'cut-off' | 'past-end' {
    const { stored, image } = this.#scan;
    const { clusterSize, refcountsPerBlock, fileSize } = image.geometry;
    const cluster = Math.floor(offset / clusterSize);
    const index = Math.floor(cluster / refcountsPerBlock);
    const { refcountTable } = image;
    if (index < refcountTable.length) {
      if (index >= refcountTable.present) return 'cut-off';
      if (maskedOffset(refcountTable.high(index), refcountTable.low(index)) >= fileSize)
        return 'cut-off';
    }
    return (stored.exact(cluster) ?? 0n) > 0n ? 'cut-off' : 'past-end';
  }
}
