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

/** Index of the first refcount from `from` on that is 0, `end` if there is none before it. */
export function firstZero(block: Uint8Array, bits: number, from: number, end: number): number {
  if (bits === 8 || bits === 16) {
    const cells =
      bits === 8 ? block : new Uint16Array(block.buffer, block.byteOffset, block.length / 2);
    // Most blocks of a full image have none, and nothing finds that out sooner.
    const found = cells.indexOf(0, from);
    return found < 0 ? end : Math.min(found, end);
  }
  const isZero = zeroTest(block, bits);
  let index = from;
  while (index < end && !isZero(index)) index++;
  return index;
}

/** A block's bytes, and the same as a view. */
interface Block {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** A refcount of a block; as a bigint only when a number cannot hold it. */
export function refcountAt({ bytes, view }: Block, bits: number, index: number): number | bigint {
  switch (bits) {
    case 8:
      return bytes[index];
    case 16:
      return view.getUint16(index * 2);
    case 32:
      return view.getUint32(index * 4);
    case 64: {
      const high = view.getUint32(index * 8);
      if (high < 2 ** 21) return high * 2 ** 32 + view.getUint32(index * 8 + 4);
      return view.getBigUint64(index * 8);
    }
    default:
      return (bytes[(index * bits) >>> 3] >>> ((index * bits) & 7)) & ((1 << bits) - 1);
  }
}

export function setRefcount(
  { bytes, view }: Block,
  bits: number,
  index: number,
  value: number | bigint,
): void {
  switch (bits) {
    case 8:
      bytes[index] = Number(value);
      break;
    case 16:
      view.setUint16(index * 2, Number(value));
      break;
    case 32:
      view.setUint32(index * 4, Number(value));
      break;
    case 64:
      view.setBigUint64(index * 8, BigInt(value));
      break;
    default: {
      const at = (index * bits) >>> 3;
      const shift = (index * bits) & 7;
      bytes[at] = (bytes[at] & ~(((1 << bits) - 1) << shift)) | (Number(value) << shift);
    }
  }
}

/**
 * Adds 1 or -1 to a refcount. The result is the new one, or undefined when it does not fit: then
 * nothing was changed.
 */
export function addToRefcount(
  block: Block,
  bits: number,
  index: number,
  change: 1 | -1,
): number | bigint | undefined {
  const old = refcountAt(block, bits, index);
  if (typeof old === 'number' && old < Number.MAX_SAFE_INTEGER) {
    const sum = old + change;
    if (sum < 0 || (bits < 64 && sum >= 2 ** bits)) return undefined;
    setRefcount(block, bits, index, sum);
    return sum;
  }
  const sum = BigInt(old) + BigInt(change);
  if (sum >= 1n << 64n) return undefined;
  setRefcount(block, bits, index, sum);
  return sum;
}
