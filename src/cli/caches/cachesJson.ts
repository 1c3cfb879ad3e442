import type { CacheAdvice } from '../../core/caches/advice.js';
import type { SimulatedSize } from '../../core/caches/aroundKnee.js';
import type { CacheCounts } from '../../core/caches/cacheReplay.js';
import type { OtherLayouts } from '../../core/caches/otherLayouts.js';
import type { LabCache, LabResult } from '../../core/caches/cacheLab.js';
import { type Curve } from '../../core/caches/curve.js';
import { optionTexts } from '../../core/caches/optionText.js';
import { diskOf, rulesOfThumb } from '../../core/caches/rulesOfThumb.js';
import type { MappableImage } from '../../core/qcow2/image.js';
import { fullCoverage, usualEntries } from '../../core/simulate/copy/cacheSlots.js';
import type { WorkloadReport } from '../../core/workload/workloadReport.js';
import { Printable, t } from '../frame/printable.js';
import type { Subject } from '../frame/subject.js';

/** A workload that has been carried out on an image. */
export interface CachesOfImage {
  readonly subject: Subject;
  readonly image: MappableImage;
  readonly workload: WorkloadReport;
  readonly result: LabResult;
  readonly advice: readonly CacheAdvice[];
  /** Where a curve is not exact. */
  readonly simulated: readonly SimulatedSize[];
  /** Unknown of a workload that comes once. */
  readonly layouts: OtherLayouts | undefined;
}

/** QEMU's usual size of entries, of an L2 cache of so many bytes. */
export function usualEntryOf(image: MappableImage): (l2Bytes: number) => number {
  const [below, full] = usualEntries(image.geometry.clusterSize);
  return (l2Bytes) => (l2Bytes < fullCoverage(diskOf(image)) ? below : full);
}

export function* cachesJson({
  subject,
  image,
  workload,
  result,
  advice,
  simulated,
  layouts,
}: CachesOfImage): Generator<Printable> {
  const { l2, refcount, windows } = result;
  const document = {
    filename: subject.filename,
    workload: { ...workload, requests: result.requests, failed: result.failed },
    stopped: result.stopped,
    doubts: result.doubts,
    l2: cacheJson(l2),
    refcount: cacheJson(refcount),
    windows:
      typeof windows === 'string'
        ? { unavailable: windows }
        : { ...windows.counts, ...marks(windows) },
    curves: {
      l2: points(l2.curve),
      refcount: points(refcount.curve),
      windows: typeof windows === 'string' ? [] : points(windows.curve),
    },
    inexact: inexact(result),
    simulated: simulated.length === 0 ? undefined : simulated,
    advice,
    options: optionTexts(advice, usualEntryOf(image)),
    rulesOfThumb: rulesOfThumb(image),
    computed: layouts,
    ...subject.changedJson(),
  };
  yield t`${Printable.json(document)}\n`;
}

/** Why a curve is not exact, by its name. */
function inexact({ l2, refcount, windows }: LabResult): object | undefined {
  const doubts = Object.entries({
    l2: l2.curve.doubts,
    refcount: refcount.curve.doubts,
    windows: typeof windows === 'string' ? [] : windows.curve.doubts,
  }).filter(([, reasons]) => reasons.length > 0);
  return doubts.length === 0 ? undefined : Object.fromEntries(doubts);
}

const cacheJson = (cache: LabCache<CacheCounts>): object => ({ ...cache.counts, ...marks(cache) });

const marks = ({ marks: { now, standard, full }, tables }: LabCache<unknown>): object => ({
  tables,
  bytes: now,
  defaultBytes: standard,
  fullCoverageBytes: full,
});

const points = ({ bytes, hits }: Curve): object[] =>
  Array.from(bytes, (size, index) => ({ bytes: size, hits: hits[index] }));
