import { Bytes, byteLength, roundUp } from './bigEndian.js';
import type { Geometry } from './geometry.js';

export interface BitmapOptions {
  readonly name: string;
  /** Log2 of the bytes that a bit stands for, 9..31. */
  readonly granularityBits: number;
  /** Runs of set bits: first bit, number of bits. */
  readonly dirty: readonly (readonly [first: number, count: number])[];
  /** Whether QEMU goes on to record writes in it. Default true. */
  readonly auto?: boolean;
  /** Left behind by a program that did not close the image. */
  readonly inUse?: boolean;
}

const IN_USE = 1;
const AUTO = 2;
const DIRTY_TRACKING = 1;

/** What a bitmap table entry says of its share of the bits. */
export type BitmapPart = 'zeros' | 'ones' | Uint8Array;

/** The bitmap's bits, cut into clusters as its table has them. */
export function bitmapParts(
  geometry: Geometry,
  virtualSize: number,
  options: BitmapOptions,
): BitmapPart[] {
  const bits = Math.ceil(virtualSize / 2 ** options.granularityBits);
  const bytes = new Uint8Array(roundUp(Math.ceil(bits / 8), 8));
  for (const [first, count] of options.dirty) {
    for (let bit = first; bit < first + count; bit++) bytes[bit >> 3] |= 1 << (bit & 7);
  }
  const parts: BitmapPart[] = [];
  for (let at = 0; at < Math.ceil(bits / 8); at += geometry.clusterSize) {
    const part = bytes.subarray(at, at + geometry.clusterSize);
    if (part.every((byte) => byte === 0)) parts.push('zeros');
    else if (part.every((byte) => byte === 0xff)) parts.push('ones');
    else parts.push(part);
  }
  return parts;
}

/** A directory entry, padded to a multiple of 8. */
export function encodeDirectoryEntry(
  options: BitmapOptions,
  tableOffset: number,
  tableEntries: number,
): Uint8Array {
  const nameLength = byteLength(options.name);
  const entry = new Bytes(roundUp(24 + nameLength, 8));
  const flags = (options.inUse === true ? IN_USE : 0) | (options.auto === false ? 0 : AUTO);
  entry.u64(0, tableOffset).u32(8, tableEntries).u32(12, flags);
  entry.u8(16, DIRTY_TRACKING).u8(17, options.granularityBits).u16(18, nameLength);
  return entry.text(24, options.name).bytes;
}
