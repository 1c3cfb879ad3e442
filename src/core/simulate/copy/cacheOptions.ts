import { type ParseResult, parseSize } from '../../size.js';
import type { CacheSizes } from './cacheSlots.js';

/** The sizes of QEMU's metadata caches as a user wrote them; empty: not set. */
export interface CacheOptions {
  readonly cacheSize: string;
  readonly l2CacheSize: string;
  readonly l2CacheEntrySize: string;
  readonly refcountCacheSize: string;
}

/** QEMU's name of each option. */
export const CACHE_OPTION_NAMES: Readonly<Record<keyof CacheOptions, string>> = {
  cacheSize: 'cache-size',
  l2CacheSize: 'l2-cache-size',
  l2CacheEntrySize: 'l2-cache-entry-size',
  refcountCacheSize: 'refcount-cache-size',
};

/** Reads the sizes as QEMU reads its options. Whether they fit together is told at opening. */
export function parseCacheOptions(options: CacheOptions): ParseResult<CacheSizes> {
  const sizes: { -readonly [K in keyof CacheSizes]: CacheSizes[K] } = {};
  for (const key of CACHE_OPTIONS) {
    if (options[key] === '') continue;
    const size = parseSize(options[key], CACHE_OPTION_NAMES[key]);
    if (!size.ok) return size;
    sizes[key] = size.value;
  }
  return { ok: true, value: sizes };
}

export const CACHE_OPTIONS = [
  'cacheSize',
  'l2CacheSize',
  'l2CacheEntrySize',
  'refcountCacheSize',
] as const satisfies readonly (keyof CacheOptions)[];
