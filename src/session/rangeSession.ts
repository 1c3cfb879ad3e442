import type { Scan } from '../core/check/scan.js';
import { kindsOf } from '../core/map/cell.js';
import { BIT } from '../core/map/kinds.js';
import { rangeTotals, type RangeTotals } from '../core/picture/rangeTotals.js';
import { maskedOffset } from '../core/qcow2/entryTable.js';
import { messageOf } from '../core/text.js';
import { clusterOf, hostOffset, type HostCluster } from '../core/units.js';
import { guestClusters } from '../core/guest/guestTable.js';
import type { RangeAnswer, TableRange } from '../protocol/navigation.js';
import type { Query } from '../protocol/questions.js';
import { runSlice } from './slice.js';

/** Ranges whose totals are kept: those selected and pointed at last. */
const KEPT = 8;
/** Milliseconds of a question that a small range is computed in at once. */
const AT_ONCE = 4;

type Task =
  | { readonly state: 'computing'; readonly done: number; readonly steps: Steps }
  | Exclude<RangeAnswer, { readonly state: 'computing' }>;
type Steps = Generator<number, RangeTotals>;

/** The totals of ranges of clusters, each computed in slices once it is asked for. */
export class RangeSession {
  readonly #scan: Scan;
  /** By range; what was asked for last at the end. */
  readonly #tasks = new Map<string, Task>();

  constructor(scan: Scan) {
    this.#scan = scan;
  }

  answer({ view, first, end }: Query<'range'>): RangeAnswer {
    const { image, map } = this.#scan;
    const key = `${view} ${first} ${end}`;
    const task: Task = this.#tasks.get(key) ?? {
      state: 'computing',
      done: 0,
      steps: rangeTotals(image, map, view, { first, end }),
    };
    this.#put(key, task);
    this.advance(AT_ONCE);
    const now = this.#tasks.get(key) ?? task;
    return now.state === 'computing' ? { state: 'computing', done: now.done } : now;
  }

  /** Computes what was asked for last; false when there is nothing left to do. */
  advance(milliseconds: number): boolean {
    return runSlice(milliseconds, () => {
      const [key, task] = this.#last();
      if (task?.state !== 'computing') return false;
      this.#tasks.set(key, stepped(task));
      return true;
    });
  }

  /** The active L2 table in a cluster, or the one that maps a guest cluster. */
  table(query: Query<'tableRange'>): TableRange | undefined {
    const { geometry, l1 } = this.#scan.image;
    if (query.of === 'host' && query.cluster >= this.#scan.map.clusters) return undefined;
    const index =
      query.of === 'host'
        ? this.#indexOf(query.cluster)
        : Math.floor(query.cluster / geometry.l2Entries);
    if (index === undefined || index >= l1.present) return undefined;
    const offset = maskedOffset(l1.high(index), l1.low(index));
    const table = clusterOf(hostOffset(offset), geometry);
    const first = index * geometry.l2Entries;
    const end = Math.min(first + geometry.l2Entries, guestClusters(geometry));
    if (offset === 0 || table >= this.#scan.map.clusters || first >= end) return undefined;
    return { table, guest: { first, end } };
  }

  /** The first entry of the active L1 table that points into a cluster. */
  #indexOf(cluster: HostCluster): number | undefined {
    const { geometry, l1 } = this.#scan.image;
    if ((kindsOf(this.#scan.map.cell(cluster)) & BIT.activeL2) === 0) return undefined;
    const end = Math.min(l1.present, geometry.l1DiskEntries);
    for (let index = 0; index < end; index++) {
      const offset = hostOffset(maskedOffset(l1.high(index), l1.low(index)));
      if (clusterOf(offset, geometry) === cluster) return index;
    }
    return undefined;
  }

  #put(key: string, task: Task): void {
    this.#tasks.delete(key);
    this.#tasks.set(key, task);
    for (const [oldest] of this.#tasks) {
      if (this.#tasks.size <= KEPT) break;
      this.#tasks.delete(oldest);
    }
  }

  /** What was asked for last of what is not computed yet. */
  #last(): readonly [key: string, task: Task | undefined] {
    let last: readonly [string, Task | undefined] = ['', undefined];
    for (const [key, task] of this.#tasks) if (task.state === 'computing') last = [key, task];
    return last;
  }
}

function stepped(task: Extract<Task, { readonly state: 'computing' }>): Task {
  try {
    const step = task.steps.next();
    return step.done ? { state: 'known', totals: step.value } : { ...task, done: step.value };
  } catch (error) {
    return { state: 'failed', message: messageOf(error) };
  }
}
