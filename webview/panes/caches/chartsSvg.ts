import type { CachesDocument, ToldCache } from '../../../src/protocol/caches.js';
import { clean } from '../../../src/core/text.js';
import { count, size } from '../../text/text.js';
import { CACHE_NAMES, cacheIn, CACHES } from './cacheNames.js';
import {
  flagsOf,
  isStrong,
  missesAt,
  placeLabels,
  scaleOf,
  shareOf,
  ticksOf,
  topOf,
} from './chartScale.js';
import { kneeOf } from './curveChart.js';
import type { TriedCache } from './cachesState.js';

const WIDTH = 640;
const HEIGHT = 190;
const LEFT = 44;
const RIGHT = 16;
const TOP = 64;
const LABEL_ROW = 13;
/** On white paper. */
const COLOURS: Readonly<Record<TriedCache, string>> = {
  l2: '#c24a00',
  refcount: '#005c43',
  windows: '#4a545e',
};

const escaped = (text: string): string =>
  clean(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Coordinates in tenths of a pixel. */
const tenths = (pixels: number): number => Math.round(pixels * 10) / 10;

const text = (x: number, y: number, words: string, extra = ''): string =>
  `<text x="${tenths(x)}" y="${tenths(y)}" ${extra}>${escaped(words)}</text>`;

/** The curves of a workload, one below the other, to be put into a document. */
export function chartsSvg(image: string, document: CachesDocument): string {
  const caches = CACHE_NAMES.flatMap((name) => {
    const cache = cacheIn(document, name);
    return cache && cache.curve.lookups > 0 ? [{ name, cache }] : [];
  });
  const top = topOf(caches.map(({ cache }) => cache.curve));
  const block = TOP + HEIGHT + 36;
  const charts = caches.map(
    ({ name, cache }, index) =>
      `<g transform="translate(0 ${24 + index * block})">${chart(document, name, cache, top)}</g>`,
  );
  const height = 24 + caches.length * block;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11" fill="#1f1f1f">`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    text(
      LEFT,
      16,
      `${image}: misses of 100 look-ups by size of the cache, ${count(document.requests)} requests`,
    ),
    ...charts,
    '</svg>\n',
  ].join('\n');
}

function chart(
  document: CachesDocument,
  name: TriedCache,
  cache: ToldCache<unknown>,
  top: number,
): string {
  const scale = scaleOf(cache, []);
  const width = WIDTH - LEFT - RIGHT;
  const x = (bytes: number): number => LEFT + shareOf(scale, bytes) * width;
  const y = (misses: number): number => TOP + HEIGHT * (1 - misses / top);
  const flags = flagsOf(cache, kneeOf(document, name));
  const places = placeLabels(flags, scale, width);
  const { curve } = cache;
  const steps = curve.bytes.map((bytes, index) => {
    const misses = tenths(y(missesAt(curve, bytes)));
    return `${index === 0 ? `M${LEFT} ${misses}` : ''}H${tenths(x(bytes))}V${misses}`;
  });
  return [
    text(LEFT, 10, CACHES[name].title, 'font-weight="bold"'),
    ...[0, 1, 2, 3, 4].map((quarter) => {
      const misses = (top * quarter) / 4;
      return `<path d="M${LEFT} ${tenths(y(misses))}H${LEFT + width}" stroke="#dddddd"/>${text(LEFT - 6, y(misses) + 4, String(misses), 'text-anchor="end"')}`;
    }),
    ...ticksOf(scale, 8).map((bytes) =>
      text(x(bytes), TOP + HEIGHT + 16, size(bytes), 'text-anchor="middle"'),
    ),
    `<path d="${steps.join('')}H${LEFT + width}" fill="none" stroke="${COLOURS[name]}" stroke-width="2"/>`,
    ...flags.map((flag, index) => {
      const { left, row, lines } = places[index];
      const at = TOP - 40 + row * LABEL_ROW;
      const weight = isStrong(flag) ? 'font-weight="bold"' : '';
      return [
        `<path d="M${tenths(x(flag.bytes))} ${at}V${TOP + HEIGHT}" stroke="#777777" stroke-dasharray="2 2"/>`,
        ...lines.map((line, below) => text(LEFT + left, at + below * LABEL_ROW, line, weight)),
      ].join('');
    }),
  ].join('');
}
