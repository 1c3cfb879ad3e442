import { hitsAt, type ThinCurve } from '../../../src/core/caches/curve.js';
import type { ToldCache } from '../../../src/protocol/caches.js';
import { size } from '../../text/text.js';
import { perHundred } from './cacheNames.js';

/** Sizes on an axis of doublings, in bytes. */
export interface SizeScale {
  readonly least: number;
  readonly most: number;
}

/** All that a curve has to show: its points and the sizes that are marked. */
export function scaleOf(
  { curve, marks }: ToldCache<unknown>,
  others: readonly number[],
): SizeScale {
  const sizes = [...curve.bytes, ...others, marks.now, marks.standard, marks.full].filter(
    (bytes) => bytes > 0,
  );
  const least = sizes.reduce((a, b) => Math.min(a, b), Infinity);
  const most = sizes.reduce((a, b) => Math.max(a, b), 0);
  return { least: least / 1.3, most: Math.max(most, least * 2) * 1.3 };
}

/** Part of the way from the least to the most, 0 … 1. */
export const shareOf = ({ least, most }: SizeScale, bytes: number): number =>
  Math.min(1, Math.max(0, Math.log(bytes / least) / Math.log(most / least)));

export const sizeAt = ({ least, most }: SizeScale, share: number): number =>
  least * (most / least) ** Math.min(1, Math.max(0, share));

/** Powers of two that are written below the axis, at most so many. */
export function ticksOf({ least, most }: SizeScale, atMost: number): readonly number[] {
  const from = Math.ceil(Math.log2(least));
  const to = Math.floor(Math.log2(most));
  const step = Math.max(1, Math.ceil((to - from + 1) / atMost));
  const ticks: number[] = [];
  for (let power = from; power <= to; power += step) ticks.push(2 ** power);
  return ticks;
}

/** The largest misses of 100 that any curve has, rounded up to what an axis is divided by. */
export function topOf(curves: readonly ThinCurve[]): number {
  const most = curves.reduce((top, { hits, lookups }) => {
    const least = hits.reduce((a, b) => Math.min(a, b), lookups);
    return Math.max(top, perHundred(lookups - least, lookups));
  }, 0);
  return [1, 2, 5, 10, 20, 40, 60, 80].find((top) => most <= top) ?? 100;
}

/** Misses of 100 look-ups in a cache of so many bytes. */
export const missesAt = (curve: ThinCurve, bytes: number): number =>
  perHundred(curve.lookups - hitsAt(curve, bytes), curve.lookups);

/** A size that is marked, and what it is. */
export interface Flag {
  readonly bytes: number;
  /** `now`, `default`, `knee`, `full`. */
  readonly names: readonly string[];
}

/** The sizes that are marked; those that are the same are one. */
export function flagsOf({ marks }: ToldCache<unknown>, knee: number | undefined): readonly Flag[] {
  const all = [
    ['now', marks.now],
    ['default', marks.standard],
    ['knee', knee],
    ['full', marks.full],
  ] as const;
  const bySize = new Map<number, string[]>();
  for (const [name, bytes] of all)
    if (bytes !== undefined && bytes > 0) bySize.set(bytes, [...(bySize.get(bytes) ?? []), name]);
  return [...bySize].sort(([a], [b]) => a - b).map(([bytes, names]) => ({ bytes, names }));
}

/** Those that matter most. */
export const isStrong = ({ names }: Flag): boolean =>
  names.includes('knee') || names.includes('now');

/** Where a label stands: pixels from the left, its lines from a row on, from the top. */
export interface LabelPlace {
  readonly left: number;
  readonly row: number;
  readonly lines: readonly string[];
}

/** Pixels that a character of a label takes, about. */
const CHARACTER = 6.2;
const BOLD_CHARACTER = 7;

/** Puts labels where none covers another: right of its size, else left of it, in as few rows as it takes. */
export function placeLabels(
  flags: readonly Flag[],
  scale: SizeScale,
  width: number,
): readonly LabelPlace[] {
  const taken: { readonly row: number; readonly from: number; readonly to: number }[] = [];
  return flags.map((flag) => {
    const character = isStrong(flag) ? BOLD_CHARACTER : CHARACTER;
    const lines = linesOf(flag, width / character);
    const at = shareOf(scale, flag.bytes) * width;
    const length = Math.max(...lines.map((line) => line.length)) * character;
    const left = at + 4 + length <= width ? at + 4 : Math.max(0, at - 4 - length);
    const isTaken = (row: number): boolean =>
      taken.some(
        (each) =>
          each.row >= row &&
          each.row < row + lines.length &&
          left < each.to + 6 &&
          left + length > each.from - 6,
      );
    let row = 0;
    while (isTaken(row)) row++;
    for (const line of lines.keys()) taken.push({ row: row + line, from: left, to: left + length });
    return { left, row, lines };
  });
}

/** Rows that labels take. */
export const rowsOf = (places: readonly LabelPlace[]): number =>
  places.reduce((most, { row, lines }) => Math.max(most, row + lines.length), 1);

/** `now = default 64 KiB`, in two lines where there is no room for one. */
function linesOf({ bytes, names }: Flag, characters: number): readonly string[] {
  const text = (part: readonly string[]): string => `${part.join(' = ')} ${size(bytes)}`;
  if (names.length < 2 || text(names).length <= characters) return [text(names)];
  const half = Math.ceil(names.length / 2);
  return [`${names.slice(0, half).join(' = ')} =`, text(names.slice(half))];
}
