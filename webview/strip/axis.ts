/** A place along the strip, and what is said there. */
export interface Tick {
  /** Part of the whole, 0 … 1. */
  readonly at: number;
  readonly text: string;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
/** Steps of a unit that people count in. */
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500];

/**
 * Offsets along a strip: round ones, at least `gap` pixels apart, the first of which says the unit,
 * and the end.
 */
export function axisOf(bytes: number, pixels: number, gap: number): Tick[] {
  if (bytes <= 0 || pixels < 2 * gap) return [];
  let unit = Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const least = (bytes * gap) / pixels;
  // Half a GiB is 512 MiB: where one step of the unit is too many, the next lower one counts.
  if (unit > 0 && bytes / 1024 ** unit < 2) unit--;
  const one = 1024 ** unit;
  const step = one * (STEPS.find((each) => each * one >= least) ?? 1000);
  const ticks: Tick[] = [{ at: 0, text: '0' }];
  for (let at = step; at < bytes - least / 2; at += step) {
    const number = String(at / one);
    ticks.push({ at: at / bytes, text: at === step ? `${number} ${UNITS[unit]}` : number });
  }
  const end = bytes / one;
  ticks.push({
    at: 1,
    text:
      (end >= 100 || Number.isInteger(end) ? end.toFixed(0) : end.toFixed(1)) +
      (ticks.length === 1 ? ` ${UNITS[unit]}` : ''),
  });
  return ticks;
}
