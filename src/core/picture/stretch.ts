import { walkHilbert, type Curve, type HilbertCurve, type RowCurve } from './curve.js';

/** Cells of a picture. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Clusters from `first` up to `end`, which is not among them. */
export interface Stretch {
  readonly first: number;
  readonly end: number;
}

/**
 * The cells of a stretch of clusters as rectangles that do not overlap: at most three in rows, at
 * most six for each level of the Hilbert curve.
 */
export function rectanglesOf(curve: Curve, stretch: Stretch): Rectangle[] {
  switch (curve.name) {
    case 'hilbert':
      return squaresOf(curve, stretch);
    case 'rows':
      return bandsOf(curve, stretch);
  }
}

/** The smallest rectangle around the cells of a stretch of clusters. */
export function boundsOf(curve: Curve, stretch: Stretch): Rectangle {
  const rectangles = rectanglesOf(curve, stretch);
  const x = Math.min(...rectangles.map((each) => each.x));
  const y = Math.min(...rectangles.map((each) => each.y));
  const right = Math.max(...rectangles.map((each) => each.x + each.width));
  const bottom = Math.max(...rectangles.map((each) => each.y + each.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** The largest squares of the curve, one after another. */
function squaresOf(curve: HilbertCurve, { first, end }: Stretch): Rectangle[] {
  const squares: Rectangle[] = [];
  for (let cluster = first; cluster < end;) {
    let level = 0;
    while (level < curve.order) {
      const larger = 4 ** (level + 1);
      if (cluster % larger !== 0 || cluster + larger > end) break;
      level++;
    }
    squares.push(squareAt(curve, level, cluster));
    cluster += 4 ** level;
  }
  return squares;
}

/** The square of 4^level clusters that starts at `cluster`. */
function squareAt(curve: HilbertCurve, level: number, cluster: number): Rectangle {
  const edge = 2 ** level;
  const { x, y } = curve.point(cluster);
  return { x: x - (x % edge), y: y - (y % edge), width: edge, height: edge };
}

/** What is left of the first row, whole rows, and the beginning of the last. */
function bandsOf({ width }: RowCurve, { first, end }: Stretch): Rectangle[] {
  const bands: Rectangle[] = [];
  for (let cluster = first; cluster < end;) {
    const x = cluster % width;
    const y = Math.floor(cluster / width);
    const rows = x === 0 ? Math.floor((end - cluster) / width) : 0;
    const band =
      rows > 0
        ? { x, y, width, height: rows }
        : { x, y, width: Math.min(width - x, end - cluster), height: 1 };
    bands.push(band);
    cluster += band.width * band.height;
  }
  return bands;
}

/**
 * The clusters in an area of the picture, as stretches in ascending order. Gaps of up to `grain`
 * clusters are not told apart, which bounds the work: a strip of pixels would not show them.
 */
export function stretchesIn(curve: Curve, area: Rectangle, grain: number): Stretch[] {
  const x0 = Math.max(0, Math.floor(area.x));
  const y0 = Math.max(0, Math.floor(area.y));
  const x1 = Math.min(curve.filled.width, Math.ceil(area.x + area.width));
  const y1 = Math.min(curve.filled.height, Math.ceil(area.y + area.height));
  if (x0 >= x1 || y0 >= y1) return [];
  const clipped = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
  switch (curve.name) {
    case 'hilbert':
      return stretchesOnCurve(curve, clipped, grain);
    case 'rows':
      return stretchesInRows(curve, clipped, grain);
  }
}

function stretchesInRows(curve: RowCurve, area: Rectangle, grain: number): Stretch[] {
  const { width, clusters } = curve;
  const joined = width - area.width <= grain;
  const stretches: Stretch[] = [];
  const steps = joined ? 1 : area.height;
  for (let step = 0; step < steps; step++) {
    const first = (area.y + step) * width + area.x;
    const below = joined ? area.height - 1 : 0;
    push(stretches, first, Math.min(clusters, first + below * width + area.width));
  }
  return stretches;
}

function stretchesOnCurve(curve: HilbertCurve, area: Rectangle, grain: number): Stretch[] {
  const stretches: Stretch[] = [];
  const { order, clusters } = curve;
  const right = area.x + area.width;
  const bottom = area.y + area.height;
  walkHilbert(curve, order, (level, index, column, row) => {
    const edge = 2 ** level;
    const [x, y] = [column * edge, row * edge];
    if (x >= right || y >= bottom || x + edge <= area.x || y + edge <= area.y) return false;
    const inside = x >= area.x && y >= area.y && x + edge <= right && y + edge <= bottom;
    const size = edge * edge;
    if (!inside && size > grain && level > 0) return true;
    push(stretches, index * size, Math.min(clusters, (index + 1) * size));
    return false;
  });
  return stretches;
}

function push(stretches: Stretch[], first: number, end: number): void {
  if (first >= end) return;
  const last = stretches.at(-1);
  if (last?.end === first) stretches[stretches.length - 1] = { first: last.first, end };
  else stretches.push({ first, end });
}
