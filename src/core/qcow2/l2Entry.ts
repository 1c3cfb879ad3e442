import { hexWords } from '../bytes.js';
import { maskedOffset } from './entryTable.js';
import type { Geometry } from './geometry.js';

export const COPIED = 0x80000000;
export const COMPRESSED = 0x40000000;
/** Reserved bits of a standard entry: upper word, lower word (L2E_STD_RESERVED_MASK). */
const RESERVED_HIGH = 0x3f000000;
const RESERVED_LOW = 0x000001fe;
const READS_ZERO = 1;

/** The five kinds of an L2 entry (qcow2_get_cluster_type). */
export type L2EntryKind = 'unallocated' | 'zero-plain' | 'zero-allocated' | 'normal' | 'compressed';

export function l2EntryKind(high: number, low: number, geometry: Geometry): L2EntryKind {
  if ((high & COMPRESSED) !== 0) return 'compressed';
  const hasOffset = (high & 0x00ffffff) !== 0 || (low & 0xfffffe00) !== 0;
  if ((low & READS_ZERO) !== 0 && !geometry.extendedL2)
    return hasOffset ? 'zero-allocated' : 'zero-plain';
  if (hasOffset) return 'normal';
  // Offset 0 is a valid place in an external data file; COPIED tells it from "unallocated".
  return geometry.externalData && (high & COPIED) !== 0 ? 'normal' : 'unallocated';
}

export function hasReservedBits(high: number, low: number): boolean {
  return (high & RESERVED_HIGH) !== 0 || (low & RESERVED_LOW) !== 0;
}

/** Host offset of a normal or zero-allocated entry. */
export const dataOffset = maskedOffset;

export interface CompressedSpan {
  /** Host byte offset; exact below 2^53, and above that, where no file reaches, right to the sector. */
  readonly offset: number;
  /** Bytes from there to the end of the last sector. */
  readonly length: number;
}

/**
 * Bits of the upper word that belong to a compressed cluster's offset: bits 0 … x-1 are the offset,
 * x … 61 the additional sectors, x = 62 - (cluster_bits - 8) > 32.
 */
const highBitsOfOffset = ({ clusterBits }: Geometry): number => 30 - (clusterBits - 8);

/** A compressed cluster's offset in hexadecimal, exact. */
export function compressedOffsetText(high: number, low: number, geometry: Geometry): string {
  return hexWords(high & ((1 << highBitsOfOffset(geometry)) - 1), low);
}

/** Where a compressed cluster's data lies (qcow2_parse_compressed_l2_entry). */
export function compressedSpan(high: number, low: number, geometry: Geometry): CompressedSpan {
  const highOffsetBits = highBitsOfOffset(geometry);
  const offsetHigh = high & ((1 << highOffsetBits) - 1);
  const sectors = ((high & 0x3fffffff) >>> highOffsetBits) + 1;
  return {
    // Below 2^61 a multiple of 256 is exact; to round up could reach the next cluster.
    offset: offsetHigh * 2 ** 32 + (offsetHigh < 2 ** 21 ? low : (low & ~0xff) >>> 0),
    length: sectors * 512 - (low & 511),
  };
}
