import { adviseCaches, type CacheAdvice } from '../core/caches/advice.js';
import { aroundKnees, type SimulatedSize } from '../core/caches/aroundKnee.js';
import { type LabCache, CacheLab, type LabResult } from '../core/caches/cacheLab.js';
import type { ReplaySettings } from '../core/caches/cacheReplay.js';
import { type Curve, type ThinCurve, thinned } from '../core/caches/curve.js';
import type { CacheHeat } from '../core/caches/heat.js';
import { type OtherLayouts, otherLayouts } from '../core/caches/otherLayouts.js';
import { rulesOfThumb } from '../core/caches/rulesOfThumb.js';
import type { MappableImage } from '../core/qcow2/image.js';
import { parseCacheOptions } from '../core/simulate/copy/cacheOptions.js';
import { usualEntries } from '../core/simulate/copy/cacheSlots.js';
import type { ParseResult } from '../core/size.js';
import { messageOf } from '../core/text.js';
import type { Work } from '../core/work.js';
import { RequestBatch } from '../core/workload/request.js';
import type { CachesAnswer, CachesDocument, ToldCache } from '../protocol/caches.js';
import { MAX_CURVE } from '../protocol/limits.js';
import type { CachesQuery } from '../protocol/questions.js';
import type { Machine } from './machine.js';
import { readOptions } from './readOptions.js';
import { runSlice } from './slice.js';
import { openWorkload, type OpenWorkload } from './workloads.js';

/** Labs that are kept: what is shown, what it is compared with, and some to go back to. */
const KEPT = 6;

/** One lab, from when it is first asked for. */
interface Lab {
  readonly key: string;
  readonly steps: Work<CachesAnswer>;
  answer: CachesAnswer;
  heat: CacheHeat | undefined;
}

/**
 * Workloads on one image. One lab runs at a time, in the order in which they were asked for; what
 * came of the last ones is kept.
 */
export class CachesSession {
  readonly #image: MappableImage;
  readonly #machine: Machine;
  readonly #onHeat: (heat: CacheHeat) => void;
  /** What was asked for last at the end. */
  #labs: Lab[] = [];

  /** @param onHeat hears of the look-ups of the lab that the map is to show */
  constructor(image: MappableImage, machine: Machine, onHeat: (heat: CacheHeat) => void) {
    this.#image = image;
    this.#machine = machine;
    this.#onHeat = onHeat;
  }

  /** To be asked again while it is computing. */
  answer(query: CachesQuery): CachesAnswer {
    const { onMap, ...rest } = query;
    const key = JSON.stringify(rest);
    const lab = this.#labs.find((each) => each.key === key) ?? this.#begin(key, query);
    if (onMap && lab.heat) this.#onHeat(lab.heat);
    return lab.answer;
  }

  /** Nobody wants to know any more what is being computed. */
  stop(): void {
    const dropped = this.#labs.filter(isRunning);
    this.#labs = this.#labs.filter((lab) => !isRunning(lab));
    for (const { steps } of dropped) steps.return({ state: 'failed', message: 'it was stopped' });
  }

  /** Computes for about so many milliseconds; false when there is nothing to do. */
  advance(milliseconds: number): boolean {
    return runSlice(milliseconds, () => {
      const lab = this.#labs.find(isRunning);
      if (!lab) return false;
      try {
        const step = lab.steps.next();
        if (step.done) lab.answer = step.value;
      } catch (error) {
        lab.answer = { state: 'failed', message: messageOf(error) };
      }
      return true;
    });
  }

