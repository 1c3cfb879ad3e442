import type { CacheAdvice } from '../core/caches/advice.js';
import type { SimulatedSize } from '../core/caches/aroundKnee.js';
import type { Marks } from '../core/caches/cacheLab.js';
import type { CacheCounts, WindowCounts } from '../core/caches/cacheReplay.js';
import type { OtherLayouts } from '../core/caches/otherLayouts.js';
import type { ThinCurve } from '../core/caches/curve.js';
import type { RuleOfThumb } from '../core/caches/rulesOfThumb.js';
import type { Timeline } from '../core/caches/timeline.js';
import type { WorkloadReport } from '../core/workload/workloadReport.js';

/** A cache with what it did, and would do at other sizes: curves are of MAX_CURVE points. */
export interface ToldCache<Counts> {
  readonly counts: Counts;
  readonly marks: Marks;
  /** Different tables that were looked up. */
  readonly tables: number;
  readonly curve: ThinCurve;
}

export interface ToldL2 extends ToldCache<CacheCounts> {
  /** The curve of entries of each size, at all sizes of the cache; one where QEMU takes no other. */
  readonly entries: readonly { readonly bytes: number; readonly curve: ThinCurve }[];
}

/** What a workload does to the caches, and which sizes it needs: a document of limited size. */
export interface CachesDocument {
  readonly state: 'known';
  readonly workload: WorkloadReport;
  readonly requests: number;
  readonly failed: number;
  /** Why nothing went on any more. */
  readonly stopped: string | undefined;
  readonly doubts: readonly string[];
  readonly l2: ToldL2;
  readonly refcount: ToldCache<CacheCounts>;
  /** Or why there are none. */
  readonly windows: ToldCache<WindowCounts> | string;
  /** Where a curve may be wrong: the caches themselves at the sizes around its knee. */
  readonly simulated: readonly SimulatedSize[];
  /** The same disk laid out otherwise, computed. */
  readonly layouts: OtherLayouts | undefined;
  readonly timeline: Timeline;
  readonly advice: readonly CacheAdvice[];
  readonly rulesOfThumb: readonly RuleOfThumb[];
  /** QEMU's size of entries below full coverage, and at it. */
  readonly usualEntries: readonly [below: number, full: number];
}

export type CachesAnswer =
  /** Requests so far, and the part of the workload that is done, 0 … 1. To be asked again. */
  | { readonly state: 'computing'; readonly done: number; readonly requests: number }
  /** A setting, the workload or the image does not allow it. */
  | { readonly state: 'refused'; readonly message: string }
  | CachesDocument
  | { readonly state: 'failed'; readonly message: string };
