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

/** `arrangement`: of the squares of the Hilbert curve; without one they are as large as can be. */
export function createCurve(name: CurveName, clusters: number, arrangement?: Arrangement): Curve {
  switch (name) {
    case 'hilbert':
      return new HilbertCurve(clusters, arrangement);
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
 * Walks down the squares of a picture, in the order of the curve, `depth` levels into each of those
 * that lie side by side. `enter` is told the level of a square (0 where the walk ends), its number
 * along the curve among those of its level, and its column and row among them; it says whether to
 * go on into its quadrants.
 */
export function walkHilbert(
  curve: HilbertCurve,
  depth: number,
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
  for (let square = 0; square < curve.squares; square++) {
    const { x, y, orientation } = curve.squareAt(square);
    walk(depth, square, x, y, orientation);
  }
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

/** How Hilbert squares of 2^order × 2^order cells lie side by side. */
export interface Arrangement {
  readonly order: number;
  readonly columns: number;
}

/** One Hilbert square, or two side by side: whichever is more than half full. */
export function largestSquares(clusters: number): Arrangement {
  let order = 0;
  while (4 ** order < clusters) order++;
  const two = order > 0 && 2 * 4 ** (order - 1) >= clusters;
  return two ? { order: order - 1, columns: 2 } : { order, columns: 1 };
}

/**
 * Squares of the Hilbert curve side by side, each of which goes on where the one before ends: rows
 * run to the right and back in turn, and the squares at the right end, where a row turns, are
 * transposed. So the curve never jumps, and fills a pane of any shape.
 */
export class HilbertCurve implements Layout {
  readonly name = 'hilbert';
  readonly clusters: number;
  readonly width: number;
  readonly height: number;
  readonly filled: Extent;
  /** A square is 2^order cells wide and high. */
  readonly order: number;
  readonly columns: number;
  readonly rows: number;
  /** How many there are, of which the last may be filled in part. */
  readonly squares: number;

  constructor(clusters: number, arrangement = largestSquares(clusters)) {
    const { order, columns } = arrangement;
    const side = 2 ** order;
    this.clusters = clusters;
    this.order = order;
    this.squares = Math.max(1, Math.ceil(clusters / 4 ** order));
    this.columns = columns;
    this.rows = Math.ceil(this.squares / columns);
    this.width = columns * side;
    this.height = this.rows * side;
    this.filled = this.#extent();
  }

  /** As far as the last square is filled, if it is alone in its row; else as far as its neighbours. */
  #extent(): Extent {
    const side = 2 ** this.order;
    const last = this.squareAt(this.squares - 1);
    const inside = this.clusters - (this.squares - 1) * 4 ** this.order;
    const filled = filledByHilbert(this.order, inside);
    const alone = (this.squares - 1) % this.columns === 0;
    const [wide, high] =
      last.orientation & 1 ? [filled.height, filled.width] : [filled.width, filled.height];
    return {
      width: this.rows > 1 ? this.width : last.x * side + wide,
      height: alone ? last.y * side + high : this.height,
    };
  }

  /** Column and row of a square among the squares, and how it is turned. */
  squareAt(square: number): HilbertStep {
    const y = Math.floor(square / this.columns);
    const along = square % this.columns;
    const back = y % 2 === 1;
    const x = back ? this.columns - 1 - along : along;
    if (x === this.columns - 1 && (back || y < this.rows - 1)) return { x, y, orientation: 1 };
    return { x, y, orientation: back ? 2 : 0 };
  }

  /** The number along the curve of the square in a column and a row. */
  squareIn(x: number, y: number): number {
    return y * this.columns + (y % 2 === 1 ? this.columns - 1 - x : x);
  }

  point(cluster: number): Point {
    const capacity = 4 ** this.order;
    const side = 2 ** this.order;
    const number = Math.floor(cluster / capacity);
    const square = this.squareAt(number);
    const inner = hilbertStep(this.order, cluster - number * capacity);
    const turn = square.orientation >>> 1 ? side - 1 : 0;
    const [x, y] = square.orientation & 1 ? [inner.y, inner.x] : [inner.x, inner.y];
    return { x: square.x * side + (x ^ turn), y: square.y * side + (y ^ turn) };
  }

  cluster(x: number, y: number): number | undefined {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return undefined;
    const side = 2 ** this.order;
    const [column, row] = [Math.floor(x / side), Math.floor(y / side)];
    const square = this.squareIn(column, row);
    const { orientation } = this.squareAt(square);
    const index = hilbertIndex(this.order, x - column * side, y - row * side, orientation);
    const cluster = square * 4 ** this.order + index;
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
