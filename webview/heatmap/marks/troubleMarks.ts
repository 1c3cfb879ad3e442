import type { Trouble } from '../../../src/core/map/cell.js';
import { TILE, TROUBLE_SHIFT } from '../../../src/core/picture/tile.js';
import { cellOf, COARSEST, Markers, troubleOf } from './markers.js';
import type { Marks } from '../palette.js';
import type { DrawItem } from '../renderer.js';

type Bad = Exclude<Trouble, 0>;

/** From this width on (CSS pixels) cells are hatched; below, a marker stands on them. */
const HATCHED_FROM = 7;
/** Width of a marker in CSS pixels, its halo included. */
const MARKER: Readonly<Record<Bad, number>> = { 1: 11, 2: 15, 3: 13 };
/** Width of its line. */
const LINE = 2;
/** Markers drawn at most in a frame. */
const MAX_MARKERS = 2500;

/**
 * Draws trouble over the map so that shape tells it apart as well as colour: claimed twice is
 * hatched, or a square; a refcount too low is cross-hatched, or a diamond; a leak is dotted, or a
 * ring. Markers are frames: what is in the place keeps its own colour.
 */
export class TroubleMarks {
  readonly #patterns: Readonly<Record<Bad, CanvasPattern>>;
  readonly #sprites: Readonly<Record<Bad, HTMLCanvasElement>>;
  readonly #marks: Marks;
  readonly #ratio: number;
  readonly #markers = new Markers();

