import type { Extent } from '../../src/core/picture/curve.js';
import { DOMINANT_MASK, OUTSIDE, TILE, TROUBLE_SHIFT } from '../../src/core/picture/tile.js';
import { cellColour } from '../heatmap/canvas2d.js';
import { DOT, partsOf, type PlacedMark } from '../heatmap/marks/rareMarks.js';
import { shapeOf } from '../heatmap/marks/shapes.js';
import { unpack } from '../heatmap/palette.js';
import type { Sight } from '../heatmap/heatmap.js';
import { ACROSS, DOWN } from '../heatmap/subclusterGrid.js';
import { GAP, PADDING, placeEntries, SWATCH, TITLE_HEIGHT, type Caption } from './caption.js';

/** Cells in a picture at most: a coarser level is drawn where there would be more. */
const MAX_CELLS = 2 ** 18;

/** Cells of a level in a rectangle, row by row: their glyphs, and their colours as on the map. */
interface CellGrid {
  readonly width: number;
  readonly height: number;
  readonly glyphs: Uint8Array;
  /** Packed as in a palette. */
  readonly colours: Uint32Array;
}

/** The cells in view as vectors, with title and legend. */
export async function svgOf(sight: Sight, caption: Caption): Promise<Blob> {
  const { viewport, tiles, subclustersAt } = sight;
  const { size: view, camera, picture } = viewport;
  const first = {
    x: camera.x - view.width / 2 / camera.scale,
    y: camera.y - view.height / 2 / camera.scale,
  };
  let { level } = viewport;
  const cellsAt = (step: number): number =>
    Math.ceil(Math.min(view.width / camera.scale, picture.width) / step + 1) *
    Math.ceil(Math.min(view.height / camera.scale, picture.height) / step + 1);
  while (level < tiles.top && cellsAt(2 ** level) > MAX_CELLS) level++;
  const step = 2 ** level;
  const from = {
    x: Math.max(0, Math.floor(first.x / step)),
    y: Math.max(0, Math.floor(first.y / step)),
  };
  const to = {
    x: Math.ceil(Math.min(first.x + view.width / camera.scale, picture.width) / step),
    y: Math.ceil(Math.min(first.y + view.height / camera.scale, picture.height) / step),
  };
  const grid = await gather(sight, level, from, to);
  const origin = viewport.toView({ x: from.x * step, y: from.y * step });
  const parts =
    level > 0
      ? new Map<number, string>()
      : subclusterPaths(grid, (x, y) => subclustersAt(from.x + x, from.y + y));
  return new Blob([svgText(sight, grid, parts, origin, camera.scale * step, view, caption)], {
    type: 'image/svg+xml',
  });
}

/** By value: the subclusters that have it, in cells. */
function subclusterPaths(
  { width, height }: CellGrid,
  subclustersAt: Sight['subclustersAt'],
): Map<number, string> {
  const paths = new Map<number, string>();
  const [wide, high] = [1 / ACROSS, 1 / DOWN];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      subclustersAt(x, y)?.forEach((value, index) => {
        const left = x + (index % ACROSS) * wide;
        const top = y + Math.floor(index / ACROSS) * high;
        const square = `M${left} ${top}h${wide}v${high}h-${wide}z`;
        paths.set(value, (paths.get(value) ?? '') + square);
      });
  return paths;
}

async function gather(
  sight: Sight,
  level: number,
  from: { readonly x: number; readonly y: number },
  to: { readonly x: number; readonly y: number },
): Promise<CellGrid> {
  const [width, height] = [Math.max(0, to.x - from.x), Math.max(0, to.y - from.y)];
  const glyphs = new Uint8Array(width * height).fill(OUTSIDE);
  const colours = new Uint32Array(width * height);
  for (let tileY = Math.floor(from.y / TILE); tileY * TILE < to.y; tileY++)
    for (let tileX = Math.floor(from.x / TILE); tileX * TILE < to.x; tileX++) {
      const tile = await sight.tiles.load({ level, x: tileX, y: tileY });
      const { cells } = tile;
      const left = Math.max(from.x, tileX * TILE);
      const right = Math.min(to.x, (tileX + 1) * TILE);
      const bottom = Math.min(to.y, (tileY + 1) * TILE);
      for (let y = Math.max(from.y, tileY * TILE); y < bottom; y++) {
        const at = (y - from.y) * width - from.x;
        const row = (y % TILE) * TILE - tileX * TILE;
        for (let x = left; x < right; x++) {
          glyphs[at + x] = cells.type === 'uniform' ? cells.glyph : cells.glyphs[row + x];
          colours[at + x] = cellColour(sight, tile, row + x);
        }
      }
    }
  return { width, height, glyphs, colours };
}

/** A run of cells alike in a row: left, top, width. */
type CellRun = readonly [x: number, y: number, width: number];

/** The runs of cells of each value; undefined: not drawn. */
function runsByValue(
  { width, height }: CellGrid,
  valueOf: (at: number) => number | undefined,
): Map<number, CellRun[]> {
  const runs = new Map<number, CellRun[]>();
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width;) {
      const start = x;
      const value = valueOf(y * width + x);
      while (x < width && valueOf(y * width + x) === value) x++;
      if (value === undefined) continue;
      const known = runs.get(value);
      if (known) known.push([start, y, x - start]);
      else runs.set(value, [[start, y, x - start]]);
    }
  return runs;
}

