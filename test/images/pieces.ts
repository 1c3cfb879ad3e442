import { closeSync, ftruncateSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/** Bytes at an offset of a file. */
export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A file's contents without its holes. Later pieces overwrite earlier ones. */
export interface SparseFile {
  /** Length of the file in bytes; what lies beyond it in `pieces` is not written. */
  readonly size: number;
  readonly pieces: readonly Piece[];
}

function clipped(piece: Piece, size: number): Uint8Array {
  return piece.bytes.subarray(0, Math.max(0, size - piece.offset));
}

/** The whole file in memory. */
export function fileBytes(file: SparseFile): Uint8Array {
  const bytes = new Uint8Array(file.size);
  for (const piece of file.pieces) {
    const part = clipped(piece, file.size);
    if (part.length > 0) bytes.set(part, piece.offset);
  }
  return bytes;
}

/** Writes the pieces and leaves holes between them. Replaces what was at `path`. */
export function writeSparse(path: string, file: SparseFile): void {
  const handle = openSync(path, 'w');
  try {
    ftruncateSync(handle, file.size);
    for (const piece of file.pieces) {
      const part = clipped(piece, file.size);
      if (part.length > 0) writeSync(handle, part, 0, part.length, piece.offset);
    }
  } finally {
    closeSync(handle);
  }
}

/** Whether the file at `path` has this length and holds these pieces; holes are not looked at. */
export function holdsPieces(path: string, file: SparseFile): boolean {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    if (fstatSync(handle).size !== file.size) return false;
    const expected = withoutOverlaps(file);
    return expected.every((piece) => {
      const found = Buffer.alloc(piece.bytes.length);
      return (
        readSync(handle, found, 0, found.length, piece.offset) === found.length &&
        found.equals(piece.bytes)
      );
    });
  } finally {
    closeSync(handle);
  }
}

/** The pieces with every later one (a poke) applied to those it overwrites. */
function withoutOverlaps(file: SparseFile): Piece[] {
  const pieces = file.pieces
    .map((piece) => ({ offset: piece.offset, bytes: clipped(piece, file.size).slice() }))
    .filter((piece) => piece.bytes.length > 0);
  pieces.forEach((later, index) => {
    for (const earlier of pieces.slice(0, index)) {
      const from = Math.max(earlier.offset, later.offset);
      const to = Math.min(earlier.offset + earlier.bytes.length, later.offset + later.bytes.length);
      if (from >= to) continue;
      const part = later.bytes.subarray(from - later.offset, to - later.offset);
      earlier.bytes.set(part, from - earlier.offset);
    }
  });
  return pieces;
}
