import { roundUp } from '../bytes.js';
import type { GuestLayer } from '../guest/backingChain.js';
import type { GuestRun } from '../guest/guestRun.js';
import { isData } from './layerBytes.js';

/** The base of a commit while it is written to, from the disk's start to its end. Bytes, in whole clusters. */
export class CommitTarget {
  added = 0;
  overwritten = 0;
  zeroed = 0;
  readonly #clusterSize: number;
  readonly #runs: Iterator<GuestRun, void, void>;
  #run: GuestRun | undefined;
  /** The end of the clusters that have been written to. */
  #end = 0;

  constructor(layer: GuestLayer, clusterSize: number) {
    this.#clusterSize = clusterSize;
    this.#runs = layer.runs(0);
    this.#next();
  }

  /** Data are written to [start, end). */
  write(start: number, end: number): void {
    const from = Math.max(this.#end, start - (start % this.#clusterSize));
    const to = roundUp(end, this.#clusterSize);
    if (to <= from) return;
    const taken = this.#bytes(from, to, isInPlace);
    this.overwritten += taken;
    this.added += to - from - taken;
    this.#end = to;
  }

  /** The clusters of [start, end) become zeros. */
  zero(start: number, end: number): void {
    this.zeroed += this.#bytes(start, end, isData);
    this.#end = end;
  }

  /** Bytes of the runs in [from, to) that count. Ranges are asked about in ascending order. */
  #bytes(from: number, to: number, counts: (run: GuestRun) => boolean): number {
    let bytes = 0;
    for (let run = this.#run; run && run.start < to; run = this.#run) {
      const end = run.start + run.length;
      if (counts(run)) bytes += Math.max(0, Math.min(to, end) - Math.max(from, run.start));
      if (end > to) break;
      this.#next();
    }
    return bytes;
  }

  #next(): void {
    const next = this.#runs.next();
    this.#run = next.done === true ? undefined : next.value;
  }
}

/** Clusters that have a place of their own to write to. */
const isInPlace = ({ kind }: GuestRun): boolean => kind === 'normal' || kind === 'zero-allocated';
