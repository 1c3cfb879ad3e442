import type { ByteSource } from '../byteSource.js';
import { patched } from './assumedHeader.js';
import { fieldOffset } from './header.js';
import { openImage } from './image.js';

/** Where the active L1 table is taken to be, whatever the header says. */
export interface AssumedL1 {
  /** Host offset in bytes. */
  readonly offset: number;
  /** Bytes; undefined: as many as the disk needs. */
  readonly length: number | undefined;
}

const ENTRY = 8;
const MAX_ENTRIES = 2 ** 32 - 1;

/** The file as if its header named another L1 table; the file itself stays as it is. Throws on I/O errors. */
export function assumeL1(source: ByteSource, { offset, length }: AssumedL1): ByteSource {
  const { geometry, header } = openImage(source);
  const needed = geometry?.l1DiskEntries ?? header.number('l1_size');
  const entries = Math.min(length === undefined ? needed : Math.floor(length / ENTRY), MAX_ENTRIES);
  // l1_size and l1_table_offset lie side by side in the header.
  const fields = new Uint8Array(12);
  const view = new DataView(fields.buffer);
  view.setUint32(0, entries);
  view.setBigUint64(4, BigInt(offset));
  return patched(source, fieldOffset('l1_size'), fields);
}
