/** One position in so many is remembered. */
const STEP = 256;

/**
 * The positions of a long table that deserve a line: counted by walking over it once, found again
 * from a mark at every 256th. A table of 2^24 refcounts costs half a megabyte at most.
 */
export class Listing {
  readonly total: number;
  readonly #next: (from: number) => number;
  readonly #marks: readonly number[];

  /** `next`: the first position of a line at or after `from`, -1 when there is none. */
  constructor(next: (from: number) => number) {
    const marks: number[] = [];
    let total = 0;
    for (let at = next(0); at >= 0; at = next(at + 1)) {
      if (total % STEP === 0) marks.push(at);
      total++;
    }
    this.total = total;
    this.#next = next;
    this.#marks = marks;
  }

  /** Which line a position has: undefined where it has none. */
  lineOf(position: number): number | undefined {
    let step = this.#marks.findLastIndex((mark) => mark <= position);
    if (step < 0) return undefined;
    let at = this.#marks[step];
    step *= STEP;
    for (; at >= 0 && at < position; at = this.#next(at + 1)) step++;
    return at === position ? step : undefined;
  }

  /** Positions of lines `from` … `from + count - 1`, as far as there are any. */
  page(from: number, count: number): number[] {
    const positions: number[] = [];
    if (from >= this.total) return positions;
    let at = this.#marks[Math.floor(from / STEP)];
    for (let skip = from % STEP; skip > 0; skip--) at = this.#next(at + 1);
    for (; at >= 0 && positions.length < count; at = this.#next(at + 1)) positions.push(at);
    return positions;
  }
}
