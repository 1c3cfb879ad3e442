import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KINDS, type KindName } from '../../../src/core/map/kinds.js';
import { kindVariable, parseColour, type Colour } from '../../../webview/heatmap/palette.js';
import { THEMES, themeLook } from '../harness/themes.js';

/** What fills a map, and what one looks for in it. The rest is a few clusters a file. */
const TOLD_APART: readonly KindName[] = [
  'unallocated',
  'data',
  'compressed',
  'vm-state',
  'active-l2',
  'inactive-l2',
  'refcount-block',
];

/** What fills areas, so that nothing but its colour tells it; VM state is hatched besides. */
const AREAS: readonly KindName[] = ['unallocated', 'data', 'compressed'];

/** Those of the Snapshots layer that fill areas. */
const SNAPSHOT_AREAS = ['together-2', 'several', 'snapshot-1', 'snapshot-8'] as const;

/** The colours of frame/layers.css that subclusters have besides; they lie side by side in a cell. */
const SUBCLUSTERS = ['zero', 'zero-kept', 'prepared'] as const;

/** Those of overlap windows, which fill the map. */
const WINDOWS = ['empty', 'cached', 'kept', 'refused', 'dropped', 'lost'].map(
  (state) => `windows-${state}`,
);

/** Those of what a repair does. */
const REPAIRS = [
  'calm',
  'repair-refcount',
  'repair-written',
  'repair-taken',
  'repair-freed',
] as const;

/** By name, as they are for dark themes and for light ones. */
function layerColours(isLight: boolean): ReadonlyMap<string, string> {
  const css = readFileSync(new URL('../../../webview/frame/layers.css', import.meta.url), 'utf8');
  const [dark, light] = css.split('.vscode-light,');
  const found = `${dark}${isLight ? light : ''}`.matchAll(/--([\w-]+): (#\w{6});/g);
  return new Map(Array.from(found, ([, name, colour]) => [name, colour]));
}

/** Linear red, green and blue, seen without one kind of cones (Machado, Oliveira, Fernandes 2009), or without any. */
const VISIONS = {
  full: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [
    0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998,
  ],
  deuteranopia: [
    0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881,
  ],
  tritanopia: [
    1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039,
  ],
  achromatopsia: [0.2126, 0.7152, 0.0722, 0.2126, 0.7152, 0.0722, 0.2126, 0.7152, 0.0722],
} as const;

/** Twice what can just be seen side by side, in units of OKLab. */
const APART = 0.05;

type Triple = readonly [number, number, number];

function seen(colour: Colour, vision: keyof typeof VISIONS): Triple {
  const linear = [colour.red, colour.green, colour.blue].map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const m = VISIONS[vision];
  const row = (at: number): number =>
    Math.min(1, Math.max(0, m[at] * linear[0] + m[at + 1] * linear[1] + m[at + 2] * linear[2]));
  return [row(0), row(3), row(6)];
}

/** Björn Ottosson's OKLab, in which distances are about what the eye takes them for. */
function okLab([red, green, blue]: Triple): Triple {
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

const distance = (a: Triple, b: Triple): number =>
  Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/** Pairs that are too close. */
function tooClose(colours: ReadonlyMap<string, Colour>, vision: keyof typeof VISIONS): string[] {
  const all = [...colours];
  return all.flatMap(([a, one], i) =>
    all.slice(i + 1).flatMap(([b, other]) => {
      const apart = distance(okLab(seen(one, vision)), okLab(seen(other, vision)));
      return apart < APART ? [`${a} and ${b}: ${apart.toFixed(3)}`] : [];
    }),
  );
}

describe.each(THEMES)('colours of the %s theme', (theme) => {
  const { variables } = themeLook(theme);
  const colourOf = (kind: KindName): Colour => parseColour(variables[kindVariable(kind)]);
  const layers = layerColours(theme === 'light' || theme === 'highContrastLight');
  const kinds = new Map(TOLD_APART.map((kind) => [kind, colourOf(kind)]));
  const withLayers = (names: readonly string[]): Map<string, Colour> =>
    new Map([
      ...(['data', 'unallocated'] as const).map((kind) => [kind, colourOf(kind)] as const),
      ...names.map((name) => [name, parseColour(layers.get(name) ?? '')] as const),
    ]);

  it.each(['full', 'protanopia', 'deuteranopia', 'tritanopia'] as const)(
    'are told apart with %s',
    (vision) => {
      expect(tooClose(kinds, vision)).toEqual([]);
      expect(tooClose(withLayers(SUBCLUSTERS), vision)).toEqual([]);
      expect(tooClose(withLayers(WINDOWS), vision)).toEqual([]);
      const repairs = withLayers(REPAIRS);
      // No layer of repairs has the colour of data.
      repairs.delete('data');
      expect(tooClose(repairs, vision)).toEqual([]);
      expect(tooClose(withLayers(SNAPSHOT_AREAS), vision)).toEqual([]);
    },
  );

  it('are told apart by lightness alone where they fill areas', () => {
    const areas = new Map(AREAS.map((kind) => [kind, colourOf(kind)]));
    expect(tooClose(areas, 'achromatopsia')).toEqual([]);
  });

  it('are grey for nothing, and for nothing else', () => {
    const chroma = ({ red, green, blue }: Colour): number =>
      Math.max(red, green, blue) - Math.min(red, green, blue);
    expect(chroma(colourOf('unallocated'))).toBe(0);
    // White and black are for the header, which is one cluster.
    const others = KINDS.filter((kind) => kind !== 'main-header');
    for (const kind of others) expect([kind, chroma(colourOf(kind)) > 40]).toEqual([kind, true]);
    for (const [name, colour] of layers)
      expect([name, chroma(parseColour(colour)) > 15]).toEqual([name, true]);
  });

  it('are never two things in two layers', () => {
    const names = new Map<string, string[]>();
    const put = (name: string, colour: string): void => {
      const key = colour.toLowerCase();
      names.set(key, [...(names.get(key) ?? []), name]);
    };
    for (const kind of [...KINDS, 'unallocated'] as const) put(kind, variables[kindVariable(kind)]);
    for (const [name, colour] of layers) put(name, colour);
    expect([...names.values()].filter((each) => each.length > 1)).toEqual([]);
  });
});

it('the simulation brings red and green closer, and leaves blue and yellow apart', () => {
  const apart = (a: string, b: string, vision: keyof typeof VISIONS): number =>
    distance(okLab(seen(parseColour(a), vision)), okLab(seen(parseColour(b), vision)));
  const full = apart('#b03000', '#5a5a00', 'full');
  expect(apart('#b03000', '#5a5a00', 'deuteranopia')).toBeLessThan(full / 2);
  expect(apart('#0000ff', '#ffff00', 'deuteranopia')).toBeGreaterThan(0.5);
});
