import type { CachesDocument, ToldCache } from '../../../src/protocol/caches.js';
import { hitsAt } from '../../../src/core/caches/curve.js';
import { MAX_CURVE } from '../../../src/protocol/limits.js';
import { shareText } from '../../text/text.js';
import type { TriedCache } from './cachesState.js';

/** What each cache is called, and the CSS variable of its colour. */
export const CACHES: Readonly<
  Record<TriedCache, { readonly title: string; readonly table: string; readonly colour: string }>
> = {
  l2: { title: 'L2 tables', table: 'L2 table', colour: '--l2' },
  refcount: { title: 'Refcount blocks', table: 'refcount block', colour: '--refcount' },
  windows: { title: 'Overlap windows', table: 'window', colour: '--windows' },
};

export const CACHE_NAMES = ['l2', 'refcount', 'windows'] as const satisfies readonly TriedCache[];

/** A cache of a document; undefined for windows that are not there. */
export function cacheIn(
  document: CachesDocument,
  name: TriedCache,
): ToldCache<unknown> | undefined {
  const cache = document[name];
  return typeof cache === 'string' ? undefined : cache;
}

/** Of 100 look-ups. */
export const perHundred = (part: number, all: number): number =>
  all === 0 ? 0 : (100 * part) / all;

/** `1.2 of 100` */
export const ofHundred = (part: number, all: number): string =>
  `${shareText(part, all).replace(' %', '')} of 100`;

/** `1.2 of 100`, at a size; `about` where the curve that was sent has no point. */
export function missesText({ curve, marks }: ToldCache<unknown>, bytes: number): string {
  const isKnown =
    curve.bytes.length < MAX_CURVE ||
    [marks.now, marks.standard, marks.full, ...curve.bytes].includes(bytes);
  const text = ofHundred(curve.lookups - hitsAt(curve, bytes), curve.lookups);
  return isKnown ? text : `about ${text}`;
}
