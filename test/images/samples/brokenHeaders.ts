import { ImageBuilder } from '../imageBuilder.js';
import { layOut } from '../layOut.js';
import type { SparseFile } from '../pieces.js';
import { poke, poked } from '../pokes.js';

const MIB = 2 ** 20;
const CLUSTER_BITS_AT = 20;
const L1_SIZE_AT = 36;
const L1_OFFSET_AT = 40;
const REFCOUNT_TABLE_OFFSET_AT = 48;

function small(): SparseFile {
  return layOut(new ImageBuilder({ virtualSize: 256 * MIB }).write(0, 40).write(1000, 20));
}

/** The first `size` bytes of a small image. */
export function truncated(size: number): SparseFile {
  const pieces = Array.from(small().pieces)
    .filter((piece) => piece.offset < size)
    .map(({ offset, bytes }) => ({ offset, bytes: bytes.subarray(0, size - offset) }));
  return { size, pieces };
}

export function notQcow2(): SparseFile {
  const bytes = new TextEncoder().encode('# A text that somebody renamed to .qcow2\n');
  return { size: bytes.length, pieces: [{ offset: 0, bytes }] };
}

export function clusterBits40(): SparseFile {
  return poked(small(), [poke(CLUSTER_BITS_AT, 40, 4)]);
}

export function tablesPastEnd(): SparseFile {
  const past = 2 ** 40;
  return poked(small(), [poke(L1_OFFSET_AT, past), poke(REFCOUNT_TABLE_OFFSET_AT, 2 * past)]);
}

export function l1Size2G(): SparseFile {
  return poked(small(), [poke(L1_SIZE_AT, 0x8000_0000, 4)]);
}
