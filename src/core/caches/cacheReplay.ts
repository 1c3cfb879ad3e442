import { INCOMPATIBLE } from '../qcow2/features.js';
import { TEMPLATES, type TypeSet } from '../overlap/types.js';
import type { MetadataList } from '../overlap/metadataList.js';
import type { Counters } from '../overlap/counters.js';
import type { StructureSettings } from '../overlap/settings.js';
import type { MappableImage } from '../qcow2/image.js';
import type { CacheSizes } from '../simulate/copy/cacheSlots.js';
import { ProcessAbort, RequestError, Unpredictable } from '../simulate/copy/failure.js';
import { MAX_BYTES } from '../simulate/copy/operation.js';
import { Overlay } from '../simulate/copy/overlay.js';
import { Recorder } from '../simulate/copy/recorder.js';
import type { Surroundings } from '../simulate/copy/surroundings.js';
import type { Driver } from '../simulate/driver/driver.js';
import { close } from '../simulate/driver/requests/close.js';
import { openDriver, refusedAfterOpening } from '../simulate/driver/requests/opening.js';
import { compress, discard, flush, writeZeroes } from '../simulate/driver/requests/requests.js';
import type {
  CacheTally,
  CacheTrail,
  MetadataCache,
} from '../simulate/driver/state/metadataCache.js';
import type { ParseResult } from '../size.js';
import { KIND, type RequestBatch } from '../workload/request.js';
import type { Work } from '../work.js';
import { GuestReplay } from './guestReplay.js';
import { StackDistances } from './stackDistances.js';

/** How the image is opened. */
export interface ReplaySettings {
  readonly sizes: CacheSizes;
  readonly cache: 'writethrough' | 'writeback';
  /** The overlap structures beside the caches, if any; their types are those that `cached` guards. */
  readonly windows: Omit<StructureSettings, 'guarded'> | undefined;
  readonly surroundings: Surroundings;
  /** Every request takes the driver's whole way; to compare with. */
  readonly slowly?: boolean;
}

/** What one of the two metadata caches did. */
export interface CacheCounts {
  readonly lookups: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  /** Tables written: on eviction, on a flush, before another cache, on closing. */
  readonly writeBacks: number;
  readonly evictionWriteBacks: number;
  /** Tables forgotten because their cluster was freed. */
  readonly discards: number;
  readonly slots: number;
  readonly entryBytes: number;
}

/** What the overlap structures did. */
export interface WindowCounts {
  /** Writes that were checked. */
  readonly checks: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly conversions: number;
  readonly slots: number;
}

const GUARDED: TypeSet = TEMPLATES.cached;

/** Requests between two looks at what the recorder has gathered. */
const TAKE_EVERY = 64;
/** Requests between two yields: on an empty image one takes a thousand times as long as on a full one. */
const SLICE = 32;

/** Requests of a guest on an image that nobody writes to, and what its caches do meanwhile. */
export class CacheReplay {
  readonly driver: Driver;
  /** Of requests that QEMU fails. */
  failed = 0;
  /** Why nothing goes on any more. */
  stopped: string | undefined;
  /** Why another run of QEMU might count otherwise. */
  readonly doubts = new Set<string>();
  /** The overlap structures; or why there are none. */
  readonly windows: MetadataList | string;
  /** Of all look-ups since the image was opened. */
  readonly distances = {
    l2: new StackDistances(),
    refcount: new StackDistances(),
    windows: new StackDistances(),
  } as const;
  /** The structures say something else than QEMU's own check, which goes on alone. */
  windowsParted = false;
  readonly #recorder: Recorder;
  readonly #guest: GuestReplay;
  readonly #through: boolean;
  readonly #opening: Readonly<Counters> | undefined;
  readonly #openingChecks: number;
  #done = 0;

  private constructor(driver: Driver, recorder: Recorder, settings: ReplaySettings) {
    this.driver = driver;
    this.#recorder = recorder;
    this.#through = settings.cache === 'writethrough';
    this.#guest = new GuestReplay(driver, this.#through, settings.slowly !== true);
    const [, list] = driver.guard.lists;
    this.windows = list ?? driver.guard.refusals[0] ?? 'they were not asked for';
    this.#opening = list && { ...list.counters };
    this.#openingChecks = list?.checks ?? 0;
    recorder.take();
    driver.l2Cache.trail = trailOf(this.distances.l2);
    driver.refcountCache.trail = trailOf(this.distances.refcount);
    if (list) followWindows(list, this.distances.windows);
  }

