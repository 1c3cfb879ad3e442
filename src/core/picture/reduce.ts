import { GRAVE } from './layer.js';
import { DOMINANT_MASK, OUTSIDE, TILE, type MixedTile, type TileCells } from './tile.js';

const HALF = TILE / 2;

/** By value: which of two wins a tie. */
type Ranks = Uint8Array;

/**
 * The dominant of four values: the one of the highest rank if that is grave, else the most
 * frequent, ties by rank; outside does not count.
 */
function dominantOfFour(a: number, b: number, c: number, d: number, ranks: Ranks): number {
  if ((ranks[a] | ranks[b] | ranks[c] | ranks[d]) >= GRAVE)
    return winner(winner(a, b, ranks), winner(c, d, ranks), ranks);
  if (a === OUTSIDE || b === OUTSIDE || c === OUTSIDE || d === OUTSIDE) {
    return dominantInside(
      [a, b, c, d].filter((value) => value !== OUTSIDE),
      ranks,
    );
  }
  if (a === b) return c === d ? winner(a, c, ranks) : a;
  if (a === c) return b === d ? winner(a, b, ranks) : a;
  if (a === d) return b === c ? winner(a, b, ranks) : a;
  if (b === c || b === d) return b;
  if (c === d) return c;
  return winner(winner(a, b, ranks), winner(c, d, ranks), ranks);
}

const winner = (a: number, b: number, ranks: Ranks): number => (ranks[a] >= ranks[b] ? a : b);

/** The same for at most three values, at the edge of the file. */
function dominantInside(values: readonly number[], ranks: Ranks): number {
  const [a, b, c] = values;
  switch (values.length) {
    case 0:
      return OUTSIDE;
    case 1:
      return a;
    case 2:
      return winner(a, b, ranks);
    default:
      return b === c ? b : a === b || a === c ? a : winner(winner(a, b, ranks), c, ranks);
  }
}

/**
 * Writes a quarter of `parent`: each of its cells from a 2 × 2 square of `child`. The quarter is
 * the one at column `right` (0 or 1) and row `down`. `ranks`: by value, which of two wins a tie.
 */
export function reduceInto(
  parent: MixedTile,
  child: TileCells,
  right: number,
  down: number,
  ranks: Ranks,
): void {
  const start = down * HALF * TILE + right * HALF;
  if (child.type === 'uniform') {
    for (let y = 0; y < HALF; y++) {
      const row = start + y * TILE;
      parent.glyphs.fill(child.glyph, row, row + HALF);
      parent.masks.fill(child.mask, row, row + HALF);
    }
    return;
  }
  // Two neighbours at a time: a pair of glyphs is 16 bits, a pair of masks 32.
  const { buffer: glyphBuffer, byteOffset: glyphOffset } = child.glyphs;
  const glyphPairs = new Uint16Array(glyphBuffer, glyphOffset, HALF * TILE);
  const { buffer: maskBuffer, byteOffset: maskOffset } = child.masks;
  const maskPairs = new Uint32Array(maskBuffer, maskOffset, HALF * TILE);
  for (let y = 0; y < HALF; y++) {
    let target = start + y * TILE;
    let source = 2 * y * HALF;
    for (const end = source + HALF; source < end; source++, target++) {
      const upper = glyphPairs[source];
      const lower = glyphPairs[source + HALF];
      parent.glyphs[target] =
        upper === lower && (upper & 0xff) === upper >>> 8
          ? upper & 0xff
          : reducePairs(upper, lower, ranks);
      const masks = maskPairs[source] | maskPairs[source + HALF];
      parent.masks[target] = masks | (masks >>> 16);
    }
  }
}

/** The glyph of four, given as two pairs: the dominant value and the worst trouble. */
function reducePairs(upper: number, lower: number, ranks: Ranks): number {
  const a = upper & 0xff;
  const b = upper >>> 8;
  const c = lower & 0xff;
  const d = lower >>> 8;
  const dominant = dominantOfFour(
    a & DOMINANT_MASK,
    b & DOMINANT_MASK,
    c & DOMINANT_MASK,
    d & DOMINANT_MASK,
    ranks,
  );
  if (((a | b | c | d) & ~DOMINANT_MASK) === 0) return dominant;
  return dominant | (Math.max(a, b, c, d) & ~DOMINANT_MASK);
}

/** Writes a quarter of a tile of shares, as `reduceInto` does: each from a 2 × 2 square of a child. */
export function averageInto(
  parent: Uint8Array,
  child: Uint8Array | number,
  right: number,
  down: number,
): void {
  const start = down * HALF * TILE + right * HALF;
  for (let y = 0; y < HALF; y++) {
    const target = start + y * TILE;
    if (typeof child === 'number') {
      parent.fill(child, target, target + HALF);
      continue;
    }
    for (let x = 0, at = 2 * y * TILE; x < HALF; x++, at += 2) {
      const sum = child[at] + child[at + 1] + child[at + TILE] + child[at + TILE + 1];
      // However little there is, it is not nothing.
      parent[target + x] = sum === 0 ? 0 : Math.max(1, Math.round(sum / 4));
    }
  }
}
