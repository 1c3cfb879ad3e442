import { CacheLab } from '../../../src/core/caches/cacheLab.js';
import { CacheReplay, type ReplaySettings } from '../../../src/core/caches/cacheReplay.js';
import { DEFAULT_BITMAP_SIZE, NO_LIMIT } from '../../../src/core/overlap/settings.js';
import type { MappableImage } from '../../../src/core/qcow2/image.js';
import { finish } from '../../../src/core/work.js';
import { parsePattern } from '../../../src/core/workload/pattern.js';
import { PatternSource } from '../../../src/core/workload/patternSource.js';
import {
  REQUEST_KINDS,
  RequestBatch,
  type RequestKind,
} from '../../../src/core/workload/request.js';

/** A request in words. */
export interface Request {
  readonly kind: RequestKind;
  readonly offset: number;
  readonly length: number;
}

export const WINDOWS = {
  bitmapSize: DEFAULT_BITMAP_SIZE,
  totalSizeLimit: NO_LIMIT,
  policy: 'evict',
} as const;

const SETTINGS: ReplaySettings = {
  sizes: {},
  cache: 'writeback',
  windows: WINDOWS,
  surroundings: { allocatedBytes: undefined, inflate: undefined },
};

export function batchOf(requests: readonly Request[]): RequestBatch {
  const batch = new RequestBatch();
  for (const { kind, offset, length } of requests)
    batch.add(REQUEST_KINDS.indexOf(kind), offset, length);
  return batch;
}

/** All requests of a pattern on a disk. */
export function patternOn(text: string, diskSize: number): RequestBatch {
  const pattern = parsePattern(text);
  if (!pattern.ok) throw new Error(pattern.message);
  const source = PatternSource.on(pattern.value, diskSize);
  if (!source.ok) throw new Error(source.message);
  const batch = new RequestBatch();
  while (source.value.fill(batch, 1000));
  return batch;
}

/** Carries out requests, and closes the image. */
export function replay(
  image: MappableImage,
  batch: RequestBatch,
  settings: Partial<ReplaySettings> = {},
  opened: (replay: CacheReplay) => void = () => undefined,
): CacheReplay {
  const made = CacheReplay.open(image, { ...SETTINGS, ...settings });
  if (!made.ok) throw new Error(made.message);
  opened(made.value);
  finish(made.value.run(batch));
  made.value.close();
  return made.value;
}

export function lab(
  image: MappableImage,
  batch: RequestBatch,
  settings: Partial<ReplaySettings> = {},
): CacheLab {
  const made = CacheLab.open(image, { ...SETTINGS, ...settings });
  if (!made.ok) throw new Error(made.message);
  finish(made.value.run(batch));
  made.value.close();
  return made.value;
}
