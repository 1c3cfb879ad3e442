import type { Geometry } from './geometry.js';

/**
 * One refcount block. `counts` are the refcounts of its clusters; those missing at its end are 0.
 * Widths below 8 fill each byte from its least significant bit.
 */
export function encodeRefcountBlock(geometry: Geometry, counts: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(geometry.clusterSize);
  const view = new DataView(bytes.buffer);
  const bits = 2 ** geometry.refcountOrder;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i];
    if (count === 0) continue;
    if (count > geometry.refcountMax) {
      throw new Error(`a refcount of ${count} does not fit ${bits} bits`);
    }
    switch (geometry.refcountOrder) {
      case 3:
        bytes[i] = count;
        break;
      case 4:
        view.setUint16(i * 2, count);
        break;
      case 5:
        view.setUint32(i * 4, count);
        break;
      case 6:
        view.setBigUint64(i * 8, BigInt(count));
        break;
      default: {
        const perByte = 8 / bits;
        bytes[Math.floor(i / perByte)] |= count << ((i % perByte) * bits);
      }
    }
  }
  return bytes;
}
