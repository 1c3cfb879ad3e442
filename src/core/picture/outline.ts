import type { Rectangle } from './stretch.js';

/** A piece of an outline between two corners of cells, across (`y1 === y2`) or down. */
export interface Edge {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** The outline of rectangles that do not overlap: their sides without what two of them share. */
export function outlineOf(rectangles: readonly Rectangle[]): Edge[] {
  return rectangles.flatMap(({ x, y, width, height }) => {
    const [right, bottom] = [x + width, y + height];
    const across = (at: number, touches: (other: Rectangle) => boolean): Edge[] =>
      without(x, right, rectangles.filter(touches).map(spanAcross)).map(([x1, x2]) => ({
        x1,
        y1: at,
        x2,
        y2: at,
      }));
    const down = (at: number, touches: (other: Rectangle) => boolean): Edge[] =>
      without(y, bottom, rectangles.filter(touches).map(spanDown)).map(([y1, y2]) => ({
        x1: at,
        y1,
        x2: at,
        y2,
      }));
    return [
      ...across(y, (other) => other.y + other.height === y),
      ...across(bottom, (other) => other.y === bottom),
      ...down(x, (other) => other.x + other.width === x),
      ...down(right, (other) => other.x === right),
    ];
  });
}

type Span = readonly [from: number, to: number];

const spanAcross = ({ x, width }: Rectangle): Span => [x, x + width];
const spanDown = ({ y, height }: Rectangle): Span => [y, y + height];

/** What is left of [from, to) without the spans. */
function without(from: number, to: number, spans: readonly Span[]): Span[] {
  const left: Span[] = [];
  let at = from;
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (end <= at || start >= to) continue;
    if (start > at) left.push([at, start]);
    at = end;
  }
  if (at < to) left.push([at, to]);
  return left;
}
