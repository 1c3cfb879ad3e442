import { markOfCode, WINDOW_CODES } from '../../src/core/overlap/windowMarks.js';
import type { Rarity } from '../../src/core/picture/rarity.js';
import type { StripRows } from '../../src/core/picture/strip.js';
import { DOMINANT_MASK, maskOfValue, TROUBLE_SHIFT } from '../../src/core/picture/tile.js';
import { unpack, type Marks, type Palette } from '../heatmap/palette.js';
import { RECENCIES, type WindowStates } from '../text/windowStates.js';

/** Columns of the strip in CSS pixels: trouble, the values, what is rare, the windows; its width as in strip.css. */
export const STRIP = { left: 8, kinds: 16, gap: 2, ticks: 5, windows: 6, width: 44 } as const;
const TICKS_LEFT = STRIP.left + STRIP.kinds + 1;
const WINDOWS_LEFT = TICKS_LEFT + STRIP.ticks + STRIP.gap;

/** CSS pixels that a tick is high, and an arrow. */
const TICK = 2;
const ARROW = 8;
/** Of all rows, those that may have a tick of one value. */
const MAX_TICKS = 1 / 4;
/** From this height on (CSS pixels) windows are told apart by gaps. */
const GAPS_FROM = 4;

interface Bars {
  readonly context: CanvasRenderingContext2D;
  /** Device pixels. */
  readonly height: number;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
}

/**
 * The values from the start to the end, a glyph for each row of pixels; beside them, what is rare as
 * ticks, and on the other side an arrow where there is trouble.
 */
export function drawValues(
  { context, height, ratio }: Bars,
  { glyphs, masks }: StripRows,
  palette: Palette,
  rarity: Rarity,
): void {
  const [left, width] = [Math.round(STRIP.left * ratio), Math.round(STRIP.kinds * ratio)];
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let y = 0; y < height; y++) {
    const glyph = glyphs[Math.floor((y * glyphs.length) / height)];
    pixels.fill(palette.colours[glyph & DOMINANT_MASK], y * width, (y + 1) * width);
  }
  context.putImageData(image, left, 0);
  const topOf = (row: number, high: number): number => {
    const middle = ((row + 0.5) * height) / glyphs.length;
    return Math.min(Math.max(0, Math.round(middle - high / 2)), height - high);
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
    for (const row of rows)
      context.fillRect(TICKS_LEFT * ratio, topOf(row, tick), STRIP.ticks * ratio, tick);
  }
  // The worst last: on top.
  for (const trouble of [1, 2, 3] as const) {
    context.fillStyle = colourOfTrouble(palette.marks, trouble);
    const high = Math.round(ARROW * ratio);
    glyphs.forEach((glyph, row) => {
      if (glyph >>> TROUBLE_SHIFT !== trouble) return;
      const top = topOf(row, high);
      context.beginPath();
      context.moveTo(ratio, top);
      context.lineTo((STRIP.left - 1) * ratio, top + high / 2);
      context.lineTo(ratio, top + high);
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
  const { context, height, ratio } = bars;
  const windowHeight = height / codes.length;
  const apart = windowHeight >= GAPS_FROM * ratio;
  const slots = apart ? codes.length : height;
  for (let slot = 0; slot < slots; slot++) {
    const first = Math.floor((slot * codes.length) / slots);
    const end = Math.max(first + 1, Math.ceil(((slot + 1) * codes.length) / slots));
    const row = summary(codes, recencies, first, Math.min(end, codes.length));
    const top = Math.round((slot * height) / slots);
    const bottom = Math.round(((slot + 1) * height) / slots) - (apart ? Math.round(ratio) : 0);
    const wide = row.unprotected ? STRIP.windows + 3 : STRIP.windows;
    const look = lookOf(row, colours);
    if (!look) continue;
    context.globalAlpha = look.alpha;
    context.fillStyle = look.colour;
    context.fillRect(WINDOWS_LEFT * ratio, top, wide * ratio, bottom - top);
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
