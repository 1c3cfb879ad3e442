import { HilbertCurve, type Arrangement, type Extent } from '../../../src/core/picture/curve.js';
import { SQUARE_BITS } from '../../../src/core/picture/windowNumber.js';
import { fitScale } from '../camera.js';

/** Squares at most: smaller ones would only be small. */
const MAX_SQUARES = 256;
/** A part of the pane that larger squares are worth. */
const WORTH = 0.03;
/** Where overlap windows are drawn, each is a square of the picture, or part of one. */
const WINDOW_ORDER = SQUARE_BITS;

/** How well a pane is filled, 0 … 1. */
function filledPart(clusters: number, arrangement: Arrangement, pane: Extent): number {
  const { filled } = new HilbertCurve(clusters, arrangement);
  return (clusters * fitScale(filled, pane) ** 2) / (pane.width * pane.height);
}

/** Those of squares of 4^order clusters that fill the pane best. */
function columnsFor(clusters: number, order: number, pane: Extent): Arrangement {
  const squares = Math.max(1, Math.ceil(clusters / 4 ** order));
  let best: Arrangement = { order, columns: 1 };
  let most = 0;
  for (let rows = 1; rows <= squares; rows++) {
    const arrangement = { order, columns: Math.ceil(squares / rows) };
    const part = filledPart(clusters, arrangement, pane);
    if (part <= most) continue;
    most = part;
    best = arrangement;
  }
  return best;
}

/**
 * How the squares of a picture are laid side by side so that they fill a pane: the largest squares
 * that fill it almost as well as can be.
 * `windows`: overlap windows are to be drawn.
 */
export function arrangementFor(clusters: number, pane: Extent, windows: boolean): Arrangement {
  const largest = new HilbertCurve(clusters);
  const whole = { order: largest.order, columns: largest.columns };
  if (pane.width < 1 || pane.height < 1) return whole;
  const least = leastOrder(clusters, windows);
  const candidates: Arrangement[] = [];
  for (let order = largest.order; order >= Math.min(least, largest.order); order--) {
    if (clusters / 4 ** order > MAX_SQUARES) break;
    candidates.push(columnsFor(clusters, order, pane));
  }
  const parts = candidates.map((each) => filledPart(clusters, each, pane));
  const most = Math.max(...parts);
  return candidates.find((_, index) => parts[index] >= most - WORTH) ?? whole;
}

/** Whether a picture can be arranged so: one that was kept may be of another file. */
export function isPossible(
  clusters: number,
  { order, columns }: Arrangement,
  windows: boolean,
): boolean {
  const largest = new HilbertCurve(clusters);
  if (order < Math.min(leastOrder(clusters, windows), largest.order)) return false;
  if (order > largest.order || clusters / 4 ** order > MAX_SQUARES) return false;
  return columns >= 1 && columns <= Math.max(1, Math.ceil(clusters / 4 ** order));
}

const leastOrder = (clusters: number, windows: boolean): number =>
  windows && clusters > 4 ** WINDOW_ORDER ? WINDOW_ORDER : 1;

export const sameArrangement = (a: Arrangement | undefined, b: Arrangement | undefined): boolean =>
  a?.order === b?.order && a?.columns === b?.columns;