  #begin(key: string, query: CachesQuery): Lab {
    const lab: Lab = {
      key,
      steps: this.#work(query, (now) => Object.assign(lab, now)),
      answer: { state: 'computing', done: 0, requests: 0 },
      heat: undefined,
    };
    const finished = this.#labs.filter((each) => !isRunning(each));
    const given = finished.slice(0, Math.max(0, this.#labs.length + 1 - KEPT));
    this.#labs = [...this.#labs.filter((each) => !given.includes(each)), lab];
    return lab;
  }

  *#work(
    query: CachesQuery,
    tell: (now: Partial<Pick<Lab, 'answer' | 'heat'>>) => void,
  ): Work<CachesAnswer> {
    const settings = settingsOf(query, this.#machine);
    if (!settings.ok) return { state: 'refused', message: settings.message };
    const opened = CacheLab.open(this.#image, settings.value);
    if (!opened.ok) return { state: 'refused', message: opened.message };
    yield;
    const lab = opened.value;
    const size = Number(this.#image.geometry.virtualSize);
    const made = openWorkload(query.workload, size, this.#machine);
    if (!made.ok) return { state: 'refused', message: made.message };
    const workload = made.value;
    try {
      const batch = new RequestBatch();
      while (lab.stopped === undefined && workload.fill(batch)) {
        const run = lab.run(batch);
        while (!run.next().done) {
          const { requests } = lab;
          tell({ answer: { state: 'computing', done: workload.done(requests), requests } });
          yield;
        }
        batch.clear();
      }
      if (workload.hopeless !== undefined) return { state: 'refused', message: workload.hopeless };
    } finally {
      workload.close();
    }
    lab.close();
    yield;
    const { result } = lab;
    yield;
    tell({ heat: lab.heat });
    const advice = adviseCaches(result);
    const again = (): OpenWorkload | undefined => {
      const opened = openWorkload(query.workload, size, this.#machine);
      return opened.ok ? opened.value : undefined;
    };
    const simulated = yield* aroundKnees(this.#image, settings.value, result, advice, again);
    const requests = again();
    const layouts =
      requests &&
      (yield* otherLayouts(this.#image, result.l2.marks.now, result.requests, requests));
    return told(this.#image, workload, { result, advice, simulated, layouts });
  }
}

const isRunning = ({ answer }: Lab): boolean => answer.state === 'computing';

/** Reads the settings as QEMU reads its options. */
function settingsOf(
  { caches, overlap, cache }: CachesQuery,
  machine: Machine,
): ParseResult<ReplaySettings> {
  const sizes = parseCacheOptions(caches);
  if (!sizes.ok) return sizes;
  const read = readOptions(overlap);
  if (!read.ok) return read;
  const { bitmapSize, totalSizeLimit, policy } = read.value;
  return {
    ok: true,
    value: {
      sizes: sizes.value,
      cache,
      windows: { bitmapSize, totalSizeLimit, policy },
      surroundings: { allocatedBytes: machine.allocatedBytes, inflate: undefined },
    },
  };
}

/** What came of a lab. */
interface Outcome {
  readonly result: LabResult;
  readonly advice: readonly CacheAdvice[];
  readonly simulated: readonly SimulatedSize[];
  readonly layouts: OtherLayouts | undefined;
}

function told(
  image: MappableImage,
  workload: OpenWorkload,
  { result, advice, simulated, layouts }: Outcome,
): CachesDocument {
  const { l2, refcount, windows, requests, failed, stopped, doubts, timeline } = result;
  const thin = (curve: Curve, sizes: readonly number[]): ThinCurve =>
    thinned(curve, MAX_CURVE, [...advice.map(({ bytes }) => bytes), ...sizes]);
  const toldCache = <Counts>(cache: LabCache<Counts>): ToldCache<Counts> => {
    const { now, standard, full } = cache.marks;
    return {
      counts: cache.counts,
      marks: cache.marks,
      tables: cache.tables,
      curve: thin(cache.curve, [now, standard, full]),
    };
  };
  const { now, standard, full } = l2.marks;
  return {
    ...{ state: 'known', workload: workload.report, requests, failed, stopped, doubts, timeline },
    simulated,
    layouts,
    l2: {
      ...toldCache(l2),
      entries: l2.entries.map(({ bytes, curve }) => ({
        bytes,
        curve: thin(curve, [now, standard, full]),
      })),
    },
    refcount: toldCache(refcount),
    windows: typeof windows === 'string' ? windows : toldCache(windows),
    advice,
    rulesOfThumb: rulesOfThumb(image),
    usualEntries: usualEntries(image.geometry.clusterSize),
  };
}
