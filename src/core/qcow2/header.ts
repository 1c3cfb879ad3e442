import { type ByteSource, readBytes } from '../byteSource.js';
import { viewOf } from '../bytes.js';

export const MAGIC = 0x514649fb;

const FIELDS = [
  ['magic', 0, 4],
  ['version', 4, 4],
  ['backing_file_offset', 8, 8],
  ['backing_file_size', 16, 4],
  ['cluster_bits', 20, 4],
  ['size', 24, 8],
  ['crypt_method', 32, 4],
  ['l1_size', 36, 4],
  ['l1_table_offset', 40, 8],
  ['refcount_table_offset', 48, 8],
  ['refcount_table_clusters', 56, 4],
  ['nb_snapshots', 60, 4],
  ['snapshots_offset', 64, 8],
  ['incompatible_features', 72, 8],
  ['compatible_features', 80, 8],
  ['autoclear_features', 88, 8],
  ['refcount_order', 96, 4],
  ['header_length', 100, 4],
  ['compression_type', 104, 1],
] as const;

export type FieldName = (typeof FIELDS)[number][0];

/** Bytes of the header that this program knows, without padding. */
const KNOWN_BYTES = 105;
const V2_BYTES = 72;
/** What version 2, and a header without the field, mean (specification, "Header"). */
const DEFAULTS: Readonly<Partial<Record<FieldName, bigint>>> = {
  refcount_order: 4n,
  header_length: 72n,
};

/** A field of the header: where it lies, how long it is, what it says. */
export interface HeaderField {
  readonly name: FieldName;
  readonly offset: number;
  readonly size: number;
  readonly value: bigint;
}

/** The header's fields, exact, as far as the file reaches; nothing in it has been believed yet. */
export interface Header {
  /** Only the fields that the image really has. */
  readonly fields: readonly HeaderField[];
  /** Field by name, with the format's default for one that the image does not have. */
  value(name: FieldName): bigint;
  /** The same for fields of at most 32 bits. */
  number(name: FieldName): number;
}

/** Where a field lies in the header, in bytes. */
export function fieldOffset(name: FieldName): number {
  return FIELDS.find(([field]) => field === name)?.[1] ?? 0;
}

/** Not a qcow2 image of version 2 or later, as QEMU's probing sees it. */
export function isForeign(source: ByteSource): boolean {
  const view = viewOf(readBytes(source, 0, 8));
  return view.getUint32(0) !== MAGIC || view.getUint32(4) < 2;
}

/** Reads the header's fields. What a file too short does not have reads as zero, as for QEMU. */
export function readHeader(source: ByteSource): Header {
  const view = viewOf(readBytes(source, 0, KNOWN_BYTES));
  const raw = (offset: number, size: number): bigint =>
    size === 8
      ? view.getBigUint64(offset)
      : BigInt(size === 4 ? view.getUint32(offset) : view.getUint8(offset));
  const version = view.getUint32(4);
  const length = version < 3 ? V2_BYTES : view.getUint32(100);
  const known = version < 3 ? V2_BYTES : Math.max(length, 104);
  const values = new Map<FieldName, bigint>();
  const fields: HeaderField[] = [];
  for (const [name, offset, size] of FIELDS) {
    if (offset >= known) continue;
    const value = raw(offset, size);
    values.set(name, value);
    fields.push({ name, offset, size, value });
  }
  const value = (name: FieldName): bigint => values.get(name) ?? DEFAULTS[name] ?? 0n;
  return { fields, value, number: (name) => Number(value(name)) };
}
