import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GRAVE,
  LAYERS,
  ranksOf,
  valuesOf,
  VIEWS,
  type Picture,
} from '../../../src/core/picture/layer.js';
import { reduceInto } from '../../../src/core/picture/reduce.js';
import { maskOfValue, newTile, OUTSIDE, TILE } from '../../../src/core/picture/tile.js';

const pictures = VIEWS.flatMap((view) => LAYERS.map((layer): Picture => ({ view, layer })));

/** The worst of the grave ones, else the most frequent, ties by rank. */
function naive(values: readonly number[], ranks: Uint8Array): number {
  const inside = values.filter((value) => value !== OUTSIDE);
  const votes = (value: number): number => inside.filter((each) => each === value).length;
  const grave = inside.filter((value) => ranks[value] >= GRAVE);
  const [first = OUTSIDE] =
    grave.length > 0
      ? grave.sort((a, b) => ranks[b] - ranks[a])
      : inside.sort((a, b) => votes(b) - votes(a) || ranks[b] - ranks[a]);
  return first;
}

describe('a cell from four', () => {
  it.each(pictures)('follows the rule of its layer: $view $layer', (picture) => {
    const ranks = ranksOf(picture);
    const value = fc.oneof(
      { weight: 9, arbitrary: fc.nat(valuesOf(picture).length - 1) },
      { weight: 1, arbitrary: fc.constant(OUTSIDE) },
    );
    const cell = fc.tuple(value, fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(3)));
    fc.assert(
      fc.property(fc.tuple(cell, cell, cell, cell), (four) => {
        const child = newTile();
        const places = [0, 1, TILE, TILE + 1];
        four.forEach(([dominant, trouble], i) => {
          child.glyphs[places[i]] = dominant | (trouble << 5);
          child.masks[places[i]] = dominant === OUTSIDE ? 0 : maskOfValue(dominant);
        });
        const parent = newTile();
        reduceInto(parent, child, 1, 0, ranks);
        const glyph = parent.glyphs[TILE / 2];
        expect(glyph & 31).toBe(
          naive(
            four.map(([dominant]) => dominant),
            ranks,
          ),
        );
        expect(glyph >>> 5).toBe(Math.max(...four.map(([, trouble]) => trouble)));
        const masks = four.map(([dominant]) => (dominant === OUTSIDE ? 0 : maskOfValue(dominant)));
        expect(parent.masks[TILE / 2]).toBe(masks.reduce((all, mask) => all | mask, 0));
      }),
    );
  });
});
