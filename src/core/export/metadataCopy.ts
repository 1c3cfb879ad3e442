import { readBytes } from '../byteSource.js';
import { hexBytes } from '../bytes.js';
import type { Scan } from '../check/scan.js';
import { type FilePart, metadataParts, type PrivatePart, privateParts } from './metadataParts.js';

/** Bytes of the copy, at their place. */
export interface CopiedBytes {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Read and written at once. */
const PIECE = 2 ** 20;

/**
 * The metadata of an image, in their places: all else of the copy is a hole. Guest data, VM state, what
 * is leaked, key material and what lies behind the end of tables are left out; what a damaged image
 * takes for a table is one, whatever is in it. Names are replaced one to one by others of their
 * length if they are to be hidden. Throws on I/O errors.
 */
export function* metadataCopy(scan: Scan, hideNames: boolean): Generator<CopiedBytes, void, void> {
  const { source } = scan.image;
  const hidden = new Hidden(privateParts(scan.image, hideNames), (offset, length) =>
    readBytes(source, offset, length),
  );
  for (const part of metadataParts(scan))
    for (const { offset, length } of pieces(part, source.size)) {
      const bytes = readBytes(source, offset, length);
      hidden.hideIn(bytes, offset);
      yield { offset, bytes };
    }
}

/** A part cut in pieces, as far as the file goes. */
function* pieces({ offset, length }: FilePart, size: number): Generator<FilePart> {
  const end = Math.min(size, offset + length);
  for (let at = offset; at < end; at += PIECE)
    yield { offset: at, length: Math.min(PIECE, end - at) };
}

/** What is not to be told, and what stands in its place. */
class Hidden {
  readonly #parts: readonly (PrivatePart & { readonly instead: Uint8Array })[];

  /** `parts` in ascending order. */
  constructor(parts: readonly PrivatePart[], read: (offset: number, length: number) => Uint8Array) {
    const names = new Map<string, number>();
    this.#parts = parts.map((part) => {
      if (!part.isName) return { ...part, instead: new Uint8Array(part.length) };
      const name = hexBytes(read(part.offset, part.length));
      const number = names.get(name) ?? names.size + 1;
      names.set(name, number);
      return { ...part, instead: madeUp(number, part.length) };
    });
  }

  /** Puts it into bytes of the file that begin at `start`. */
  hideIn(bytes: Uint8Array, start: number): void {
    for (const { offset, length, instead } of this.#parts) {
      if (offset >= start + bytes.length) break;
      if (offset + length <= start) continue;
      for (let at = Math.max(0, start - offset); at < length; at++) {
        const index = offset + at - start;
        if (index >= bytes.length) break;
        bytes[index] = instead[at];
      }
    }
  }
}

/** A name of so many bytes: its number, behind as many letters as it takes. */
function madeUp(number: number, length: number): Uint8Array {
  const text = number.toString(36).padStart(length, 'n').slice(-length);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
