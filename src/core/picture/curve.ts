/** How the file's clusters are laid out on the picture. */
export const CURVES = ['hilbert', 'rows'] as const;
export type CurveName = (typeof CURVES)[number];

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Extent {
  readonly width: number;
  readonly height: number;
}

/** A bijection between the clusters of a file and cells of a picture of `width` × `height`. */
interface Layout {
  /** Host clusters on the picture, at most 2^31. */
  readonly clusters: number;
  /** Cells. */
  readonly width: number;
  readonly height: number;
  /** The part of the picture from (0, 0) on that has clusters. */
  readonly filled: Extent;
  /** The cell of a cluster below `clusters`. */
  point(cluster: number): Point;
  /** The cluster of a cell; undefined where the picture has none. */
  cluster(x: number, y: number): number | undefined;
}

export type Curve = HilbertCurve | RowCurve;

export function createCurve(name: CurveName, clusters: number): Curve {
  switch (name) {
    case 'hilbert':
      return new HilbertCurve(clusters);
    case 'rows':
      return new RowCurve(clusters);
  }
}

/**
 * How a square of the Hilbert curve is turned: bit 0 transposes it, bit 1 turns it by 180°. The two
 * commute, so orientations compose by exclusive or.
 */
export type Orientation = number;

/** How the four quadrants of a square are turned, in the order in which the curve visits them. */
const QUADRANT_TURN = [1, 0, 0, 3];

/** Where a walk down `order` levels of the curve ends. */
export interface HilbertStep extends Point {
  readonly orientation: Orientation;
}

/**
 * The square number `index` along a Hilbert curve of 2^order × 2^order squares, from (0, 0) to
 * (2^order − 1, 0). `order` is at most 15.
 */
export function hilbertStep(order: number, index: number): HilbertStep {
  let x = 0;
  let y = 0;
  let orientation = 0;
  for (let level = order - 1; level >= 0; level--) {
    const quadrant = (index >>> (2 * level)) & 3;
    const turn = orientation >>> 1;
    const right = (quadrant >>> 1) ^ turn;
    const down = ((quadrant ^ (quadrant >>> 1)) & 1) ^ turn;
    x = x * 2 + (orientation & 1 ? down : right);
    y = y * 2 + (orientation & 1 ? right : down);
    orientation ^= QUADRANT_TURN[quadrant];
  }
  return { x, y, orientation };
}

/** The inverse of `hilbertStep`, for a square that is itself turned by `orientation`. */
export function hilbertIndex(
  order: number,
  x: number,
  y: number,
  orientation: Orientation = 0,
): number {
  let index = 0;
  for (let level = order - 1; level >= 0; level--) {
    const turn = orientation >>> 1;
    const bitX = ((x >>> level) & 1) ^ turn;
    const bitY = ((y >>> level) & 1) ^ turn;
    const right = orientation & 1 ? bitY : bitX;
    const down = orientation & 1 ? bitX : bitY;
    const quadrant = (3 * right) ^ down;
    index = index * 4 + quadrant;
    orientation ^= QUADRANT_TURN[quadrant];
  }
  return index;
}

/**
 * Walks down the squares of a Hilbert curve, or of several side by side, in the order of the curve.
 * `enter` is told the level of a square (it is 2^level wide), its number along the curve among those
 * of its level, and its column and row among them; it says whether to go on into its quadrants.
 */
export function walkHilbert(
  order: number,
  curves: number,
  enter: (level: number, index: number, x: number, y: number) => boolean,
): void {
  const walk = (level: number, index: number, x: number, y: number, turned: Orientation): void => {
    if (!enter(level, index, x, y) || level === 0) return;
    for (let quadrant = 0; quadrant < 4; quadrant++) {
      const turn = turned >>> 1;
      const right = (quadrant >>> 1) ^ turn;
      const down = ((quadrant ^ (quadrant >>> 1)) & 1) ^ turn;
      walk(
        level - 1,
        index * 4 + quadrant,
        x * 2 + (turned & 1 ? down : right),
        y * 2 + (turned & 1 ? right : down),
        turned ^ QUADRANT_TURN[quadrant],
      );
    }
  };
  for (let curve = 0; curve < curves; curve++) walk(order, curve, curve, 0, 0);
}

/** The width and height that the first `count` squares of a Hilbert curve take, from its start. */
function filledByHilbert(order: number, count: number): Extent {
  let width = 0;
  let height = 0;
  let index = 0;
  // The first `count` squares are at most three whole squares of each size: their corners tell.
  for (let level = order; level >= 0; level--) {
    const edge = 2 ** level;
    for (; index + edge * edge <= count; index += edge * edge) {
      const { x, y } = hilbertStep(order - level, index / (edge * edge));
      width = Math.max(width, (x + 1) * edge);
      height = Math.max(height, (y + 1) * edge);
    }
  }
  return { width, height };
}

/**
 * One Hilbert square, or two side by side of which the second goes on where the first ends:
 * whichever is more than half full.
 */
export class HilbertCurve implements Layout {
  readonly name = 'hilbert';
  readonly clusters: number;
  readonly width: number;
  readonly height: number;
  readonly filled: Extent;
  /** A square is 2^order cells wide and high. */
  readonly order: number;

  constructor(clusters: number) {
    let order = 0;
    while (4 ** order < clusters) order++;
    const two = order > 0 && 2 * 4 ** (order - 1) >= clusters;
    this.clusters = clusters;
    this.order = two ? order - 1 : order;
    this.height = 2 ** this.order;
    this.width = two ? 2 * this.height : this.height;
    const rest = clusters - 4 ** this.order;
    this.filled =
      rest > 0
        ? { width: this.height + filledByHilbert(this.order, rest).width, height: this.height }
        : filledByHilbert(this.order, clusters);
  }

  point(cluster: number): Point {
    const capacity = 4 ** this.order;
    const second = cluster >= capacity;
    const { x, y } = hilbertStep(this.order, second ? cluster - capacity : cluster);
    return { x: second ? x + this.height : x, y };
  }

  cluster(x: number, y: number): number | undefined {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return undefined;
    const second = x >= this.height;
    const index = hilbertIndex(this.order, second ? x - this.height : x, y);
    const cluster = second ? index + 4 ** this.order : index;
    return cluster < this.clusters ? cluster : undefined;
  }
}

/** The width-to-height ratio around which rows keep within a factor of two. */
const ROWS_ASPECT = 1.5;

/** Row after row of a power-of-two width, so that a row is easy to reckon with. */
export class RowCurve implements Layout {
  readonly name = 'rows';
  readonly clusters: number;
  readonly width: number;
  readonly height: number;
  readonly filled: Extent;

  constructor(clusters: number) {
    this.clusters = clusters;
    this.width = 2 ** Math.max(0, Math.round(Math.log2(ROWS_ASPECT * clusters) / 2));
    this.height = Math.max(1, Math.ceil(clusters / this.width));
    this.filled = { width: Math.min(clusters, this.width), height: this.height };
  }

  point(cluster: number): Point {
    return { x: cluster % this.width, y: Math.floor(cluster / this.width) };
  }

  cluster(x: number, y: number): number | undefined {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return undefined;
    const cluster = y * this.width + x;
    return cluster < this.clusters ? cluster : undefined;
  }
}
