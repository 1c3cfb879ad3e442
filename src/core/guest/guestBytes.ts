import type { MappableImage } from '../qcow2/image.js';
import { guestMap } from './guestMap.js';

/**
 * Bytes that the guest reads from this file alone; undefined where they are compressed, encrypted, damaged,
 * or in another file. The caller has bounded `length`. Throws on I/O errors.
 */
export function guestBytes(
  image: MappableImage,
  offset: number,
  length: number,
): Uint8Array | undefined {
  const { source, geometry, header, backingFile } = image;
  const end = offset + length;
  if (end > Number(geometry.virtualSize)) return undefined;
  const isElsewhere = geometry.externalData || header.number('crypt_method') !== 0;
  const isBacked = (backingFile ?? '') !== '';
  const bytes = new Uint8Array(length);
  for (const run of guestMap(image, offset)) {
    if (run.start >= end) break;
    const from = Math.max(run.start, offset);
    const to = Math.min(run.start + run.length, end);
    if (run.kind === 'normal') {
      if (isElsewhere) return undefined;
      source.readInto(
        bytes.subarray(from - offset, to - offset),
        run.hostOffset + from - run.start,
      );
    } else if (run.kind === 'compressed' || run.kind === 'damaged') return undefined;
    else if (isBacked && (run.kind === 'unallocated' || run.kind === 'unallocated-allocated'))
      return undefined;
  }
  return bytes;
}
