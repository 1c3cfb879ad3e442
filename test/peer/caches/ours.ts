import {
  type CacheCounts,
  CacheReplay,
  type ReplaySettings,
} from '../../../src/core/caches/cacheReplay.js';
import { DEFAULT_BITMAP_SIZE, NO_LIMIT } from '../../../src/core/overlap/settings.js';
import { isMappable, openImage, type MappableImage } from '../../../src/core/qcow2/image.js';
import type { CacheSizes } from '../../../src/core/simulate/copy/cacheSlots.js';
import { finish } from '../../../src/core/work.js';
import type { RequestBatch } from '../../../src/core/workload/request.js';
import { FileSource } from '../../../src/node/fileSource.js';

/** QEMU's options of the caches, by their names. */
export type CacheOptions = Readonly<
  Partial<
    Record<'l2-cache-size' | 'l2-cache-entry-size' | 'refcount-cache-size' | 'cache-size', number>
  >
>;

/** What the traces tell of one cache. */
export type Counted = Pick<
  CacheCounts,
  'lookups' | 'hits' | 'misses' | 'evictions' | 'writeBacks' | 'evictionWriteBacks'
>;

const sizesOf = (options: CacheOptions): CacheSizes => ({
  l2CacheSize: options['l2-cache-size'],
  l2CacheEntrySize: options['l2-cache-entry-size'],
  refcountCacheSize: options['refcount-cache-size'],
  cacheSize: options['cache-size'],
});

export function countedOf(counts: CacheCounts): Counted {
  const { lookups, hits, misses, evictions, writeBacks, evictionWriteBacks } = counts;
  return { lookups, hits, misses, evictions, writeBacks, evictionWriteBacks };
}

export function withImage<T>(
  path: string,
  look: (image: MappableImage, source: FileSource) => T,
): T {
  const source = FileSource.open(path);
  try {
    const image = openImage(source);
    if (!isMappable(image)) throw new Error(`${path} has no geometry`);
    return look(image, source);
  } finally {
    source.close();
  }
}

export const settingsOf = (options: CacheOptions, source: FileSource): ReplaySettings => ({
  sizes: sizesOf(options),
  cache: 'writeback',
  windows: { bitmapSize: DEFAULT_BITMAP_SIZE, totalSizeLimit: NO_LIMIT, policy: 'evict' },
  surroundings: { allocatedBytes: source.allocatedBytes, inflate: undefined },
});

/** Carries out a workload on an image, and closes it. */
export function replayed(path: string, options: CacheOptions, batch: RequestBatch): CacheReplay {
  return withImage(path, (image, source) => {
    const opened = CacheReplay.open(image, settingsOf(options, source));
    if (!opened.ok) throw new Error(opened.message);
    finish(opened.value.run(batch));
    opened.value.close();
    return opened.value;
  });
}
