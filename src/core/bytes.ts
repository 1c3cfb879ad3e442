/** Big-endian reading over bytes, and the spelling of numbers in messages. */

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** `0x50000`; exact for a bigint, and for a number up to 2^53 or any multiple of a power of two. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** printf's `%#x`, which leaves zero without a prefix. */
export function hashHex(value: number | bigint): string {
  return Number(value) === 0 ? '0' : hex(value);
}

const utf8 = new TextDecoder();

/** A view of what comes before the first NUL: a string of C. */
export function upToNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Text as the image has it, up to the first NUL, malformed bytes replaced. It is hostile input. */
export const textOf = (bytes: Uint8Array): string => utf8.decode(upToNul(bytes));

/** `0x` and two digits a byte, for raw fields. */
export function hexBytes(bytes: Uint8Array): string {
  let text = '0x';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

export const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** A 64-bit value in hexadecimal, without prefix, from its two halves. */
export function hexWords(high: number, low: number): string {
  const lower = (low >>> 0).toString(16);
  return high === 0 ? lower : (high >>> 0).toString(16) + lower.padStart(8, '0');
}
