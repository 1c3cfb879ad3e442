import { GUARDED, KINDS, type Kind, type KindName } from '../map/kinds.js';
import type { Trouble } from '../map/cell.js';

/**
 * A tile is 256 × 256 cells of the picture, row by row. At level n a cell stands for a square of
 * 2^n × 2^n clusters, by two numbers:
 *
 * - glyph, 8 bits: bits 4 … 0 the dominant value (31 outside the file), bits 6 … 5 the worst
 *   trouble (see map/cell.ts)
 * - mask, 16 bits: the values that are there, bit v - 1 for value v and bit 15 for value 0
 * - share, 8 bits, only where it is asked for: the part of its clusters that hold anything, 255 for all
 *
 * What the values mean is a matter of the layer (see layer.ts); of a host cluster's kinds, 0 is
 * unallocated and 1 + its index stands for a kind.
 */
export const TILE_BITS = 8;
/** Cells along the edge of a tile. */
export const TILE = 1 << TILE_BITS;
export const TILE_CELLS = TILE * TILE;

const UNALLOCATED = 0;
/** Dominant of a cell without a cluster; its mask is empty. */
export const OUTSIDE = 31;
export const DOMINANT_MASK = 31;
export const TROUBLE_SHIFT = 5;
/** The mask bit of a value. */
export const maskOfValue = (value: number): number => 1 << ((value + 15) & 15);
/** Mask bit for unallocated clusters. */
export const UNALLOCATED_BIT = maskOfValue(UNALLOCATED);

/** The values that a mask says are there, in ascending order, but 0 last. */
export function valuesInMask(mask: number): number[] {
  const values: number[] = [];
  for (let bit = 0; bit < 16; bit++) if ((mask >>> bit) & 1) values.push((bit + 1) & 15);
  return values;
}

export type TileCells = UniformTile | MixedTile;
/** All cells alike. */
export interface UniformTile {
  readonly type: 'uniform';
  readonly glyph: number;
  readonly mask: number;
}
export interface MixedTile {
  readonly type: 'mixed';
  /** TILE_CELLS of each. */
  readonly glyphs: Uint8Array;
  readonly masks: Uint16Array;
  readonly shares: Uint8Array | undefined;
}

export function troubleOfGlyph(glyph: number): Trouble {
  switch (glyph >>> TROUBLE_SHIFT) {
    case 0:
      return 0;
    case 1:
      return 1;
    case 2:
      return 2;
    default:
      return 3;
  }
}

/** The dominant value of a kind, as a glyph without trouble. */
export const glyphOfKind = (kind: KindName): number =>
  kind === 'unallocated' ? UNALLOCATED : 1 + KINDS.indexOf(kind);

/** The kind that a dominant value stands for; undefined outside the file. */
export function kindOfDominant(dominant: number): KindName | undefined {
  if (dominant === OUTSIDE) return undefined;
  return dominant === UNALLOCATED ? 'unallocated' : KINDS[dominant - 1];
}

/** Kinds that carry what the guest or a bitmap holds, least important last. */
const CONTENTS: readonly Kind[] = ['bitmap-data', 'vm-state', 'data', 'compressed'];

/** From the most important to the least: guarded metadata, other metadata, contents. */
const IMPORTANCE: readonly Kind[] = [
  ...GUARDED,
  ...KINDS.slice(GUARDED.length).filter((kind) => !CONTENTS.includes(kind)),
  ...CONTENTS,
];

/** By dominant value: which wins a tie. Unallocated has 1; outside has 0. */
export const RANK = new Uint8Array(32).map((_, dominant) => {
  if (dominant === OUTSIDE) return 0;
  const kind = dominant === UNALLOCATED ? undefined : KINDS[dominant - 1];
  return kind ? 1 + IMPORTANCE.length - IMPORTANCE.indexOf(kind) : 1;
});

/** The level at which one tile shows the whole of a picture of `width` × `height` cells. */
export function topLevel(picture: { readonly width: number; readonly height: number }): number {
  return Math.max(0, Math.ceil(Math.log2(Math.max(picture.width, picture.height) / TILE)));
}

/** One number for a tile's place: level below 2^5, x and y below 2^24. */
export const tileKey = (level: number, x: number, y: number): number =>
  (level * 2 ** 24 + y) * 2 ** 24 + x;

/** Bytes of a tile. */
export const tileBytes = (shares: boolean): number => TILE_CELLS * (shares ? 4 : 3);

/** An empty tile to fill. */
export function newTile(shares = false): MixedTile {
  return tileOverBytes(new ArrayBuffer(tileBytes(shares)));
}

/** The tile that lies in `buffer`: all glyphs, then all masks, then all shares if there are any. */
export function tileOverBytes(buffer: ArrayBuffer): MixedTile {
  return {
    type: 'mixed',
    glyphs: new Uint8Array(buffer, 0, TILE_CELLS),
    masks: new Uint16Array(buffer, TILE_CELLS, TILE_CELLS),
    shares:
      buffer.byteLength === tileBytes(true)
        ? new Uint8Array(buffer, TILE_CELLS * 3, TILE_CELLS)
        : undefined,
  };
}
