import type { Piece } from './pieces.js';

/** Bytes put over an image, as JSON can hold them. */
export interface Poke {
  readonly offset: number;
  /** Hexadecimal digits, two a byte. */
  readonly hex: string;
}

/** `value` as `length` big-endian bytes. */
export function poke(offset: number, value: number | bigint, length = 8): Poke {
  return {
    offset,
    hex: BigInt(value)
      .toString(16)
      .padStart(length * 2, '0'),
  };
}

export function pokedPiece(change: Poke): Piece {
  return { offset: change.offset, bytes: Buffer.from(change.hex, 'hex') };
}
