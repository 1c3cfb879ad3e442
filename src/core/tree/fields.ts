import { type ByteSource, readBytes } from '../byteSource.js';
import { hex, hexBytes, textOf } from '../bytes.js';
import { type Branch, type Children, fewChildren, indexOf } from './branch.js';
import { plural } from '../numbers.js';
import { shortened } from './words.js';

/** Bytes of a line of a dump, and of the longest field that is told in one line. */
const DUMP_LINE = 16;
const LONGEST_RAW = 64;

/** What a field's number means. */
export interface FieldMeaning {
  readonly value: string;
  /** Host offset in bytes that it points at. */
  readonly target?: number | undefined;
  readonly trouble?: string | undefined;
  readonly open?: (() => Children) | undefined;
}

/** `size` ≤ 8 big-endian bytes at a host offset, and what they mean. */
export function numberField(
  source: ByteSource,
  label: string,
  offset: number,
  size: number,
  tell: (value: bigint) => FieldMeaning | string,
): Branch {
  const raw = rawBytes(source, offset, size);
  const told = tell(BigInt(`0x${raw}`));
  const field = { key: label, label, raw, offset, size };
  return typeof told === 'string' ? { ...field, value: told } : { ...field, ...told };
}

/** The same for fields of one record, each at so many bytes from its start. */
export const fieldsAt =
  (source: ByteSource, start: number) =>
  (label: string, at: number, size: number, tell: Parameters<typeof numberField>[4]): Branch =>
    numberField(source, label, start + at, size, tell);

/** Text of `size` bytes, which the image itself may have said; only its beginning is read. */
export function textField(
  source: ByteSource,
  label: string,
  offset: number,
  size: number,
  trouble?: string,
): Branch {
  const bytes = readBytes(source, offset, boundedSize(source, offset, Math.min(size, 4096)));
  const text = shortened(textOf(bytes));
  const raw = bytes.length <= LONGEST_RAW ? digitsOf(bytes) : undefined;
  const open = raw === undefined ? () => dump(source, offset, size) : undefined;
  return {
    key: label,
    label,
    value: text === '' ? '(empty)' : text,
    raw,
    offset,
    size,
    trouble,
    open,
  };
}

/** Bytes that nobody here can read: short ones as they are, longer ones as a dump. */
export function bytesField(
  source: ByteSource,
  label: string,
  offset: number,
  size: number,
  trouble?: string,
): Branch {
  const field = { key: label, label, value: plural(size, 'byte'), offset, size, trouble };
  return size <= DUMP_LINE
    ? { ...field, raw: rawBytes(source, offset, size) }
    : { ...field, open: () => dump(source, offset, size) };
}

/** Bytes as lines of sixteen, as far as the file goes. */
function dump(source: ByteSource, offset: number, size: number): Children {
  const within = boundedSize(source, offset, size);
  const total = Math.ceil(within / DUMP_LINE);
  const line = (index: number): Branch => {
    const at = offset + index * DUMP_LINE;
    const bytes = readBytes(source, at, Math.min(DUMP_LINE, within - index * DUMP_LINE));
    const label = hex(at);
    return {
      key: String(index),
      label,
      value: asciiOf(bytes),
      raw: digitsOf(bytes),
      offset: at,
      size: bytes.length,
    };
  };
  return {
    total,
    page: (from, count) =>
      Array.from({ length: Math.max(0, Math.min(count, total - from)) }, (_, i) => line(from + i)),
    find: (key) => {
      const index = indexOf(key, total);
      return index === undefined ? undefined : line(index);
    },
    position: (key) => indexOf(key, total),
    positionAt: (at) => {
      const index = Math.floor((at - offset) / DUMP_LINE);
      return index >= 0 && index < total ? index : undefined;
    },
  };
}

/** A host offset that a field holds, as a target; undefined where no file reaches. */
export function pointer(value: bigint): number | undefined {
  return value > 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

/** Numbers of the bits that are set, from the lowest. */
export const bitsOf = (value: bigint): number[] =>
  Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => ((value >> BigInt(bit)) & 1n) === 1n);

/** The bits that are set, each with a line of its own. */
export function bitChildren(
  value: bigint,
  tell: (bit: number) => { readonly value: string; readonly trouble?: string | undefined },
): (() => Children) | undefined {
  if (value === 0n) return undefined;
  return () =>
    fewChildren(
      bitsOf(value).map((bit) => ({ key: String(bit), label: `bit ${bit}`, ...tell(bit) })),
    );
}

const boundedSize = (source: ByteSource, offset: number, size: number): number =>
  Math.max(0, Math.min(size, source.size - offset));

/** What lies past the end of the file reads as zeros, as for QEMU. */
const rawBytes = (source: ByteSource, offset: number, size: number): string =>
  digitsOf(readBytes(source, offset, size));

const digitsOf = (bytes: Uint8Array): string => hexBytes(bytes).slice(2);

const asciiOf = (bytes: Uint8Array): string =>
  String.fromCharCode(...bytes.map((byte) => (byte >= 0x20 && byte < 0x7f ? byte : 0x2e)));

export const zeros = (raw: string | undefined): boolean => raw === undefined || /^0*$/.test(raw);
