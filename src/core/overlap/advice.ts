import { BITMAP_BYTES, FRAGMENT_BYTES } from './fragments.js';
import { LIST_BYTES, SLOT_BYTES, WINDOW_BYTES } from './memory.js';
import { MetadataList } from './metadataList.js';
import type { OperationList } from './operationList.js';
import { WINDOW_SIZE } from './typeRuns.js';
import { NO_LIMIT, type StructureGeometry, type StructureSettings } from './settings.js';

/** Settings that would do, for the image as it is. Sizes in bytes. */
export interface Advice {
  /** Undefined when it was not searched to its end. */
  readonly limit: LimitAdvice | undefined;
  readonly bitmapSize: BitmapSizeAdvice | undefined;
  /** Why something was not searched further. */
  readonly because: string | undefined;
}

/**
 * The smallest `total-size-limit` under which nothing is refused: neither while opening, nor in two
 * passes afterwards that check every window in turn.
 */
export interface LimitAdvice {
  readonly bytes: number;
  /** False when not every smaller limit could be tried: there may be a smaller one that does. */
  readonly certain: boolean;
}

/** The smallest `bitmap-size` under which opening evicts no window. */
export interface BitmapSizeAdvice {
  readonly bytes: number;
  /** Windows that opening touches: each needs a slot of its own. */
  readonly windows: number;
  /** The smallest `total-size-limit` that lets all of them have bitmaps together. */
  readonly limitNeeded: number;
}

/**
 * Work that all replays together may take, some tenths of a second: a unit is a window of 4096
 * clusters that is made a bitmap of or written back, an operation much less.
 */
export const MAX_WORK = 2 ** 16;
/** Fragments of a window that is in use from end to end. */
const FULL_WINDOW = 16;
/** Operations, or windows checked, between two yields: some milliseconds. */
const SLICE = 2 ** 15;

/**
 * Finds the settings by replaying the opening under others, which takes up to 0.1 s a replay on a
 * tebibyte. Yields every few milliseconds.
 *
 * A larger limit is not always a safer one. Under `evict`, it lets windows be turned into fragments
 * at other times, which changes how their lists grow and shrink, so that a limit that does can have
 * one above it that does not. Hence no bisection: the smallest one is found upwards, from one
 * outcome to the next (see Ledger.leastRefused).
 */
export function* advise(
  geometry: StructureGeometry,
  settings: StructureSettings,
  operations: OperationList,
): Generator<void, Advice, void> {
  let left = MAX_WORK - workExpected(operations);
  const because = `opening this image and checking its windows takes too much work to be tried with other settings`;
  if (left < 0) return { limit: undefined, bitmapSize: undefined, because };
  left = MAX_WORK;
  function* run(changes: Partial<StructureSettings>): Generator<void, Trial, void> {
    const trial = yield* runTrial(geometry, { ...settings, ...changes }, operations);
    left -= workOf(trial.list, operations);
    return trial;
  }
  const free = yield* run({ totalSizeLimit: NO_LIMIT });
  const bitmapSize = bitmapSizeAdvice(free);
  const cost = workOf(free.list, operations);
  // What is never refused runs as if there were no limit: the peak will do, and no less will.
  if (settings.policy === 'fail')
    return {
      bitmapSize,
      limit: { bytes: free.list.ledger.peak, certain: true },
      because: undefined,
    };
  if (left < cost) return { bitmapSize, limit: undefined, because };
  // In one slot, each bitmap is alone with the fragments of all other windows: that is what `evict`
  // comes to when memory is shortest.
  const single = yield* run({ totalSizeLimit: NO_LIMIT, bitmapSize: BITMAP_BYTES });
  const pointers = SLOT_BYTES * (free.list.cache.size - single.list.cache.size);
  const limit = yield* smallestLimit(
    (totalSizeLimit) => run({ totalSizeLimit }),
    lowerBound(free.list),
    single.list.ledger.peak + pointers,
    () => left >= cost,
  );
  return { bitmapSize, limit, because: limit ? undefined : because };
}

/** What a replay must take at least. */
const workExpected = (operations: OperationList): number =>
  operations.windowUses(WINDOW_SIZE) / FULL_WINDOW;

/** What a replay has taken. */
function workOf({ counters, windows }: MetadataList, operations: OperationList): number {
  const fragments = counters.allocatedFragments / Math.max(1, windows.rows);
  const uses = counters.hits + counters.misses * Math.max(1, fragments);
  return (operations.length + uses) / FULL_WINDOW;
}

interface Trial {
  readonly list: MetadataList;
  /** Windows that the operations used. */
  readonly used: number;
}

/** Applies the operations, then checks all windows in turn, twice. The limit must allow creation. */
function* runTrial(
  geometry: StructureGeometry,
  settings: StructureSettings,
  operations: OperationList,
): Generator<void, Trial, void> {
  const created = MetadataList.create(geometry, settings);
  if (!created.ok) throw new Error(`${created.message} under ${settings.totalSizeLimit} bytes`);
  const list = created.value;
  for (const cursor = { position: 0 }; cursor.position < operations.length; yield)
    operations.applyTo(list, cursor, Math.min(operations.length, cursor.position + SLICE));
  const { windows } = list;
  let used = 0;
  for (let row = 0; row < windows.rows; row++) if (windows.ages[row] > 0) used++;
  let checks = 0;
  for (let pass = 0; pass < 2; pass++)
    for (const row of windows.ascendingRows()) {
      list.check(0, windows.window(row) * list.windowBytes, 1);
      if (++checks % SLICE === 0) yield;
    }
  yield;
  return { list, used };
}

/** Without a limit there is an eviction as soon as one window more is used than there are slots. */
function bitmapSizeAdvice({ list, used }: Trial): BitmapSizeAdvice {
  return {
    bytes: used * BITMAP_BYTES,
    windows: used,
    limitNeeded:
      LIST_BYTES + WINDOW_BYTES * list.windows.count + (SLOT_BYTES + BITMAP_BYTES) * used,
  };
}

/** Less cannot do: when the last window gets its bitmap, each other one is there in one form or the other. */
function lowerBound(list: MetadataList): number {
  const { windows } = list;
  let all = 0;
  let largest = 0;
  for (let row = 0; row < windows.rows; row++) {
    const bytes = Math.min(windows.runs.fragmentCount(row) * FRAGMENT_BYTES, BITMAP_BYTES);
    all += bytes;
    largest = Math.max(largest, bytes);
  }
  const fixed = LIST_BYTES + WINDOW_BYTES * windows.count + SLOT_BYTES * list.cache.size;
  return fixed + all - largest + BITMAP_BYTES;
}

/**
 * @param run replays under a limit
 * @param least no limit below does
 * @param likely one that probably does
 * @param mayRun whether there is work left for another run
 */
function* smallestLimit(
  run: (limit: number) => Generator<void, Trial, void>,
  least: number,
  likely: number,
  mayRun: () => boolean,
): Generator<void, LimitAdvice | undefined, void> {
  let bytes = likely;
  for (;;) {
    if (!mayRun()) return undefined;
    const { list } = yield* run(bytes);
    if (list.counters.events === 0) break;
    bytes = list.ledger.leastRefused;
  }
  for (let limit = least; limit < bytes;) {
    if (!mayRun()) return { bytes, certain: false };
    const { list } = yield* run(limit);
    if (list.counters.events === 0) return { bytes: limit, certain: true };
    limit = list.ledger.leastRefused;
  }
  return { bytes, certain: true };
}
