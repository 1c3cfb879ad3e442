/** How numbers are told to people: everywhere, on the command line, in VS Code and on the page. */

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** Thousands by comma: `14,441`, `1,234.5678`. */
export const countText = (value: number | bigint): string =>
  value.toString().replace(/\B(?<!\.\d*)(?=(?:\d{3})+(?:\.|$))/g, ',');

/** `1 cluster`, `2 clusters` */
export const plural = (value: number | bigint, one: string, many = `${one}s`): string =>
  `${countText(value)} ${Number(value) === 1 ? one : many}`;

/**
 * Bytes in three significant digits, none behind a whole number: `480 MiB`, `1.10 GiB`, `64 KiB`.
 * What is not quite a whole number never reads like one, `3.995 GiB`, nor like the next unit.
 */
export function sizeText(bytes: number | bigint): string {
  const { value, unit } = inUnit(bytes);
  if (unit === 'bytes') return plural(value, 'byte');
  if (Number.isInteger(value) || value >= 100) return `${countText(Math.floor(value))} ${unit}`;
  const decimals = value >= 10 ? 1 : 2;
  const short = value.toFixed(decimals);
  if (Number(short) !== Math.ceil(value)) return `${short} ${unit}`;
  const power = 10 ** (decimals + 1);
  return `${(Math.floor(value * power) / power).toFixed(decimals + 1)} ${unit}`;
}

/** With the bytes where the unit does not say all: `64 KiB`, `1.50 GiB (1,610,612,737 bytes)`. */
export function exactSizeText(bytes: number | bigint): string {
  const { value, unit } = inUnit(bytes);
  const isAll =
    Number.isInteger(value) && BigInt(value) << BigInt(10 * UNITS.indexOf(unit)) === BigInt(bytes);
  return isAll ? sizeText(bytes) : `${sizeText(bytes)} (${countText(bytes)} bytes)`;
}

/**
 * A range in the largest unit that both ends are short in, `8–8.5 GiB`; undefined if they are in
 * none.
 */
export function spanInUnits(start: number, end: number): string | undefined {
  for (let power = UNITS.length - 1; power > 0; power--) {
    const unit = 1024 ** power;
    if (end < unit || ![start, end].every((at) => Number.isInteger((at / unit) * 100))) continue;
    return `${countText(start / unit)}–${countText(end / unit)} ${UNITS[power]}`;
  }
  return undefined;
}

/** A part of a whole in percent: `12.5 %`, `< 0.1 %`; only the whole is `100.0 %`. */
export function shareText(part: number, all: number): string {
  const percent = all === 0 ? 0 : (100 * part) / all;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return percent < 100 && percent > 99.9 ? '> 99.9 %' : `${percent.toFixed(1)} %`;
}

function inUnit(bytes: number | bigint): { value: number; unit: (typeof UNITS)[number] } {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return { value, unit: UNITS[unit] };
}
