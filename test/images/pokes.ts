import type { Piece, SparseFile } from './pieces.js';

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

export function pokedBytes(change: Poke): Uint8Array {
  return Buffer.from(change.hex, 'hex');
}

/** The file with the pokes over it, in order. What they put past its end is lost. */
export function poked(file: SparseFile, pokes: readonly Poke[]): SparseFile {
  const pieces = Array.from(file.pieces, ({ offset, bytes }) => ({
    offset,
    bytes: Uint8Array.from(bytes),
  }));
  for (const change of pokes) {
    const rest = pokedBytes(change).subarray(0, Math.max(0, file.size - change.offset));
    for (const hole of overwrite(pieces, { offset: change.offset, bytes: rest })) {
      pieces.push({ offset: hole.offset, bytes: Uint8Array.from(hole.bytes) });
    }
  }
  return { size: file.size, pieces };
}

/** Writes `change` into the pieces it meets; what of it fell between them. */
function overwrite(pieces: readonly Piece[], change: Piece): Piece[] {
  let holes = [change];
  for (const piece of pieces) {
    const pieceEnd = piece.offset + piece.bytes.length;
    holes = holes.flatMap((hole) => {
      const from = Math.max(piece.offset, hole.offset);
      const to = Math.min(pieceEnd, hole.offset + hole.bytes.length);
      if (from >= to) return [hole];
      piece.bytes.set(
        hole.bytes.subarray(from - hole.offset, to - hole.offset),
        from - piece.offset,
      );
      return [
        { offset: hole.offset, bytes: hole.bytes.subarray(0, from - hole.offset) },
        { offset: to, bytes: hole.bytes.subarray(to - hole.offset) },
      ].filter((part) => part.bytes.length > 0);
    });
  }
  return holes;
}
