import type { Piece, SparseFile } from '../images/pieces.js';

const CHUNK = new Uint8Array(2 ** 16);

/**
 * The same file written out to the last zero, as `cp --sparse=never` leaves it: of an image with
 * holes, `qemu-img map` tells what the host's file system has there.
 */
export function dense(file: SparseFile): SparseFile {
  return { size: file.size, pieces: { [Symbol.iterator]: () => withZeros(file) } };
}

function* withZeros(file: SparseFile): Generator<Piece> {
  let end = 0;
  const pieces = [...file.pieces].sort((a, b) => a.offset - b.offset);
  for (const piece of [...pieces, { offset: file.size, bytes: new Uint8Array() }]) {
    for (; end < piece.offset; end = Math.min(end + CHUNK.length, piece.offset))
      yield { offset: end, bytes: CHUNK.subarray(0, piece.offset - end) };
    yield piece;
    end = piece.offset + piece.bytes.length;
  }
}
