import type { OverlapOptions } from '../../src/protocol/shapes.js';

/** The overlap structures as they are when nobody has set anything. */
export const DEFAULT_OVERLAP: OverlapOptions = {
  overlapCheck: 'cached',
  types: {},
  bitmapSize: '64K',
  totalSizeLimit: '',
  limitPolicy: 'evict',
};

/** The metadata caches as QEMU sizes them itself. */
export const DEFAULT_CACHES = {
  cacheSize: '',
  l2CacheSize: '',
  l2CacheEntrySize: '',
  refcountCacheSize: '',
} as const;
