import { viewOf } from '../bytes.js';

/**
 * Reads the refcounts of the block whose bytes are in `block`, by index, exact: as a bigint only
 * when a number cannot hold it. Widths below a byte fill it from its lowest bit on (spec, "Host
 * cluster management").
 */
export function refcountReader(
  block: Uint8Array,
  bits: number,
): (index: number) => number | bigint {
  const view = viewOf(block);
  switch (bits) {
    case 8:
      return (index) => block[index];
    case 16:
      return (index) => view.getUint16(index * 2);
    case 32:
      return (index) => view.getUint32(index * 4);
    case 64:
      return (index) =>
        view.getUint32(index * 8) === 0
          ? view.getUint32(index * 8 + 4)
          : view.getBigUint64(index * 8);
    default:
      return (index) => (block[(index * bits) >>> 3] >>> ((index * bits) & 7)) & ((1 << bits) - 1);
  }
}
