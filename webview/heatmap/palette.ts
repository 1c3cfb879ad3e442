import type { KindName } from '../../src/core/map/kinds.js';
import { isKinds, valuesOf, type Picture } from '../../src/core/picture/layer.js';
import { OUTSIDE } from '../../src/core/picture/tile.js';

/** Colours as a canvas keeps them: 0xAABBGGRR, read as the bytes R, G, B, A. */
export interface Palette {
  /** By dominant value (see core/picture/tile.ts). */
  readonly colours: Uint32Array;
  /** The same where another kind is isolated. */
  readonly dimmed: Uint32Array;
  readonly marks: Marks;
}

/** CSS colours for what is drawn over the map. */
export interface Marks {
  readonly background: string;
  readonly claimedTwice: string;
  readonly corruption: string;
  readonly leak: string;
  readonly grid: string;
  readonly hover: string;
  readonly selection: string;
  readonly halo: string;
  /** Numbers of causes lie on it, white. */
  readonly pin: string;
  /** What an L2 table maps. */
  readonly table: string;
  readonly frame: string;
  /** Of simulated operations. */
  readonly allocated: string;
  readonly stopped: string;
  readonly overwritten: string;
  readonly font: string;
  readonly windows: WindowColours;
}

/** CSS colours of overlap windows. */
export interface WindowColours {
  readonly fragments: string;
  readonly cached: string;
  readonly kept: string;
  readonly unprotected: string;
}

/** How much of its colour a cell keeps while another kind is isolated. */
const DIMMED = 0.22;

/** `active-l2` → `activeL2` */
const camelCase = (kind: string): string =>
  kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** The CSS variable of a contributed colour. */
export const kindVariable = (kind: KindName): string => `--vscode-qcow2-${camelCase(kind)}`;

/** The CSS variable of the colour of a value: a contributed one, or one of styles/layers.css. */
export function valueVariable(picture: Picture, value: number): string {
  const name = valuesOf(picture)[value] ?? '';
  const { layer } = picture;
  if (!isKinds(layer)) {
    // What several layers have alike: nothing, numbers of look-ups, a snapshot's or a bitmap's own.
    if (name === 'none') return '--nothing';
    if (name.startsWith('heat-')) return `--${name}`;
    if (layer.startsWith('repair')) return `--repair-${name}`;
    return name.startsWith('only-')
      ? `--${layer.slice(0, -1)}-${name.slice(5)}`
      : `--${layer}-${name}`;
  }
  return picture.view === 'guest' ? `--guest-${name}` : `--vscode-qcow2-${camelCase(name)}`;
}

/** `read`: the value of a CSS variable of the current theme, empty when it has none. */
export function readPalette(picture: Picture, read: (variable: string) => string): Palette {
  const background = parseColour(read('--vscode-editor-background'));
  const colours = new Uint32Array(32);
  const dimmed = new Uint32Array(32);
  for (let value = 0; value < valuesOf(picture).length; value++) {
    const colour = over(parseColour(read(valueVariable(picture, value))), background);
    colours[value] = pack(colour);
    dimmed[value] = pack(over({ ...colour, alpha: DIMMED }, background));
  }
  colours[OUTSIDE] = dimmed[OUTSIDE] = 0;
  const foreground = read('--vscode-foreground');
  const contrast = read('--vscode-contrastBorder');
  return {
    colours,
    dimmed,
    marks: {
      background: read('--vscode-editor-background'),
      claimedTwice: read('--vscode-qcow2-claimedTwice'),
      corruption: read('--vscode-qcow2-corruption'),
      leak: read('--vscode-qcow2-leak'),
      grid: read('--vscode-editor-background'),
      hover: foreground,
      selection: read('--vscode-editor-foreground') || foreground,
      halo: read('--vscode-editor-background'),
      pin: read('--cause-pin'),
      table: read(kindVariable('active-l2')),
      allocated: read(kindVariable('refcount-block')),
      stopped: read('--vscode-problemsInfoIcon-foreground') || foreground,
      overwritten: read(kindVariable('active-l2')),
      font: read('--vscode-font-family') || 'sans-serif',
      frame: contrast || read('--vscode-panel-border') || foreground,
      windows: {
        fragments: read('--vscode-qcow2-windowFragments'),
        cached: read('--vscode-qcow2-windowCached'),
        kept: read('--vscode-qcow2-windowKept'),
        unprotected: read('--vscode-qcow2-windowUnprotected'),
      },
    },
  };
}

export interface Colour {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  /** 0 … 1 */
  readonly alpha: number;
}

const TRANSPARENT: Colour = { red: 0, green: 0, blue: 0, alpha: 0 };

/** A colour as VS Code writes them: #rgb, #rrggbb, #rrggbbaa, rgb(), rgba(). Others are transparent. */
export function parseColour(text: string): Colour {
  const digits = /^#([0-9a-f]{3,8})$/i.exec(text.trim())?.[1];
  if (digits !== undefined) {
    const wide = digits.length <= 4 ? digits.replace(/./g, '$&$&') : digits;
    const channel = (at: number): number => parseInt(wide.slice(at, at + 2), 16);
    const alpha = wide.length === 8 ? channel(6) / 255 : 1;
    return { red: channel(0), green: channel(2), blue: channel(4), alpha };
  }
  const numbers = /^rgba?\(([^)]*)\)$/
    .exec(text.trim())?.[1]
    .split(/[\s,/]+/)
    .map(Number);
  if (!numbers || numbers.length < 3 || numbers.some(Number.isNaN)) return TRANSPARENT;
  const [red, green, blue, alpha = 1] = numbers;
  return { red, green, blue, alpha };
}

/** `top` painted over an opaque `bottom`. */
export function over(top: Colour, bottom: Colour): Colour {
  const mix = (a: number, b: number): number => Math.round(a * top.alpha + b * (1 - top.alpha));
  return {
    red: mix(top.red, bottom.red),
    green: mix(top.green, bottom.green),
    blue: mix(top.blue, bottom.blue),
    alpha: 1,
  };
}

export const pack = ({ red, green, blue, alpha }: Colour): number =>
  ((Math.round(alpha * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;

/** The colour that was packed. */
export const unpack = (packed: number): Colour => ({
  red: packed & 0xff,
  green: (packed >>> 8) & 0xff,
  blue: (packed >>> 16) & 0xff,
  alpha: (packed >>> 24) / 255,
});
