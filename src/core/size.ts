/** What came of reading something that a user wrote. */
export type ParseResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

const SUFFIXES = 'bkmgtpe';

/** Digits with an optional fraction, then at most one suffix; C's strtod also takes an exponent, QEMU does not. */
const DECIMAL = /^\s*\+?(\d+)(?:\.(\d*))?([bkmgtpe])?$/i;
const HEXADECIMAL = /^\s*\+?0x([0-9a-f]+)([kmgtp])?$/i;

/**
 * Reads a size as QEMU's options spell it: bytes in decimal or hexadecimal, or a decimal number with
 * a suffix that stands for a power of 1024 (`64K`, `1.5G`). A fraction of a byte is rounded, bytes
 * themselves have none. The errors are those of QEMU's parse_option_size.
 *
 * @param parameter the option's name, for the message
 * @returns bytes; exact up to 2^53, above that the nearest number
 */
export function parseSize(text: string, parameter: string): ParseResult<number> {
  const bytes = bytesOf(text);
  if (bytes === undefined)
    return {
      ok: false,
      message:
        `Parameter '${parameter}' expects a non-negative number below 2^64\n` +
        'Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-\n' +
        'and exabytes, respectively.',
    };
  if (bytes >= 2n ** 64n)
    return { ok: false, message: `Value '${text}' is out of range for parameter '${parameter}'` };
  return { ok: true, value: Number(bytes) };
}

function bytesOf(text: string): bigint | undefined {
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal) return BigInt(`0x${hexadecimal[1]}`) * factorOf(hexadecimal[2]);
  const decimal = DECIMAL.exec(text);
  if (!decimal) return undefined;
  const [, whole, fraction = '', suffix] = decimal;
  const factor = factorOf(suffix);
  if (factor === 1n && /[1-9]/.test(fraction)) return undefined;
  const unit = 10n ** BigInt(fraction.length);
  const part = (2n * BigInt(`0${fraction}`) * factor + unit) / (2n * unit);
  return BigInt(whole) * factor + part;
}

function factorOf(suffix: string | undefined): bigint {
  return suffix === undefined ? 1n : 1024n ** BigInt(SUFFIXES.indexOf(suffix.toLowerCase()));
}

/** `65536` as `64K`: the shortest spelling that parseSize reads back to the same number. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let power = 0;
  while (value > 0 && value % 1024 === 0 && power < SUFFIXES.length - 1) {
    value /= 1024;
    power++;
  }
  return power === 0 ? String(bytes) : `${value}${SUFFIXES[power].toUpperCase()}`;
}
