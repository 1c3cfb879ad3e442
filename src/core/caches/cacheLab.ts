import { BITMAP_BYTES } from '../overlap/fragments.js';
import { DEFAULT_BITMAP_SIZE } from '../overlap/settings.js';
import type { MappableImage } from '../qcow2/image.js';
import { cacheSlots, fullCoverage, usualEntries } from '../simulate/copy/cacheSlots.js';
import { plural, sizeText } from '../numbers.js';
import type { ParseResult } from '../size.js';
import type { RequestBatch } from '../workload/request.js';
import type { Work } from '../work.js';
import {
  type CacheCounts,
  CacheReplay,
  type ReplaySettings,
  type WindowCounts,
} from './cacheReplay.js';
import { type Curve, curveOf } from './curve.js';
import { type CacheHeat, heatOf } from './heat.js';
import { diskOf } from './rulesOfThumb.js';
import { type TimedCounts, type TimedTotals, type Timeline, TimelineRecorder } from './timeline.js';

/** The sizes that a curve is marked with. */
export interface Marks {
  readonly now: number;
  readonly standard: number;
  /** All tables of the disk, of the file. */
  readonly full: number;
}

/** One cache: what it did, and what it would have done at every other size. */
export interface LabCache<Counts> {
  readonly counts: Counts;
  readonly curve: Curve;
  readonly marks: Marks;
  /** Different tables that were looked up. */
  readonly tables: number;
}

/** The L2 cache, with the size of its entries where QEMU takes larger ones. */
export interface LabL2 extends LabCache<CacheCounts> {
  /** Of entries as they are below full coverage, and as they are at it; the same if there is one. */
  readonly entries: readonly {
    readonly bytes: number;
    readonly curve: Curve;
    readonly tables: number;
  }[];
}

export interface LabWindows extends LabCache<WindowCounts> {
  /** The most that the structures took at a time, in bytes of `total-size-limit`. */
  readonly peak: number;
  readonly limit: number;
}

/** All that a workload has told of an image's caches. */
export interface LabResult {
  readonly requests: number;
  readonly failed: number;
  readonly stopped: string | undefined;
  readonly doubts: readonly string[];
  readonly l2: LabL2;
  readonly refcount: LabCache<CacheCounts>;
  /** Or why there are none. */
  readonly windows: LabWindows | string;
  /** At the sizes that are set. */
  readonly timeline: Timeline;
}

/** Requests between two looks at how much memory the copies take. */
const WEIGH_EVERY = 512;
/** Bytes of both copies and their caches: all tables of 1 TiB in clusters of 64 KiB fit. */
const MOST_HELD = 384 * 2 ** 20;

/**
 * A workload on an image: once with the sizes that are set, and, where QEMU would take entries of
 * another size for a larger or smaller L2 cache, once with these. One pass tells the hits at every
 * number of slots, since the look-ups do not depend on it; they do depend on the entries' size.
 */
export class CacheLab {
  readonly #image: MappableImage;
  readonly #settings: ReplaySettings;
  readonly #now: CacheReplay;
  #other: CacheReplay | undefined;
  /** Why there is no other any more. */
  #givenUp: string | undefined;
  readonly #mostHeld: number;
  #tooLarge: string | undefined;
  #unweighed = 0;
  readonly #timeline: TimelineRecorder;

  private constructor(
    image: MappableImage,
    settings: ReplaySettings,
    now: CacheReplay,
    other: CacheReplay | undefined,
    mostHeld: number,
  ) {
    this.#mostHeld = mostHeld;
    this.#image = image;
    this.#settings = settings;
    this.#now = now;
    this.#other = other;
    this.#timeline = new TimelineRecorder(() => totalsOf(now));
  }