  /** Opens the image; or says why QEMU would not, or why it cannot be simulated. */
  static open(image: MappableImage, settings: ReplaySettings): ParseResult<CacheReplay> {
    const refusal = refusedAfterOpening(image);
    if (refusal !== undefined) return { ok: false, message: refusal };
    if ((image.header.value('incompatible_features') & INCOMPATIBLE.dirty) !== 0n)
      return {
        ok: false,
        message:
          'the image was left dirty, and QEMU repairs it first: what its caches hold then is not replayed',
      };
    const recorder = new Recorder();
    let parted = (): void => undefined;
    const opened = openDriver(
      image,
      {
        guarded: GUARDED,
        engine: { type: 'today' },
        cache: settings.cache,
        sizes: settings.sizes,
        discardNoUnref: false,
        surroundings: settings.surroundings,
        watch: settings.windows && {
          checks: [{ guarded: GUARDED, engine: { type: 'structures', ...settings.windows } }],
          onDivision: () => {
            parted();
          },
        },
      },
      new Overlay(image.source),
      recorder,
    );
    if (!opened.ok) return opened;
    const replay = new CacheReplay(opened.value, recorder, settings);
    parted = () => {
      replay.windowsParted = true;
    };
    return { ok: true, value: replay };
  }

  /** Carries out the requests [from, to) of a batch. */
  *run(batch: RequestBatch, from = 0, to = batch.size): Work {
    const { kinds, offsets, lengths } = batch;
    for (let i = from; i < to && this.stopped === undefined; i++) {
      try {
        const length = bounded(lengths[i]);
        if (kinds[i] === KIND.read) this.#guest.read(offsets[i], length);
        else if (kinds[i] !== KIND.write || !this.#guest.writeInPlace(offsets[i], length))
          yield* this.#other(kinds[i], offsets[i], length);
      } catch (error) {
        this.#fail(error);
      }
      if (++this.#done % TAKE_EVERY === 0 || this.#recorder.steps.length > 0) this.#take();
      if (this.#done % SLICE === 0) yield;
    }
  }

  /** Closes the image, which writes what is dirty. */
  close(): void {
    if (this.stopped !== undefined) return;
    try {
      close(this.driver);
    } catch (error) {
      this.#fail(error);
    }
    this.#take();
  }

  /** Requests carried out so far. */
  get requests(): number {
    return this.#done;
  }

  /** Bytes of the copy and of its caches in memory. */
  get held(): number {
    const { file, l2Cache, refcountCache } = this.driver;
    return file.overlay.held + l2Cache.held + refcountCache.held;
  }

  get l2(): CacheCounts {
    return countsOf(this.driver.l2Cache);
  }

  get refcount(): CacheCounts {
    return countsOf(this.driver.refcountCache);
  }

  get windowCounts(): WindowCounts | undefined {
    const { windows } = this;
    const before = this.#opening;
    if (typeof windows === 'string' || !before) return undefined;
    const { hits, misses, evictions, conversions } = windows.counters;
    return {
      checks: windows.checks - this.#openingChecks,
      hits: hits - before.hits,
      misses: misses - before.misses,
      evictions: evictions - before.evictions,
      conversions: conversions - before.conversions,
      slots: windows.cache.size,
    };
  }

  *#other(kind: number, offset: number, length: number): Work {
    const { driver } = this;
    if (kind === KIND.write) yield* this.#guest.write(offset, length);
    else if (kind === KIND.flush) flush(driver);
    else
      try {
        if (kind === KIND.discard) yield* discard(driver, offset, length);
        else if (kind === KIND['write-compressed']) yield* compress(driver, offset, length);
        else
          yield* writeZeroes(
            driver,
            offset,
            length,
            kind === KIND['write-zeroes-unmap'],
            this.#through,
          );
      } finally {
        this.#guest.forget(offset, length);
      }
    // Once the file's blocks have been asked for, nobody looks at the guest's data any more.
    if (driver.preallocationProbed) driver.file.keepsData = false;
  }

  #fail(error: unknown): void {
    if (error instanceof RequestError) this.failed++;
    else if (error instanceof ProcessAbort || error instanceof Unpredictable)
      this.stopped = error.message;
    else throw error;
  }

  #take(): void {
    for (const doubt of this.#recorder.take().doubts) this.doubts.add(doubt);
  }
}

const trailOf = (distances: StackDistances): CacheTrail => ({
  idOf: (table) => distances.idOf(table),
  lookedUp(table, count, id = distances.idOf(table)) {
    distances.useOf(id, count);
  },
  givenBack(table) {
    distances.touch(table);
  },
});

/** Opening has used windows already: they are there in the order of their last use. */
function followWindows(list: MetadataList, distances: StackDistances): void {
  const { windows } = list;
  const used = Array.from({ length: windows.rows }, (_, row) => row)
    .filter((row) => windows.ages[row] > 0)
    .sort((a, b) => windows.ages[a] - windows.ages[b]);
  for (const row of used) distances.touch(windows.window(row));
  list.onUse = (window, uses) => {
    distances.use(window, uses);
  };
}

/** The block layer refuses longer ones (bdrv_check_request32). */
function bounded(length: number): number {
  if (length > MAX_BYTES) throw new RequestError('EIO');
  return length;
}

function countsOf({ tally, slots, tableBytes }: MetadataCache): CacheCounts {
  const { lookUps, misses, evictions, writeBacks, evictionWriteBacks, discards }: CacheTally =
    tally;
  return {
    lookups: lookUps,
    hits: lookUps - misses,
    misses,
    evictions,
    writeBacks,
    evictionWriteBacks,
    discards,
    slots,
    entryBytes: tableBytes,
  };
}
