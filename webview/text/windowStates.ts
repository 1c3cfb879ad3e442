import { markOfCode, type WindowMark } from '../../src/core/overlap/windowMarks.js';
import type { BuiltOverlap } from '../../src/protocol/overlap.js';

/** How many shades of "recently used" are told apart. */
export const RECENCIES = 4;

/** The windows of the file, each at its number: what the map, the strip and their tooltips show. */
export class WindowStates {
  /** See core/overlap/windowMarks.ts. */
  readonly codes: Uint8Array;
  /** `RECENCIES` for the cached windows used last, down to 1 for those evicted next; 0 for the rest. */
  readonly recencies: Uint8Array;
  readonly #ages = new Map<number, number>();

  constructor({ marks, slots }: Pick<BuiltOverlap, 'marks' | 'slots'>) {
    let windows = 0;
    for (let i = 1; i < marks.length; i += 2) windows += marks[i];
    this.codes = new Uint8Array(windows);
    for (let i = 0, from = 0; i < marks.length; from += marks[i + 1], i += 2)
      this.codes.fill(marks[i], from, from + marks[i + 1]);

    for (const { window, age } of slots) if (age !== undefined) this.#ages.set(window, age);
    this.recencies = new Uint8Array(windows);
    const cached = [...this.#ages]
      .filter(([window]) => this.markOf(window)?.form === 'cached')
      .sort(([, a], [, b]) => a - b);
    cached.forEach(([window], rank) => {
      this.recencies[window] = Math.ceil((RECENCIES * (cached.length - rank)) / cached.length);
    });
  }

  /** Windows of the file. */
  get windows(): number {
    return this.codes.length;
  }

  /** Undefined for a window that is not of the file. */
  markOf(window: number): WindowMark | undefined {
    return window < this.windows ? markOfCode(this.codes[window]) : undefined;
  }

  /** Uses of any window since a window in a cache slot was used; undefined for others. */
  ageOf(window: number): number | undefined {
    return this.#ages.get(window);
  }
}
