import { over, type Colour } from './palette.js';

const BLACK: Colour = { red: 0, green: 0, blue: 0, alpha: 1 };
const WHITE: Colour = { red: 255, green: 255, blue: 255, alpha: 1 };
/** What WCAG asks of text. */
const ENOUGH = 4.5;

/** Relative luminance of an opaque colour (WCAG 2). */
function luminance({ red, green, blue }: Colour): number {
  const linear = (channel: number): number => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** The contrast of two opaque colours, 1 … 21 (WCAG 2). */
export function contrast(a: Colour, b: Colour): number {
  const [one, other] = [luminance(a), luminance(b)];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** The colour of text on a cell: as calm as can be read well, towards black or white. */
export function textOn(cell: Colour): Colour {
  const end = contrast(cell, BLACK) > contrast(cell, WHITE) ? BLACK : WHITE;
  for (let alpha = 0.6; alpha < 1; alpha += 0.1) {
    const mixed = over({ ...end, alpha }, cell);
    if (contrast(mixed, cell) >= ENOUGH) return mixed;
  }
  return end;
}
