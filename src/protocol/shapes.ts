import * as v from 'valibot';
import { CURVES } from '../core/picture/curve.js';
import { LAYERS, VIEWS } from '../core/picture/layer.js';
import { isGuardedType } from '../core/overlap/types.js';
import { MAX_PAGE } from './limits.js';
import * as units from '../core/units.js';

/** Parts that queries and messages are made of: types, and how a stranger's value is read as one. */

/** Characters of a setting that anybody would write. */
const MAX_SETTING = 100;

/** A whole number from 0 to 2^53 − 1. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Places: the same numbers, each with what it counts. */
export const hostOffset = v.pipe(count, v.transform(units.hostOffset));
export const guestOffset = v.pipe(count, v.transform(units.guestOffset));
export const hostCluster = v.pipe(count, v.transform(units.hostCluster));
export const guestCluster = v.pipe(count, v.transform(units.guestCluster));

export const upTo = (most: number) => v.pipe(count, v.maxValue(most));

/** Rows of a list, from one on. */
export const page = (most = MAX_PAGE) => ({ from: count, count: upTo(most) });

export const curve = v.picklist(CURVES);

export const picture = { view: v.picklist(VIEWS), layer: v.picklist(LAYERS) };

/** As a user wrote it, whatever it says: the worker tells what is wrong with it. */
const setting = v.pipe(v.string(), v.maxLength(MAX_SETTING));

/** The settings of the overlap check as a user wrote them. The worker reads them as QEMU would. */
export const overlapOptions = v.object({
  overlapCheck: setting,
  /** `overlap-check.<type>`, for those that are set. */
  types: v.record(v.pipe(v.string(), v.check(isGuardedType)), v.boolean()),
  bitmapSize: setting,
  totalSizeLimit: setting,
  limitPolicy: setting,
});
export type OverlapOptions = v.InferOutput<typeof overlapOptions>;

/** The sizes of QEMU's metadata caches as a user wrote them; empty: not set. */
export const cacheOptions = v.object({
  cacheSize: setting,
  l2CacheSize: setting,
  l2CacheEntrySize: setting,
  refcountCacheSize: setting,
});

/** Who checks the writes of a simulation. */
export const ENGINES = ['today', 'structures'] as const;
export type EngineName = (typeof ENGINES)[number];

export const CACHE_MODES = ['writethrough', 'writeback'] as const;
export type CacheMode = (typeof CACHE_MODES)[number];
