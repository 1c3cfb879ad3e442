import type { MappableImage } from '../qcow2/image.js';
import type { Work } from '../work.js';
import { RequestBatch } from '../workload/request.js';
import type { CacheAdvice } from './advice.js';
import type { LabResult } from './cacheLab.js';
import { CacheReplay, type ReplaySettings } from './cacheReplay.js';

/** What a cache of another size really does, where its curve may be wrong. */
export interface SimulatedSize {
  readonly cache: 'l2' | 'refcount' | 'windows';
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  /** Tables written back; of windows: bitmaps turned back into fragments. */
  readonly written: number;
}

/** The workload from its start. */
export interface Requests {
  fill(batch: RequestBatch): boolean;
  close(): void;
}

const OPTIONS = {
  l2: 'l2-cache-size',
  refcount: 'refcount-cache-size',
  windows: 'overlap-structures.bitmap-size',
} as const;

/** The advised size, and what lies about it. */
const AROUND = [0.5, 1, 2];

/** Carries the workload out once more for each size around the knee of each curve with doubts. */
export function* aroundKnees(
  image: MappableImage,
  settings: ReplaySettings,
  result: LabResult,
  advice: readonly CacheAdvice[],
  open: () => Requests | undefined,
): Work<readonly SimulatedSize[]> {
  const found: SimulatedSize[] = [];
  for (const cache of ['l2', 'refcount', 'windows'] as const) {
    const told = result[cache];
    if (typeof told === 'string' || told.curve.doubts.length === 0) continue;
    const knee = advice.find(
      ({ option, purpose }) => option === OPTIONS[cache] && purpose === 'enough',
    );
    for (const part of knee ? AROUND : []) {
      const bytes = Math.max(told.curve.bytes[0], Math.round((knee?.bytes ?? 0) * part));
      if (found.some((one) => one.cache === cache && one.bytes === bytes)) continue;
      const one = yield* simulated(image, settingsAt(settings, result, cache, bytes), open);
      if (one) found.push({ cache, bytes, ...countsOf(one, cache) });
    }
  }
  return found;
}

function* simulated(
  image: MappableImage,
  settings: ReplaySettings,
  open: () => Requests | undefined,
): Work<CacheReplay | undefined> {
  const opened = CacheReplay.open(image, settings);
  const requests = opened.ok ? open() : undefined;
  if (!opened.ok || !requests) return undefined;
  const replay = opened.value;
  try {
    const batch = new RequestBatch();
    while (replay.stopped === undefined && requests.fill(batch)) {
      yield* replay.run(batch);
      batch.clear();
    }
  } finally {
    requests.close();
  }
  replay.close();
  return replay.stopped === undefined ? replay : undefined;
}

/** One cache has another size, and the others what they have. */
function settingsAt(
  settings: ReplaySettings,
  { l2, refcount }: LabResult,
  cache: SimulatedSize['cache'],
  bytes: number,
): ReplaySettings {
  if (cache === 'windows')
    return { ...settings, windows: settings.windows && { ...settings.windows, bitmapSize: bytes } };
  const { l2CacheEntrySize } = settings.sizes;
  return {
    ...settings,
    windows: undefined,
    sizes: {
      l2CacheEntrySize,
      l2CacheSize: cache === 'l2' ? bytes : l2.marks.now,
      refcountCacheSize: cache === 'refcount' ? bytes : refcount.marks.now,
    },
  };
}

function countsOf(
  replay: CacheReplay,
  cache: SimulatedSize['cache'],
): Omit<SimulatedSize, 'cache' | 'bytes'> {
  if (cache !== 'windows') {
    const { hits, misses, evictions, writeBacks } = replay[cache];
    return { hits, misses, evictions, written: writeBacks };
  }
  const counts = replay.windowCounts;
  return {
    hits: counts?.hits ?? 0,
    misses: counts?.misses ?? 0,
    evictions: counts?.evictions ?? 0,
    written: counts?.conversions ?? 0,
  };
}
