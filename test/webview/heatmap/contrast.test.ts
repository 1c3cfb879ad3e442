import { expect, it } from 'vitest';
import { KINDS } from '../../../src/core/map/kinds.js';
import { contrast, textOn } from '../../../webview/heatmap/contrast.js';
import { kindVariable, parseColour } from '../../../webview/heatmap/palette.js';
import { THEMES, themeLook } from '../harness/themes.js';

it('is that of WCAG', () => {
  const black = parseColour('#000000');
  expect(contrast(black, parseColour('#ffffff'))).toBeCloseTo(21, 5);
  expect(contrast(parseColour('#777777'), parseColour('#ffffff'))).toBeCloseTo(4.48, 2);
  expect(contrast(black, black)).toBe(1);
});

it.each(THEMES)('letters can be read on every kind (%s)', (theme) => {
  const { variables } = themeLook(theme);
  for (const kind of [...KINDS, 'unallocated'] as const) {
    const cell = parseColour(variables[kindVariable(kind)]);
    expect(contrast(textOn(cell), cell), kind).toBeGreaterThanOrEqual(4.5);
  }
});
