import type { Exposure } from '../../src/core/overlap/windowState.js';

type Patterns = Readonly<Record<Exposure, CanvasPattern>>;

/** CSS pixels from line to line; twice as many where windows are wide. */
const SPACING = 9;

/**
 * Patterns that tell apart by their direction why a window is unprotected: refused rises to the
 * right, lost falls, dropped is crossed.
 */
export class Hatching {
  readonly #narrow: Patterns;
  readonly #wide: Patterns;
  readonly #colour: string;
  readonly #ratio: number;

  /** `ratio`: device pixels in a CSS pixel. */
  constructor(colour: string, ratio: number) {
    this.#colour = colour;
    this.#ratio = ratio;
    this.#narrow = patterns(colour, ratio, SPACING);
    this.#wide = patterns(colour, ratio, 2 * SPACING);
  }

  fits(colour: string, ratio: number): boolean {
    return colour === this.#colour && ratio === this.#ratio;
  }

  /** The pattern of an exposure, moved along with the picture, whose corner is at (x, y). */
  at(exposure: Exposure, x: number, y: number, wide: boolean): CanvasPattern {
    const chosen = (wide ? this.#wide : this.#narrow)[exposure];
    const side = Math.round((wide ? 2 : 1) * SPACING * this.#ratio);
    chosen.setTransform(new DOMMatrix([1, 0, 0, 1, x % side, y % side]));
    return chosen;
  }
}

const patterns = (colour: string, ratio: number, spacing: number): Patterns => ({
  refused: pattern(colour, ratio, spacing, [true, false]),
  lost: pattern(colour, ratio, spacing, [false, true]),
  dropped: pattern(colour, ratio, spacing, [true, true]),
});

function pattern(
  colour: string,
  ratio: number,
  spacing: number,
  [rising, falling]: readonly [rising: boolean, falling: boolean],
): CanvasPattern {
  const side = Math.round(spacing * ratio);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  context.strokeStyle = colour;
  context.lineWidth = 1.2 * ratio;
  context.beginPath();
  for (const shift of [-side, 0, side]) {
    if (rising) {
      context.moveTo(shift - 2, side + 2);
      context.lineTo(shift + side + 2, -2);
    }
    if (falling) {
      context.moveTo(shift - 2, -2);
      context.lineTo(shift + side + 2, side + 2);
    }
  }
  context.stroke();
  const made = context.createPattern(canvas, 'repeat');
  if (!made) throw new Error('no pattern');
  return made;
}
