import { markOfCode, WINDOW_CODES } from '../../src/core/overlap/windowMarks.js';
import type { Rarity } from '../../src/core/picture/rarity.js';
import type { StripRows } from '../../src/core/picture/strip.js';
import { DOMINANT_MASK, maskOfValue, TROUBLE_SHIFT } from '../../src/core/picture/tile.js';
import { unpack, type Marks, type Palette } from '../heatmap/palette.js';
import { RECENCIES, type WindowStates } from '../text/windowStates.js';

/** Columns of a strip in CSS pixels, each with its side that looks at the values first. */
export interface StripLayout {
  readonly width: number;
  readonly values: readonly [from: number, to: number];
  readonly ticks: readonly [from: number, to: number];
  readonly arrows: readonly [tip: number, base: number];
  /** Where there is no column for them, windows are not drawn. */
  readonly windows: number | undefined;
}

/** Beside the map or above it; its width as in strip.css. */
export const LONE_STRIP: StripLayout = {
  ...{ width: 44, arrows: [7, 1], values: [8, 24], ticks: [25, 30] },
  windows: 32,
};
/** One of two that face each other: the values at the edge. */
export const FACING_STRIP: StripLayout = {
  ...{ width: 30, values: [0, 14], ticks: [15, 20], arrows: [21, 28] },
  windows: undefined,
};

/** CSS pixels that a bar of windows is wide; more where some are unprotected. */
const WINDOWS = 6;
const UNPROTECTED = 3;

/** CSS pixels that a tick is high, and an arrow. */
const TICK = 2;
const ARROW = 8;
/** Of all rows, those that may have a tick of one value. */
const MAX_TICKS = 1 / 4;
/** From this height on (CSS pixels) windows are told apart by gaps. */
const GAPS_FROM = 4;

export interface Bars {
  readonly context: CanvasRenderingContext2D;
  readonly layout: StripLayout;
  /** From the left to the right, and not from top to bottom. */
  readonly isLevel: boolean;
  /** Its columns in the other order. */
  readonly isMirrored: boolean;
  /** From its start to its end, in device pixels. */
  readonly length: number;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
}

/** A point of the canvas: so many CSS pixels into the columns, so many device pixels along. */
function pointAt(
  { layout, isLevel, isMirrored, ratio }: Bars,
  column: number,
  along: number,
): readonly [x: number, y: number] {
  const across = Math.round((isMirrored ? layout.width - column : column) * ratio);
  return isLevel ? [along, across] : [across, along];
}

/** The rectangle between two columns, and from one place along the strip to another. */
export function barIn(
  bars: Bars,
  [from, to]: readonly [number, number],
  start: number,
  end: number,
): readonly [x: number, y: number, width: number, height: number] {
  const [x1, y1] = pointAt(bars, from, start);
  const [x2, y2] = pointAt(bars, to, end);
  return [Math.min(x1, x2), Math.min(y1, y2), Math.abs(x2 - x1), Math.abs(y2 - y1)];
}

/**
 * The values from the start to the end, a glyph for each row of pixels; beside them, what is rare as
 * ticks, and on the other side an arrow where there is trouble.
 */
