import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

/** Bytes at an offset of a file. */
export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A file's contents without its holes. The pieces lie inside it and do not overlap. */
export interface SparseFile {
  /** Length of the file in bytes. */
  readonly size: number;
  /** Each iteration may yield the same buffer again with new contents. */
  readonly pieces: Iterable<Piece>;
}

/** The whole file in memory. */
export function fileBytes(file: SparseFile): Uint8Array {
  const bytes = new Uint8Array(file.size);
  for (const piece of file.pieces) bytes.set(piece.bytes, piece.offset);
  return bytes;
}

/** Writes the pieces and leaves holes between them. Replaces what was at `path`. */
export function writeSparse(path: string, file: SparseFile): void {
  const handle = openSync(path, 'w');
  try {
    ftruncateSync(handle, file.size);
    for (const piece of file.pieces) {
      writeSync(handle, piece.bytes, 0, piece.bytes.length, piece.offset);
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
    for (const piece of file.pieces) {
      const found = Buffer.allocUnsafe(piece.bytes.length);
      const length = readSync(handle, found, 0, found.length, piece.offset);
      if (length !== found.length || !found.equals(piece.bytes)) return false;
    }
    return true;
  } finally {
    closeSync(handle);
  }
}