function svgText(
  sight: Sight,
  grid: CellGrid,
  parts: ReadonlyMap<number, string>,
  origin: { readonly x: number; readonly y: number },
  cell: number,
  view: Extent,
  caption: Caption,
): string {
  const { colours, marks } = sight.palette;
  const { placed, height } = placeEntries(caption, view.width);
  const total = TITLE_HEIGHT + view.height + height;
  const path = (runs: readonly CellRun[]): string =>
    runs.map(([x, y, width]) => `M${x} ${y}h${width}v1h-${width}z`).join('');
  const kinds = runsByValue(grid, (at) =>
    (grid.glyphs[at] & DOMINANT_MASK) === OUTSIDE ? undefined : grid.colours[at],
  );
  const troubles = runsByValue(grid, (at) => grid.glyphs[at] >>> TROUBLE_SHIFT || undefined);
  const troubleColours = [undefined, marks.leak, marks.corruption, marks.claimedTwice];
  const transform = `translate(${round(origin.x)} ${round(origin.y + TITLE_HEIGHT)}) scale(${cell})`;
  const hatch = 6 / cell;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${view.width}" height="${round(total)}" ` +
      `viewBox="0 0 ${view.width} ${round(total)}" font-family="sans-serif" font-size="12">`,
    '<defs>',
    `<clipPath id="view"><rect y="${TITLE_HEIGHT}" width="${view.width}" height="${view.height}"/></clipPath>`,
    ...troubleColours.flatMap((colour, trouble) =>
      colour === undefined
        ? []
        : [
            `<pattern id="trouble${trouble}" width="${hatch}" height="${hatch}" ` +
              `patternUnits="userSpaceOnUse" patternTransform="rotate(${45 * trouble})">` +
              `<rect width="${hatch / 2}" height="${hatch}" fill="${escaped(colour)}"/></pattern>`,
          ],
    ),
    '</defs>',
    `<rect width="100%" height="100%" fill="${escaped(caption.background)}"/>`,
    `<text x="${PADDING}" y="${TITLE_HEIGHT / 2 + 4}" fill="${escaped(caption.foreground)}">${escaped(caption.title)}</text>`,
    `<g clip-path="url(#view)"><g transform="${transform}" shape-rendering="crispEdges">`,
    ...Array.from(kinds, ([colour, runs]) => filled(colour, path(runs))),
    ...Array.from(parts, ([value, squares]) => filled(colours[value], squares)),
    ...Array.from(
      troubles,
      ([trouble, runs]) =>
        `<path fill="url(#trouble${trouble})" stroke="${escaped(troubleColours[trouble] ?? '')}" ` +
        `stroke-width="${1.5 / cell}" d="${path(runs)}"/>`,
    ),
    '</g>',
    `<g transform="translate(0 ${TITLE_HEIGHT})">`,
    ...sight.placed.map((mark) => markText(sight, mark)),
    '</g></g>',
    ...placed.map(({ entry, x, y }) => {
      const top = TITLE_HEIGHT + view.height + y;
      const swatch = entry.isTrouble
        ? `x="${x + 1}" y="${top + 1}" width="${SWATCH - 2}" height="${SWATCH - 2}" fill="none" stroke="${escaped(entry.colour)}"`
        : `x="${x}" y="${top}" width="${SWATCH}" height="${SWATCH}" fill="${escaped(entry.colour)}"`;
      return (
        `<rect ${swatch}/><text x="${x + SWATCH + GAP}" y="${top + SWATCH - 1}" ` +
        `fill="${escaped(caption.foreground)}">${escaped(entry.text)}</text>`
      );
    }),
    '</svg>',
  ].join('\n');
}

/** A mark of what is rare, or its dots, as on the map. */
function markText({ palette, rarity, tiles }: Sight, { x, y, mask, isDot }: PlacedMark): string {
  const values = rarity.valuesOf(mask);
  const [left, top] = [x / devicePixelRatio, y / devicePixelRatio];
  const square = (value: number, atX: number, atY: number, wide: number, high: number): string =>
    filled(
      palette.colours[value],
      `M${round(atX)} ${round(atY)}h${round(wide)}v${round(high)}h-${round(wide)}z`,
    );
  if (isDot)
    return values
      .map((value, at) => square(value, left - DOT / 2 + at * DOT, top - DOT / 2, DOT, DOT))
      .join('');
  const { side, parts } = partsOf(values.length);
  const [x0, y0] = [left - side / 2, top - side / 2];
  const halo = escaped(palette.marks.halo);
  const shapes = values.map((value, at) => {
    const { left: partLeft, top: partTop, right, bottom } = parts[at];
    const [wide, high] = [right - partLeft, bottom - partTop];
    const whole = square(value, x0 + partLeft, y0 + partTop, wide, high);
    const shape = values.length === 1 ? shapeOf(tiles.picture, value) : 'full';
    switch (shape) {
      case 'full':
        return whole;
      case 'hollow':
        return `${whole}<rect x="${round(x0 + partLeft + wide / 3)}" y="${round(y0 + partTop + high / 3)}" width="${round(wide / 3)}" height="${round(high / 3)}" fill="${halo}"/>`;
      case 'half':
        return `${whole}<path fill="${halo}" d="M${round(x0 + partLeft)} ${round(y0 + partTop)}h${round(wide)}v${round(high)}z"/>`;
    }
  });
  const bed = `<rect x="${round(x0)}" y="${round(y0)}" width="${side}" height="${side}" fill="${halo}"/>`;
  return `<g class="mark">${bed}${shapes.join('')}</g>`;
}

function filled(colour: number, path: string): string {
  const { red, green, blue } = unpack(colour);
  return `<path fill="rgb(${red},${green},${blue})" d="${path}"/>`;
}

const round = (n: number): number => Math.round(n * 100) / 100;

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