  /** Not ok for an image that QEMU does not open with these sizes, or that cannot be simulated. */
  static open(
    image: MappableImage,
    settings: ReplaySettings,
    mostHeld = MOST_HELD,
  ): ParseResult<CacheLab> {
    const now = CacheReplay.open(image, settings);
    if (!now.ok) return now;
    const { sizes } = now.value.driver;
    const { l2CacheEntrySize } = settings.sizes;
    const [small, large] = usualEntries(sizes.clusterSize);
    let other: CacheReplay | undefined;
    if (l2CacheEntrySize === undefined && small !== large) {
      const entry = sizes.sliceBytes === small ? large : small;
      const replay = CacheReplay.open(image, {
        ...settings,
        sizes: {
          l2CacheSize: fullCoverage(diskOf(image)),
          l2CacheEntrySize: entry,
          refcountCacheSize: now.value.refcount.slots * sizes.clusterSize,
        },
        windows: undefined,
      });
      if (!replay.ok) return replay;
      other = replay.value;
    }
    return { ok: true, value: new CacheLab(image, settings, now.value, other, mostHeld) };
  }

  *run(batch: RequestBatch): Work {
    for (let from = 0; from < batch.size && this.stopped === undefined;) {
      const to = Math.min(batch.size, from + Math.min(this.#timeline.left, WEIGH_EVERY));
      const before = this.#now.requests;
      yield* this.#now.run(batch, from, to);
      const done = this.#now.requests - before;
      this.#timeline.passed(done);
      if (this.#other) yield* this.#runOther(this.#other, batch, from, from + done);
      this.#weigh(done);
      from = to;
    }
  }

  /** Without the entries of another size when they cannot be followed to where the others get. */
  *#runOther(other: CacheReplay, batch: RequestBatch, from: number, to: number): Work {
    yield* other.run(batch, from, to);
    if (other.stopped === undefined || this.#now.stopped !== undefined) return;
    this.#other = undefined;
    this.#givenUp = `entries of ${sizeText(other.driver.sizes.sliceBytes)} are left out: ${other.stopped}`;
  }

  /** A disk that is written all over makes all its tables anew: what they take is bounded. */
  #weigh(requests: number): void {
    this.#unweighed += requests;
    if (this.#unweighed < WEIGH_EVERY) return;
    this.#unweighed = 0;
    const held = this.#now.held + (this.#other?.held ?? 0);
    if (held > this.#mostHeld)
      this.#tooLarge = `the tables that the workload makes take more than ${sizeText(this.#mostHeld)} of memory`;
  }

  /** QEMU closes the image: what is dirty is written. */
  close(): void {
    this.#now.close();
    this.#other?.close();
  }

  /** Carried out so far. */
  get requests(): number {
    return this.#now.requests;
  }

  /** Why nothing goes on any more. */
  get stopped(): string | undefined {
    return this.#now.stopped ?? this.#tooLarge;
  }

  /** Where the look-ups went. */
  get heat(): CacheHeat {
    return heatOf(this.#now.driver, this.#now.distances);
  }

  get result(): LabResult {
    const now = this.#now;
    return {
      requests: now.requests,
      failed: now.failed,
      stopped: this.stopped,
      doubts: [...now.doubts, ...(this.#givenUp === undefined ? [] : [this.#givenUp])],
      l2: this.#l2(),
      refcount: this.#refcount(),
      windows: this.#windows(),
      timeline: this.#timeline.timeline,
    };
  }

  #l2(): LabL2 {
    const counts = this.#now.l2;
    const full = fullCoverage(diskOf(this.#image));
    const replays = [this.#now, ...(this.#other ? [this.#other] : [])]
      .map((replay) => ({
        distances: replay.distances.l2,
        entryBytes: replay.driver.sizes.sliceBytes,
        leastSlots: 2,
        doubts: discardDoubts(replay.l2.discards),
      }))
      .sort((a, b) => a.entryBytes - b.entryBytes);
    const doubts = replays.flatMap((replay) => replay.doubts);
    const last = replays.length - 1;
    return {
      counts,
      curve: curveOf(
        replays.map((replay, index) => ({
          ...replay,
          below: index < last ? full : full + replay.entryBytes,
        })),
        doubts,
      ),
      marks: {
        now: counts.slots * counts.entryBytes,
        standard: this.#standard(({ l2 }, sliceBytes) => l2 * sliceBytes),
        full,
      },
      tables: this.#now.distances.l2.tables,
      entries: replays.map((replay) => ({
        bytes: replay.entryBytes,
        tables: replay.distances.tables,
        curve: curveOf([{ ...replay, below: full + replay.entryBytes }], replay.doubts),
      })),
    };
  }

  #refcount(): LabCache<CacheCounts> {
    const counts = this.#now.refcount;
    const { geometry } = this.#image;
    const { clusterSize, hostClusters, refcountsPerBlock } = geometry;
    const { refcount: distances } = this.#now.distances;
    return {
      counts,
      curve: curveOf(
        [{ distances, entryBytes: clusterSize, leastSlots: 4, below: Infinity }],
        discardDoubts(counts.discards),
      ),
      marks: {
        now: counts.slots * clusterSize,
        standard: this.#standard(({ refcount }) => refcount * clusterSize),
        full: Math.max(4, Math.ceil(hostClusters / refcountsPerBlock)) * clusterSize,
      },
      tables: distances.tables,
    };
  }

  #windows(): LabWindows | string {
    const now = this.#now;
    const counts = now.windowCounts;
    if (typeof now.windows === 'string') return now.windows;
    if (!counts) return 'they were not followed';
    const { counters, ledger, windows } = now.windows;
    const { windows: distances } = now.distances;
    const doubts = [
      ...(ledger.leastRefused < Infinity
        ? ['the memory limit took bitmaps away: another size would meet it elsewhere']
        : []),
      ...(counters.kept > 0
        ? ['windows are kept as bitmaps for good, at a time that depends on the size']
        : []),
      ...(now.windowsParted
        ? ["the structures say something else than QEMU's own check, and count no further"]
        : []),
    ];
    return {
      counts,
      curve: curveOf(
        [{ distances, entryBytes: BITMAP_BYTES, leastSlots: 1, below: Infinity }],
        doubts,
      ),
      marks: {
        now: counts.slots * BITMAP_BYTES,
        standard: DEFAULT_BITMAP_SIZE,
        full: windows.count * BITMAP_BYTES,
      },
      tables: distances.tables,
      peak: ledger.peak,
      limit: ledger.limit,
    };
  }

  /** Of the caches that QEMU makes when nothing is set but the size of entries. */
  #standard(
    bytes: (
      slots: { readonly l2: number; readonly refcount: number },
      sliceBytes: number,
    ) => number,
  ): number {
    const { l2CacheEntrySize } = this.#settings.sizes;
    const made = cacheSlots(diskOf(this.#image), { l2CacheEntrySize });
    return made.ok ? bytes(made.value.slots, made.value.sliceBytes) : 0;
  }
}

const NOTHING: TimedCounts = { lookups: 0, misses: 0, evictions: 0, written: 0 };

function totalsOf(replay: CacheReplay): TimedTotals {
  const timed = ({ lookups, misses, evictions, writeBacks }: CacheCounts): TimedCounts => ({
    lookups,
    misses,
    evictions,
    written: writeBacks,
  });
  const windows = replay.windowCounts;
  return {
    l2: timed(replay.l2),
    refcount: timed(replay.refcount),
    windows: windows
      ? {
          lookups: windows.hits + windows.misses,
          misses: windows.misses,
          evictions: windows.evictions,
          written: windows.conversions,
        }
      : NOTHING,
  };
}

const discardDoubts = (discards: number): readonly string[] =>
  discards > 0
    ? [`${plural(discards, 'table')} freed while cached: which ones are cached depends on the size`]
    : [];
