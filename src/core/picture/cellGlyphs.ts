import { kindsOf, troubleOf, type Cell } from '../map/cell.js';
import { KINDS } from '../map/kinds.js';
import { RANK, TROUBLE_SHIFT, UNALLOCATED_BIT } from './tile.js';

/** By set of kinds: the dominant value of a cluster that holds them. */
const DOMINANT = new Uint8Array(1 << KINDS.length);
for (let set = 1; set < DOMINANT.length; set++) {
  const lowest = 32 - Math.clz32(set & -set);
  const rest = DOMINANT[set & (set - 1)];
  DOMINANT[set] = rest !== 0 && RANK[rest] > RANK[lowest] ? rest : lowest;
}

/** Stored and counted refcounts of almost all cells: both 0, or both 1. */
const REFCOUNT_BITS = 0xffff;
const REFERRED_ONCE = 0x0101;

/** The glyph of one cluster (see tile.ts). */
export function glyphOfCell(cell: Cell): number {
  const kinds = kindsOf(cell);
  const refcounts = cell & REFCOUNT_BITS;
  if ((refcounts === REFERRED_ONCE || refcounts === 0) && (kinds & (kinds - 1)) === 0) {
    return DOMINANT[kinds];
  }
  return DOMINANT[kinds] | (troubleOf(cell) << TROUBLE_SHIFT);
}

/** The presence mask of one cluster (see tile.ts). */
export const maskOfCell = (cell: Cell): number => kindsOf(cell) || UNALLOCATED_BIT;
