import type { GuestRange } from './cause.js';

/** Ranges kept of a suspect, to be sorted and merged, for each that is told. */
const KEPT_PER_TOLD = 4;
/** Ranges that are told of a suspect, if nobody wants more. */
export const MAX_TOLD = 1000;
/** The guest's bytes that one suspect endangers. */
export class Reach {
  bytes = 0;
  /** Ranges, of which some may lie side by side. */
  #ranges = 0;
  readonly #kept: GuestRange[] = [];
  readonly snapshots = new Set<string>();
  wholeDisk = false;
  readonly #most: number;

  /** @param most ranges that are told */
  constructor(most: number) {
    this.#most = most;
  }

  /** So many bytes in so many ranges that are not told one by one. */
  addUntold(bytes: number, ranges: number): void {
    this.bytes += bytes;
    this.#ranges += ranges;
  }

  add(range: GuestRange): void {
    this.addUntold(range.length, 1);
    if (range.snapshot !== undefined) this.snapshots.add(range.snapshot);
    const last = this.#kept.at(-1);
    if (last && isSameDisk(last, range) && last.start + last.length === range.start) {
      this.#kept[this.#kept.length - 1] = { ...last, length: last.length + range.length };
      this.#ranges--;
    } else if (this.#kept.length < this.#most * KEPT_PER_TOLD) this.#kept.push(range);
  }

  /** The ranges: those of the disk first, ascending; and how many there are. */
  ranges(): { readonly guest: readonly GuestRange[]; readonly count: number } {
    const sorted = [...this.#kept].sort(
      (a, b) =>
        (a.snapshot ?? '').localeCompare(b.snapshot ?? '') ||
        (a.entry ?? -1) - (b.entry ?? -1) ||
        a.start - b.start,
    );
    const merged: GuestRange[] = [];
    for (const range of sorted) {
      const last = merged.at(-1);
      if (last && isSameDisk(last, range) && last.start + last.length >= range.start) {
        const end = Math.max(last.start + last.length, range.start + range.length);
        merged[merged.length - 1] = { ...last, length: end - last.start };
      } else merged.push(range);
    }
    const count = this.#ranges - (this.#kept.length - merged.length);
    return { guest: merged.slice(0, this.#most), count };
  }
}

const isSameDisk = (a: GuestRange, b: GuestRange): boolean =>
  a.snapshot === b.snapshot && a.entry === b.entry;
