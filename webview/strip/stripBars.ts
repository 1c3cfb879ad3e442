import { markOfCode, WINDOW_CODES } from '../../src/core/overlap/windowMarks.js';
import { DOMINANT_MASK, TROUBLE_SHIFT } from '../../src/core/picture/tile.js';
import type { Marks, Palette } from '../heatmap/palette.js';
import { RECENCIES, type WindowStates } from '../text/windowStates.js';

/** Columns of the strip in CSS pixels: the kinds, trouble beside them, the windows; its width as in strip.css. */
export const STRIP = { left: 7, kinds: 18, notch: 4, gap: 3, windows: 6, width: 44 } as const;
const TROUBLE_LEFT = STRIP.left + STRIP.kinds;
const WINDOWS_LEFT = TROUBLE_LEFT + STRIP.notch + STRIP.gap;

/** CSS pixels that a mark is high at least. */
const SMALLEST_MARK = 3;
/** From this height on (CSS pixels) windows are told apart by gaps. */
const GAPS_FROM = 4;

interface Bars {
  readonly context: CanvasRenderingContext2D;
  /** Device pixels. */
  readonly height: number;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
}

/** The kinds along the file, a glyph for each row of pixels, and notches where there is trouble. */
export function drawKinds(
  { context, height, ratio }: Bars,
  glyphs: readonly number[],
  palette: Palette,
): void {
  const [left, width] = [Math.round(STRIP.left * ratio), Math.round(STRIP.kinds * ratio)];
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let y = 0; y < height; y++) {
    const glyph = glyphs[Math.floor((y * glyphs.length) / height)];
    pixels.fill(palette.colours[glyph & DOMINANT_MASK], y * width, (y + 1) * width);
  }
  context.putImageData(image, left, 0);
  // The worst last: on top.
  for (const trouble of [1, 2, 3] as const) {
    context.fillStyle = colourOfTrouble(palette.marks, trouble);
    const high = Math.round(SMALLEST_MARK * ratio);
    glyphs.forEach((glyph, row) => {
      if (glyph >>> TROUBLE_SHIFT !== trouble) return;
      const middle = ((row + 0.5) * height) / glyphs.length;
      const top = Math.min(Math.max(0, Math.round(middle - high / 2)), height - high);
      context.fillRect(TROUBLE_LEFT * ratio, top, STRIP.notch * ratio, high);
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
