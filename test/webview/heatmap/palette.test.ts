import { describe, expect, it } from 'vitest';
import { KINDS } from '../../../src/core/map/kinds.js';
import { glyphOfKind, OUTSIDE } from '../../../src/core/picture/tile.js';
import {
  kindVariable,
  over,
  pack,
  parseColour,
  readPalette,
} from '../../../webview/heatmap/palette.js';
import { THEMES, themeLook } from '../harness/themes.js';

describe('colours', () => {
  it('are read in every notation that VS Code writes', () => {
    const orange = { red: 213, green: 94, blue: 0, alpha: 1 };
    expect(parseColour('#D55E00')).toEqual(orange);
    expect(parseColour(' #d55e00ff ')).toEqual(orange);
    expect(parseColour('rgb(213, 94, 0)')).toEqual(orange);
    expect(parseColour('rgba(213, 94, 0, 0.5)')).toEqual({ ...orange, alpha: 0.5 });
    expect(parseColour('#f00')).toEqual({ red: 255, green: 0, blue: 0, alpha: 1 });
    expect(parseColour('')).toEqual({ red: 0, green: 0, blue: 0, alpha: 0 });
    expect(parseColour('rgb(none)')).toEqual({ red: 0, green: 0, blue: 0, alpha: 0 });
  });

  it('are mixed and packed for a canvas', () => {
    const grey = over(parseColour('rgba(255, 255, 255, 0.5)'), parseColour('#000000'));
    expect(pack(grey)).toBe(0xff808080);
    expect(pack(parseColour('#010203'))).toBe(0xff030201);
  });
});

describe('the palette', () => {
  it('names the variables of contributed colours', () => {
    expect(kindVariable('active-l2')).toBe('--vscode-qcow2-activeL2');
    expect(kindVariable('unallocated')).toBe('--vscode-qcow2-unallocated');
  });

  it.each(THEMES)('has a colour of its own for each kind in the %s theme', (theme) => {
    const { variables } = themeLook(theme);
    const { colours, dimmed } = readPalette(
      { view: 'host', layer: 'kinds' },
      (variable) => variables[variable] ?? '',
    );
    const kinds = [...KINDS, 'unallocated'] as const;
    expect(new Set(kinds.map((kind) => colours[glyphOfKind(kind)])).size).toBe(kinds.length);
    for (const kind of kinds) {
      expect(pack(parseColour(variables[kindVariable(kind)]))).toBe(colours[glyphOfKind(kind)]);
      expect(dimmed[glyphOfKind(kind)] >>> 24).toBe(255);
    }
    expect(colours[OUTSIDE]).toBe(0);
  });
});
