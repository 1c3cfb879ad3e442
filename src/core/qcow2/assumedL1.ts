import type { ByteSource } from '../byteSource.js';
import { openImage } from './image.js';

/** Where the active L1 table is taken to be, whatever the header says. */
export interface AssumedL1 {
  /** Host offset in bytes. */
  readonly offset: number;
  /** Bytes; undefined: as many as the disk needs. */
  readonly length: number | undefined;
}

/** l1_size and l1_table_offset, side by side in the header. */
const FIELDS_AT = 36;
const ENTRY = 8;
const MAX_ENTRIES = 2 ** 32 - 1;

/** The file as if its header named another L1 table; the file itself stays as it is. Throws on I/O errors. */
export function assumeL1(source: ByteSource, { offset, length }: AssumedL1): ByteSource {
  const { geometry, header } = openImage(source);
  const needed = geometry?.l1DiskEntries ?? header.number('l1_size');
  const entries = Math.min(length === undefined ? needed : Math.floor(length / ENTRY), MAX_ENTRIES);
  const fields = new Uint8Array(12);
  const view = new DataView(fields.buffer);
  view.setUint32(0, entries);
  view.setBigUint64(4, BigInt(offset));
  return {
    size: source.size,
    readInto(target, from) {
      source.readInto(target, from);
      for (let i = 0; i < fields.length; i++) {
        const at = FIELDS_AT + i - from;
        if (at >= 0 && at < target.length && FIELDS_AT + i < source.size) target[at] = fields[i];
      }
    },
  };
}
