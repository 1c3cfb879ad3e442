/** What is counted of a cache as time goes by. */
export interface TimedCounts {
  readonly lookups: number;
  readonly misses: number;
  readonly evictions: number;
  /** Tables written back; of windows: bitmaps turned back into fragments. */
  readonly written: number;
}

export type TimedCache = 'l2' | 'refcount' | 'windows';
export type TimedTotals = Readonly<Record<TimedCache, TimedCounts>>;

/** A workload in stretches of as many requests, the last one perhaps of fewer. */
export interface Timeline {
  /** Requests of a stretch. */
  readonly every: number;
  /** Counts of each stretch. */
  readonly stretches: readonly TimedTotals[];
}

/** Stretches: about as many as a chart has pixels for. Twice as many are put together in pairs. */
const STRETCHES = 200;
/** Requests of a stretch, to begin with. */
const FIRST = 64;

/** Cuts a workload of unknown length into stretches: the longer it gets, the longer they are. */
export class TimelineRecorder {
  readonly #totals: () => TimedTotals;
  #before: TimedTotals;
  #every = FIRST;
  /** Requests of the stretch that goes on. */
  #requests = 0;
  #stretches: TimedTotals[] = [];

  /** @param totals what has been counted so far */
  constructor(totals: () => TimedTotals) {
    this.#totals = totals;
    this.#before = combined(totals(), totals(), () => 0);
  }

  /** Requests until the stretch is over. */
  get left(): number {
    return this.#every - this.#requests;
  }

  /** So many requests have been carried out, not more than are left. */
  passed(requests: number): void {
    this.#requests += requests;
    if (this.#requests < this.#every) return;
    this.#cut();
    if (this.#stretches.length < 2 * STRETCHES) return;
    this.#every *= 2;
    this.#stretches = Array.from({ length: STRETCHES }, (_, pair) =>
      combined(this.#stretches[2 * pair], this.#stretches[2 * pair + 1], (a, b) => a + b),
    );
  }

  /** As it is now: what is counted after the last request belongs to the last stretch. */
  get timeline(): Timeline {
    const rest = combined(this.#totals(), this.#before, (now, before) => now - before);
    const whole = this.#stretches;
    if (this.#requests > 0 || whole.length === 0)
      return { every: this.#every, stretches: [...whole, rest] };
    const last = combined(whole[whole.length - 1], rest, (a, b) => a + b);
    return { every: this.#every, stretches: [...whole.slice(0, -1), last] };
  }

  #cut(): void {
    const now = this.#totals();
    this.#stretches.push(combined(now, this.#before, (after, before) => after - before));
    this.#before = now;
    this.#requests = 0;
  }
}

function combined(
  a: TimedTotals,
  b: TimedTotals,
  each: (a: number, b: number) => number,
): TimedTotals {
  const counts = (name: TimedCache): TimedCounts => ({
    lookups: each(a[name].lookups, b[name].lookups),
    misses: each(a[name].misses, b[name].misses),
    evictions: each(a[name].evictions, b[name].evictions),
    written: each(a[name].written, b[name].written),
  });
  return { l2: counts('l2'), refcount: counts('refcount'), windows: counts('windows') };
}
