import type { ByteSource } from '../../core/byteSource.js';
import { roundUp } from '../../core/bytes.js';
import type { ParseResult } from '../../core/size.js';
import type { Cut } from './blockNode.js';

const SECTOR = 512;

/** A part of a file, as the raw driver cuts it. */
export interface CutFile {
  readonly source: ByteSource;
  /** Where it begins in the file. */
  readonly offset: number;
  /** Bytes of it that the file has; the disk ends with a whole sector. */
  readonly bytes: number;
}

/** Cuts a file, cut by cut; QEMU's words where the file is too short (raw_apply_options). */
export function cutFile(file: ByteSource, cuts: readonly Cut[]): ParseResult<CutFile> {
  let offset = 0;
  let length = roundUp(file.size, SECTOR);
  for (const cut of cuts) {
    const whole = length;
    if (cut.offset > whole)
      return {
        ok: false,
        message: `Offset (${cut.offset}) cannot be greater than size of the containing file (${whole})`,
      };
    if (cut.size !== undefined && whole - cut.offset < cut.size)
      return {
        ok: false,
        message: `The sum of offset (${cut.offset}) and size (${cut.size}) has to be smaller or equal to the  actual size of the containing file (${whole})`,
      };
    if (cut.size !== undefined && cut.size % SECTOR !== 0)
      return { ok: false, message: 'Specified size is not multiple of 512' };
    offset += cut.offset;
    length = roundUp(cut.size ?? whole - cut.offset, SECTOR);
  }
  const bytes = Math.max(0, Math.min(length, file.size - offset));
  return { ok: true, value: { source: cutSource(file, offset, length, cuts), offset, bytes } };
}

function cutSource(
  file: ByteSource,
  offset: number,
  length: number,
  cuts: readonly Cut[],
): ByteSource {
  if (cuts.length === 0) return file;
  return {
    size: length,
    readInto(target, at) {
      const inside = Math.max(0, Math.min(target.length, length - at));
      file.readInto(target.subarray(0, inside), offset + at);
      target.fill(0, inside);
    },
  };
}
