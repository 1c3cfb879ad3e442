import { viewOf } from '../bytes.js';
import { refcountReader } from '../qcow2/refcountEntry.js';

/** Tells which refcounts of a block are 0, in a tight loop. `block` starts a buffer of its own. */
export function zeroTest(block: Uint8Array, bits: number): (index: number) => boolean {
  switch (bits) {
    case 8:
      return (index) => block[index] === 0;
    case 16: {
      const words = new Uint16Array(block.buffer, block.byteOffset, block.length / 2);
      return (index) => words[index] === 0;
    }
    case 32: {
      const words = new Uint32Array(block.buffer, block.byteOffset, block.length / 4);
      return (index) => words[index] === 0;
    }
    case 64: {
      const words = new Uint32Array(block.buffer, block.byteOffset, block.length / 4);
      return (index) => words[index * 2] === 0 && words[index * 2 + 1] === 0;
    }
    default:
      return (index) =>
        ((block[(index * bits) >>> 3] >>> ((index * bits) & 7)) & ((1 << bits) - 1)) === 0;
  }
}

/**
 * Adds 1 or -1 to a refcount. The result is the new one, or undefined when it does not fit: then
 * nothing was changed.
 */
export function addToRefcount(
  block: Uint8Array,
  bits: number,
  index: number,
  change: 1 | -1,
): bigint | undefined {
  const sum = BigInt(refcountReader(block, bits)(index)) + BigInt(change);
  if (sum < 0n || sum >= 1n << BigInt(bits)) return undefined;
  setRefcount(block, bits, index, sum);
  return sum;
}

export function setRefcount(block: Uint8Array, bits: number, index: number, value: bigint): void {
  const view = viewOf(block);
  switch (bits) {
    case 8:
      block[index] = Number(value);
      break;
    case 16:
      view.setUint16(index * 2, Number(value));
      break;
    case 32:
      view.setUint32(index * 4, Number(value));
      break;
    case 64:
      view.setBigUint64(index * 8, value);
      break;
    default: {
      const at = (index * bits) >>> 3;
      const shift = (index * bits) & 7;
      block[at] = (block[at] & ~(((1 << bits) - 1) << shift)) | (Number(value) << shift);
    }
  }
}