  /** `ratio`: device pixels in a CSS pixel. */
  constructor(marks: Marks, ratio: number) {
    this.#marks = marks;
    this.#ratio = ratio;
    this.#patterns = {
      1: dots(marks, ratio),
      2: hatching(marks, ratio, true),
      3: hatching(marks, ratio, false),
    };
    this.#sprites = {
      1: sprite(marks, ratio, 1),
      2: sprite(marks, ratio, 2),
      3: sprite(marks, ratio, 3),
    };
  }

  fits(marks: Marks, ratio: number): boolean {
    return marks === this.#marks && ratio === this.#ratio;
  }

  /** `hatch`: false where the colours of the cells say it all. */
  draw(context: CanvasRenderingContext2D, items: readonly DrawItem[], hatch: boolean): void {
    const hatched = items.filter((item) => cellWidth(item) >= HATCHED_FROM * this.#ratio);
    if (hatch) for (const item of hatched) this.#hatch(context, item);
    this.#mark(
      context,
      items.filter((item) => !hatched.includes(item)),
    );
  }

  #hatch(context: CanvasRenderingContext2D, item: DrawItem): void {
    const { cells } = item.tile;
    if (cells.type === 'uniform') {
      const { left, top, right, bottom } = item;
      const trouble = asBad(cells.glyph >>> TROUBLE_SHIFT);
      if (trouble) this.#fill(context, trouble, left, top, right - left, bottom - top);
      return;
    }
    const { source, left, top } = item;
    const cell = cellWidth(item);
    const { width, height } = context.canvas;
    const x0 = Math.max(0, Math.floor(-left / cell));
    const x1 = Math.min(source.size, Math.ceil((width - left) / cell));
    const y1 = Math.min(source.size, Math.ceil((height - top) / cell));
    for (let y = Math.max(0, Math.floor(-top / cell)); y < y1; y++) {
      const row = (source.y + y) * TILE + source.x;
      for (let x = x0; x < x1;) {
        const trouble = cells.glyphs[row + x] >>> TROUBLE_SHIFT;
        const start = x++;
        if (trouble === 0) continue;
        while (x < x1 && cells.glyphs[row + x] >>> TROUBLE_SHIFT === trouble) x++;
        const bad = asBad(trouble);
        if (bad)
          this.#fill(context, bad, left + start * cell, top + y * cell, (x - start) * cell, cell);
      }
    }
  }

  #fill(
    context: CanvasRenderingContext2D,
    trouble: Bad,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    context.fillStyle = this.#patterns[trouble];
    context.fillRect(x, y, width, height);
    if (trouble === 1) return;
    context.strokeStyle = colourOfTrouble(this.#marks, trouble);
    context.lineWidth = 1.5 * this.#ratio;
    context.strokeRect(
      x + this.#ratio,
      y + this.#ratio,
      width - 2 * this.#ratio,
      height - 2 * this.#ratio,
    );
  }

  #mark(context: CanvasRenderingContext2D, items: readonly DrawItem[]): void {
    const first = items.at(0);
    if (!first) return;
    let bits = Math.max(0, Math.ceil(Math.log2((MARKER[2] * this.#ratio) / cellWidth(first))));
    const found = (): number =>
      items.reduce((sum, { tile }) => sum + this.#markers.worst(tile.cells, bits).length, 0);
    while (bits < COARSEST && found() > MAX_MARKERS) bits++;
    // The worst last: on top.
    for (const trouble of [1, 2, 3] as const) {
      const image = this.#sprites[trouble];
      for (const item of items) {
        const { source, left, top, tile } = item;
        const cell = cellWidth(item);
        for (const packed of this.#markers.worst(tile.cells, bits)) {
          if (troubleOf(packed) !== trouble) continue;
          const x = (cellOf(packed) % TILE) - source.x;
          const y = Math.floor(cellOf(packed) / TILE) - source.y;
          if (x < 0 || y < 0 || x >= source.size || y >= source.size) continue;
          context.drawImage(
            image,
            Math.round(left + (x + 0.5) * cell - image.width / 2),
            Math.round(top + (y + 0.5) * cell - image.height / 2),
          );
        }
      }
    }
  }
}

const cellWidth = ({ left, right, source }: DrawItem): number => (right - left) / source.size;

const asBad = (trouble: number): Bad | undefined =>
  trouble === 1 || trouble === 2 || trouble === 3 ? trouble : undefined;

function colourOfTrouble(marks: Marks, trouble: Bad): string {
  switch (trouble) {
    case 1:
      return marks.leak;
    case 2:
      return marks.corruption;
    case 3:
      return marks.claimedTwice;
  }
}

function canvasOf(side: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  return [canvas, context];
}

function patternOf(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D): CanvasPattern {
  const pattern = context.createPattern(canvas, 'repeat');
  if (!pattern) throw new Error('no canvas pattern');
  return pattern;
}

/** Lines with an edge in the background's colour, so that they stand off from a kind of their hue. */
function hatching(marks: Marks, ratio: number, crossed: boolean): CanvasPattern {
  const side = Math.round(8 * ratio);
  const [canvas, context] = canvasOf(side);
  const lines = (colour: string, width: number): void => {
    context.strokeStyle = colour;
    context.lineWidth = width * ratio;
    context.beginPath();
    for (const shift of [-side, 0, side]) {
      context.moveTo(shift - 2, side + 2);
      context.lineTo(shift + side + 2, -2);
      if (!crossed) continue;
      context.moveTo(shift - 2, -2);
      context.lineTo(shift + side + 2, side + 2);
    }
    context.stroke();
  };
  lines(marks.halo, crossed ? 2.5 : 4);
  lines(crossed ? marks.corruption : marks.claimedTwice, crossed ? 1 : 2);
  return patternOf(canvas, context);
}

function dots(marks: Marks, ratio: number): CanvasPattern {
  const side = Math.round(4 * ratio);
  const [canvas, context] = canvasOf(side);
  context.fillStyle = marks.leak;
  context.fillRect(ratio, ratio, 1.5 * ratio, 1.5 * ratio);
  return patternOf(canvas, context);
}

/** A frame with a halo in the background's colour on both sides, so that it stands off from any kind. */
function sprite(marks: Marks, ratio: number, trouble: Bad): HTMLCanvasElement {
  const side = Math.round(MARKER[trouble] * ratio);
  const [canvas, context] = canvasOf(side);
  const middle = side / 2;
  const stroke = (colour: string, width: number): void => {
    context.strokeStyle = colour;
    context.lineWidth = width * ratio;
    context.beginPath();
    // The halo is within the canvas.
    const radius = middle - (LINE / 2 + 1) * ratio;
    switch (trouble) {
      case 1:
        context.arc(middle, middle, radius, 0, 2 * Math.PI);
        break;
      case 2:
        context.moveTo(middle, middle - radius);
        context.lineTo(middle + radius, middle);
        context.lineTo(middle, middle + radius);
        context.lineTo(middle - radius, middle);
        context.closePath();
        break;
      case 3:
        context.rect(middle - radius, middle - radius, 2 * radius, 2 * radius);
        break;
    }
    context.stroke();
  };
  stroke(marks.halo, LINE + 2);
  stroke(colourOfTrouble(marks, trouble), LINE);
  return canvas;
}
