import type { MappableImage } from '../qcow2/image.js';
import type { Children } from './branch.js';
import { type EntryLine, entryLines, misplaced, reservedBits } from './entryLines.js';
import { refcountRuns } from './refcountBlock.js';
import { countText } from '../numbers.js';
import { troubles } from './words.js';

const RESERVED_LOW = 0x000001ff;

/** The entries of the refcount table that are not zero, each with its block. */
export function refcountEntries(image: MappableImage): Children {
  const { geometry, refcountTable } = image;
  const { refcountsPerBlock } = geometry;
  return entryLines(refcountTable, (index): EntryLine => {
    const high = refcountTable.high(index);
    const low = refcountTable.low(index);
    const offset = high * 2 ** 32 + ((low & ~RESERVED_LOW) >>> 0);
    const first = index * refcountsPerBlock;
    return {
      value: `clusters ${countText(first)}–${countText(first + refcountsPerBlock - 1)}`,
      target: offset === 0 ? undefined : offset,
      trouble: troubles(
        reservedBits(0, low & RESERVED_LOW),
        offset === 0 ? 'no refcount block' : misplaced(offset, geometry),
      ),
      open: offset === 0 ? undefined : () => refcountRuns(image, offset, first),
    };
  });
}
