import { ANY_L2, BIT } from './kinds.js';

/**
 * What the map keeps of one host cluster, in 32 bits: one memory access per reference counted.
 *
 *     31 … 16  kinds, a set (see kinds.ts); bit 31 is never set
 *     15 …  8  references counted, 255 for "255 or more"
 *      7 …  0  refcount stored in the image, 255 for "255 or more"
 */
export type Cell = number;

export const KINDS_SHIFT = 16;
export const REFERENCES_SHIFT = 8;
/** One counted reference. */
export const ONE_REFERENCE = 1 << REFERENCES_SHIFT;
/** A count that does not fit the cell: the exact one is kept, or read, elsewhere. */
export const MANY = 255;

export const kindsOf = (cell: Cell): number => cell >>> KINDS_SHIFT;
export const referencesOf = (cell: Cell): number => (cell >>> REFERENCES_SHIFT) & 0xff;
export const storedOf = (cell: Cell): number => cell & 0xff;

/** Kinds that several owners may rightly share: then the stored refcount counts them. */
const SHAREABLE = ANY_L2 | BIT.data | BIT.compressed | BIT.vmState;

/**
 * Two claimants that cannot both be right: two kinds in one cluster, metadata referred to
 * twice, or more references than the image knows of.
 */
export function claimedTwice(cell: Cell): boolean {
  const kinds = kindsOf(cell);
  // An L2 table of the disk may be a snapshot's too without anybody being wrong.
  if ((kinds & (kinds - 1)) !== 0 && (kinds & ~ANY_L2) !== 0) return true;
  const references = referencesOf(cell);
  if (references < 2) return false;
  return (kinds & ~SHAREABLE) !== 0 || references > storedOf(cell);
}

/** How bad a cell is: 0 nothing, 1 leaked, 2 refcount too low, 3 claimed twice. */
export type Trouble = 0 | 1 | 2 | 3;

export function troubleOf(cell: Cell): Trouble {
  const references = referencesOf(cell);
  const stored = storedOf(cell);
  if (references === stored && references < 2) {
    const kinds = kindsOf(cell);
    return (kinds & (kinds - 1)) === 0 ? 0 : claimedTwice(cell) ? 3 : 0;
  }
  if (claimedTwice(cell)) return 3;
  return references > stored ? 2 : references < stored ? 1 : 0;
}
