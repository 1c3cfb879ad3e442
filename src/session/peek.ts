import { type ByteSource, readBytes } from '../core/byteSource.js';
import type { Query } from '../protocol/questions.js';

/** Bytes of the file as hex digits; those past its end are left out. */
export function peek(source: ByteSource, { offset, length }: Query<'peek'>): string {
  const inFile = Math.max(0, Math.min(length, source.size - offset));
  if (inFile === 0) return '';
  const bytes = readBytes(source, offset, inFile);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