export function drawValues(
  bars: Bars,
  { glyphs, masks }: StripRows,
  palette: Palette,
  rarity: Rarity,
): void {
  const { context, layout, length, ratio } = bars;
  const valueAt = (along: number): number =>
    glyphs[Math.floor((along * glyphs.length) / length)] & DOMINANT_MASK;
  for (let along = 0; along < length;) {
    const value = valueAt(along);
    const start = along;
    while (along < length && valueAt(along) === value) along++;
    const { red, green, blue, alpha } = unpack(palette.colours[value]);
    context.fillStyle = `rgba(${red}, ${green}, ${blue}, ${alpha})`;
    context.fillRect(...barIn(bars, layout.values, start, along));
  }
  const topOf = (row: number, high: number): number => {
    const middle = ((row + 0.5) * length) / glyphs.length;
    return Math.min(Math.max(0, Math.round(middle - high / 2)), length - high);
  };
  const tick = Math.round(TICK * ratio);
  // The rarest last: on top. What has a tick in every row would say nothing there.
  for (const value of [...rarity.order].reverse()) {
    const bit = maskOfValue(value);
    if ((rarity.marked & bit) === 0) continue;
    const rows = masks.flatMap((mask, row) => ((mask & bit) === 0 ? [] : [row]));
    if (rows.length > MAX_TICKS * masks.length) continue;
    const { red, green, blue } = unpack(palette.colours[value]);
    context.fillStyle = `rgb(${red}, ${green}, ${blue})`;
    for (const row of rows) {
      const top = topOf(row, tick);
      context.fillRect(...barIn(bars, layout.ticks, top, top + tick));
    }
  }
  // The worst last: on top.
  for (const trouble of [1, 2, 3] as const) {
    context.fillStyle = colourOfTrouble(palette.marks, trouble);
    const high = Math.round(ARROW * ratio);
    glyphs.forEach((glyph, row) => {
      if (glyph >>> TROUBLE_SHIFT !== trouble) return;
      const top = topOf(row, high);
      const [tip, base] = layout.arrows;
      context.beginPath();
      context.moveTo(...pointAt(bars, base, top));
      context.lineTo(...pointAt(bars, tip, top + high / 2));
      context.lineTo(...pointAt(bars, base, top + high));
      context.fill();
    });
  }
}

function colourOfTrouble(marks: Marks, trouble: 1 | 2 | 3): string {
  switch (trouble) {
    case 1:
      return marks.leak;
    case 2:
      return marks.corruption;
    case 3:
      return marks.claimedTwice;
  }
}

/** What a row of pixels shows of the windows in it. */
interface Row {
  unprotected: boolean;
  kept: boolean;
  /** Recency of the window used last, 0.5 for one that was not told, 0 when none is cached. */
  cached: number;
  fragments: boolean;
}

/** The windows along the file: what is worst, else what takes most memory. */
export function drawWindowStates(
  bars: Bars,
  { codes, recencies }: WindowStates,
  { windows: colours }: Marks,
): void {
  const { context, layout, length, ratio } = bars;
  if (layout.windows === undefined) return;
  const apart = length / codes.length >= GAPS_FROM * ratio;
  const slots = apart ? codes.length : length;
  for (let slot = 0; slot < slots; slot++) {
    const first = Math.floor((slot * codes.length) / slots);
    const end = Math.max(first + 1, Math.ceil(((slot + 1) * codes.length) / slots));
    const row = summary(codes, recencies, first, Math.min(end, codes.length));
    const top = Math.round((slot * length) / slots);
    const bottom = Math.round(((slot + 1) * length) / slots) - (apart ? Math.round(ratio) : 0);
    const wide = row.unprotected ? WINDOWS + UNPROTECTED : WINDOWS;
    const look = lookOf(row, colours);
    if (!look) continue;
    context.globalAlpha = look.alpha;
    context.fillStyle = look.colour;
    context.fillRect(...barIn(bars, [layout.windows, layout.windows + wide], top, bottom));
  }
  context.globalAlpha = 1;
}

const MARKS_BY_CODE = Array.from({ length: WINDOW_CODES }, (_, code) => markOfCode(code));

function summary(codes: Uint8Array, recencies: Uint8Array, first: number, end: number): Row {
  const row: Row = { unprotected: false, kept: false, cached: 0, fragments: false };
  for (let window = first; window < end; window++) {
    const { form, exposure } = MARKS_BY_CODE[codes[window]];
    if (exposure) row.unprotected = true;
    if (form === 'kept') row.kept = true;
    if (form === 'fragments') row.fragments = true;
    if (form === 'cached') row.cached = Math.max(row.cached, recencies[window] || 0.5);
  }
  return row;
}

function lookOf(
  { unprotected, kept, cached, fragments }: Row,
  colours: Marks['windows'],
): { readonly colour: string; readonly alpha: number } | undefined {
  if (unprotected) return { colour: colours.unprotected, alpha: 1 };
  if (cached > 0) return { colour: colours.cached, alpha: 0.4 + (0.6 * cached) / RECENCIES };
  if (kept) return { colour: colours.kept, alpha: 1 };
  return fragments ? { colour: colours.fragments, alpha: 0.35 } : undefined;
}
