import { markOfCode, WINDOW_CODES } from '../../../src/core/overlap/windowMarks.js';
import type { Exposure } from '../../../src/core/overlap/windowState.js';
import { RECENCIES } from '../../text/windowStates.js';
import type { WindowColours } from '../palette.js';

/** A line around a window, all of it inside: neighbours share no pixel. Lengths in CSS pixels. */
interface Stroke {
  readonly colour: string;
  readonly alpha: number;
  readonly width: number;
  /** From the window's edge to the line's. */
  readonly inset: number;
  /** Lines and gaps in turn; none: a solid line. */
  readonly dash: readonly number[];
}

interface WindowStyle {
  readonly faint: boolean;
  readonly hatching: Exposure | undefined;
  readonly strokes: readonly Stroke[];
}

/** One number for all windows that look alike. */
export const styleNumber = (code: number, recency: number): number =>
  code * (RECENCIES + 1) + recency;

const FAINT = Array.from({ length: WINDOW_CODES }, (_, code) => {
  const { form, exposure } = markOfCode(code);
  return !exposure && (form === 'empty' || form === 'fragments');
});

/** Whether windows of a code are neither cached nor unprotected: to be left out where room is short. */
export const isFaint = (code: number): boolean => FAINT[code];

/** How windows of a style number look: by form, by recency, and by what may go unnoticed. */
export function styleOf(style: number, colours: WindowColours): WindowStyle {
  const code = Math.floor(style / (RECENCIES + 1));
  const { form, exposure } = markOfCode(code);
  const recency = style % (RECENCIES + 1);
  const strokes: Stroke[] = [];
  const line = { alpha: 1, width: 1.5, inset: 0, dash: [] };
  switch (form) {
    case 'empty':
      break;
    case 'fragments':
      strokes.push({ ...line, colour: colours.fragments, alpha: 0.4, width: 1 });
      break;
    case 'cached':
      strokes.push({ ...line, colour: colours.cached, alpha: alphaOf(recency) });
      break;
    case 'kept':
      strokes.push({ ...line, colour: colours.kept, width: 1 });
      strokes.push({ ...line, colour: colours.kept, width: 1, inset: 3 });
      break;
  }
  const unprotected = { ...line, colour: colours.unprotected, width: 1, dash: [5, 3] };
  if (exposure) strokes.push({ ...unprotected, inset: form === 'cached' ? 3 : line.inset });
  return {
    faint: isFaint(code),
    hatching: exposure,
    strokes,
  };
}

/** The cached windows used last are the brightest. Of those that were not told, nothing is known. */
const alphaOf = (recency: number): number =>
  recency === 0 ? 0.7 : 0.4 + (0.6 * recency) / RECENCIES;
