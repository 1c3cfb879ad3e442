/** How the tree spells numbers and what is wrong. */

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Digits in groups of three: `1,048,576`. */
export const grouped = (value: number | bigint): string =>
  value.toString().replace(/\B(?=(\d{3})+$)/g, ',');

/** Bytes for people, exact: `64 KiB`, `1.5 GiB (1,610,612,737 bytes)`. */
export function sizeText(bytes: number | bigint): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  if (unit === 0) return `${value} ${value === 1 ? 'byte' : 'bytes'}`;
  const short = `${Number.isInteger(value) ? value : value.toFixed(1)} ${UNITS[unit]}`;
  const exact = Number.isInteger(value) && BigInt(value) << BigInt(10 * unit) === BigInt(bytes);
  return exact ? short : `${short} (${grouped(bytes)} bytes)`;
}

/** "1 entry", "2 entries" */
export const counted = (n: number | bigint, one: string, many = `${one}s`): string =>
  `${grouped(n)} ${Number(n) === 1 ? one : many}`;

/** What is wrong, in one text; undefined when nothing is. */
export function troubles(...parts: readonly (string | false | undefined)[]): string | undefined {
  const all = parts.filter((part) => part !== undefined && part !== false);
  return all.length > 0 ? all.join('; ') : undefined;
}

/** Names from an image may have 65,535 bytes. */
const LONGEST = 1024;

export const shortened = (text: string): string =>
  text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;

/** `2023-11-14 22:13:20 UTC` */
export const dateText = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
