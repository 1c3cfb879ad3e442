import { WINDOW_SIZE } from '../overlap/typeRuns.js';
import { walkHilbert, type Curve, type HilbertCurve } from './curve.js';
import { boundsOf, rectanglesOf, type Rectangle, type Stretch } from './stretch.js';
import { firstOf, SQUARE_BITS } from './windowNumber.js';

/** Columns and rows of blocks, up to `right` and `bottom`, which are not among them. */
export interface Span {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * The overlap windows of a file on its picture: a grid, on either curve, since a window is an aligned
 * power of two of clusters. Seen from afar, blocks of the grid stand for the windows in them: at
 * level n, 2^n × 2^n windows on the Hilbert curve, and 2^n below each other in rows.
 */
export class WindowGrid {
  readonly curve: Curve;
  /** Windows of the file, the last of which it may end in. */
  readonly windows: number;
  readonly columns: number;
  readonly rows: number;
  /** Cells that a window is wide and high. */
  readonly width: number;
  readonly height: number;
  /** The level at which a block is as high as the grid, or a whole square of the curve. */
  readonly top: number;

  constructor(curve: Curve) {
    this.curve = curve;
    this.windows = Math.ceil(curve.clusters / WINDOW_SIZE);
    switch (curve.name) {
      case 'hilbert':
        this.width = this.windows === 1 ? curve.width : 2 ** SQUARE_BITS;
        this.height = this.windows === 1 ? curve.height : 2 ** SQUARE_BITS;
        break;
      case 'rows':
        this.width = Math.min(curve.width, WINDOW_SIZE);
        this.height = WINDOW_SIZE / this.width;
        break;
    }
    this.columns = curve.width / this.width;
    this.rows = Math.ceil(curve.height / this.height);
    const highest = Math.ceil(Math.log2(this.rows));
    // Blocks are squares of the curve, or within them.
    this.top =
      curve.name === 'hilbert'
        ? Math.min(highest, Math.max(0, curve.order - SQUARE_BITS))
        : highest;
  }

  /** Cells that a block is wide and high. */
  blockSize(level: number): { readonly width: number; readonly height: number } {
    const joined = 2 ** level;
    const width = this.curve.name === 'hilbert' ? this.width * joined : this.width;
    return { width, height: this.height * joined };
  }

  /** Calls back for each block of a level with columns and rows in `span`: its number, column and row. */
  visit(
    level: number,
    span: Span,
    see: (block: number, column: number, row: number) => void,
  ): void {
    switch (this.curve.name) {
      case 'hilbert':
        this.#visitOnCurve(this.curve, level, span, see);
        break;
      case 'rows': {
        const blocks = this.blocks(level);
        for (let row = Math.max(0, span.top); row < span.bottom; row++) {
          const end = Math.min(span.right, this.columns, blocks - row * this.columns);
          for (let column = Math.max(0, span.left); column < end; column++)
            see(row * this.columns + column, column, row);
        }
        break;
      }
    }
  }

  /** Blocks of a level; they are numbered from 0 on. */
  blocks(level: number): number {
    if (this.curve.name === 'hilbert') return Math.ceil(this.windows / 4 ** level);
    const whole = Math.ceil(Math.ceil(this.windows / this.columns) / 2 ** level);
    return level === 0 ? this.windows : whole * this.columns;
  }

  /** The block of the level above that a block is part of. */
  parent(block: number): number {
    if (this.curve.name === 'hilbert') return Math.floor(block / 4);
    const row = Math.floor(block / this.columns);
    return Math.floor(row / 2) * this.columns + (block % this.columns);
  }

  stretch(window: number): Stretch {
    const first = firstOf(window);
    return { first, end: Math.min(first + WINDOW_SIZE, this.curve.clusters) };
  }

  /** The place of a window on the grid; where the file ends in it, more than there is of it. */
  place(window: number): Rectangle {
    const { x, y } = this.curve.point(window * WINDOW_SIZE);
    const { width, height } = this;
    return { x: x - (x % width), y: y - (y % height), width, height };
  }

  /** Whether the file ends in a window. */
  isCut(window: number): boolean {
    return (window + 1) * WINDOW_SIZE > this.curve.clusters;
  }

  /** The smallest rectangle around the cells of a window that there are. */
  bounds(window: number): Rectangle {
    return boundsOf(this.curve, this.stretch(window));
  }

  /** The cells of a window that there are. */
  rectangles(window: number): Rectangle[] {
    return rectanglesOf(this.curve, this.stretch(window));
  }

  #visitOnCurve(
    curve: HilbertCurve,
    level: number,
    { left, top, right, bottom }: Span,
    see: (block: number, column: number, row: number) => void,
  ): void {
    const blocks = this.blocks(level);
    if (this.windows === 1) {
      see(0, 0, 0);
      return;
    }
    walkHilbert(curve, curve.order - SQUARE_BITS - level, (above, index, x, y) => {
      const edge = 2 ** above;
      if (x * edge >= right || y * edge >= bottom || index * edge * edge >= blocks) return false;
      if ((x + 1) * edge <= left || (y + 1) * edge <= top) return false;
      if (above === 0) see(index, x, y);
      return true;
    });
  }
}
