/** Fields of a line that are told apart; what comes behind is looked at by nobody. */
const MAX_FIELDS = 32;

const SPACE = 32;
const ZERO = 48;
const QUOTE = 34;

const isBlank = (byte: number): boolean => byte <= SPACE;

/** A word as the bytes it has in a file. */
export const wordBytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The fields of a line, where they lie in the bytes of a file: nothing is made of them. */
export class Fields {
  bytes: Uint8Array = new Uint8Array();
  readonly starts = new Int32Array(MAX_FIELDS);
  readonly ends = new Int32Array(MAX_FIELDS);
  count = 0;

  /** Fields between blanks. */
  splitAtBlanks(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    let count = 0;
    let at = start;
    for (;;) {
      while (at < end && isBlank(bytes[at])) at++;
      if (at >= end || count === MAX_FIELDS) break;
      this.starts[count] = at;
      while (at < end && !isBlank(bytes[at])) at++;
      this.ends[count++] = at;
    }
    this.count = count;
  }

  /** Fields between separators, without the blanks and quotes around them. */
  splitAt(separator: number, bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    let count = 0;
    let from = start;
    for (let at = start; at <= end && count < MAX_FIELDS; at++) {
      if (at < end && bytes[at] !== separator) continue;
      let [first, last] = [from, at];
      while (first < last && (isBlank(bytes[first]) || bytes[first] === QUOTE)) first++;
      while (last > first && (isBlank(bytes[last - 1]) || bytes[last - 1] === QUOTE)) last--;
      this.starts[count] = first;
      this.ends[count++] = last;
      from = at + 1;
    }
    this.count = count;
  }

  /** A field is this word. */
  is(index: number, word: Uint8Array): boolean {
    const start = this.starts[index];
    if (index >= this.count || this.ends[index] - start !== word.length) return false;
    for (let i = 0; i < word.length; i++) if (this.bytes[start + i] !== word[i]) return false;
    return true;
  }

  /** The first of some words that a field is; -1 if none. */
  oneOf(index: number, words: readonly Uint8Array[]): number {
    for (let i = 0; i < words.length; i++) if (this.is(index, words[i])) return i;
    return -1;
  }

  /** First byte of a field; 0 without one. */
  first(index: number): number {
    return index < this.count && this.ends[index] > this.starts[index]
      ? this.bytes[this.starts[index]]
      : 0;
  }

  /** A field as a whole number; NaN for anything else, and for what is too large to be exact. */
  decimal(index: number): number {
    return index < this.count
      ? decimalOf(this.bytes, this.starts[index], this.ends[index])
      : Number.NaN;
  }

  /** The same with `0x` in front. */
  hexadecimal(index: number): number {
    if (index >= this.count) return Number.NaN;
    const start = this.starts[index];
    const end = this.ends[index];
    if (end - start < 3 || this.bytes[start] !== ZERO || this.bytes[start + 1] !== 120)
      return Number.NaN;
    let value = 0;
    for (let at = start + 2; at < end; at++) {
      const byte = this.bytes[at];
      const digit = byte >= 97 ? byte - 87 : byte >= 65 ? byte - 55 : byte - ZERO;
      if (digit < 0 || digit > 15 || (byte > 57 && byte < 65)) return Number.NaN;
      value = value * 16 + digit;
    }
    return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
  }
}

/** Digits as a number; NaN for none, for anything else, and past 2^53. */
function decimalOf(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start) return Number.NaN;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
}
