import { maskedOffset } from '../../qcow2/entryTable.js';
import { kindsOf } from '../../map/cell.js';
import { CHUNK, CHUNK_BITS, ClusterMap } from '../../map/clusterMap.js';
import { BIT } from '../../map/kinds.js';
import type { Scan } from '../scan.js';
import type { ClusterRuns } from './clusterRuns.js';

/** No suspect. */
export const NONE = 0;

/** Which suspect endangers what lies in a cluster, by number; the first to mark one keeps it. */
export class Marks {
  readonly #map: ClusterMap;
  readonly #scan: Scan;
  #lowest = Infinity;
  #highest = -1;

  constructor(scan: Scan) {
    this.#scan = scan;
    this.#map = new ClusterMap(scan.map.clusters);
  }

  of(cluster: number): number {
    return cluster <= this.#map.clusters ? this.#map.cell(cluster) : NONE;
  }

  /** The end, at most `end`, of the clusters from `cluster` on that are marked alike. */
  alikeUntil(cluster: number, end: number): number {
    const index = cluster >>> CHUNK_BITS;
    const stop = Math.min(end, (index + 1) * CHUNK);
    const chunk = this.#map.chunk(index);
    if (typeof chunk === 'number') return stop;
    const first = cluster % CHUNK;
    let at = first + 1;
    while (at < stop - index * CHUNK && chunk[at] === chunk[first]) at++;
    return index * CHUNK + at;
  }

  /** Whether a cluster of a range, its ends included, may be marked. */
  touch(first: number, last: number): boolean {
    return this.#lowest <= last && first <= this.#highest;
  }

  add(clusters: ClusterRuns, suspect: number): void {
    for (const { from, to } of clusters.runs()) this.#fill(from, to, suspect);
  }

  /**
   * What endangers refcounts endangers all that they count, and what endangers the header all:
   * QEMU hands out what it takes for free. Only what nothing else endangers.
   */
  widen(): void {
    const { image, map } = this.#scan;
    const { refcountTable, geometry } = image;
    const { clusterSize, refcountsPerBlock } = geometry;
    if (this.#highest < 0) return;
    const wide: { from: number; to: number; suspect: number }[] = [];
    for (let index = 0; index < refcountTable.present; index++) {
      const offset = maskedOffset(refcountTable.high(index), refcountTable.low(index));
      const suspect = offset === 0 ? NONE : this.of(Math.floor(offset / clusterSize));
      const from = index * refcountsPerBlock;
      if (suspect !== NONE) wide.push({ from, to: from + refcountsPerBlock, suspect });
    }
    const first = Math.floor(refcountTable.offset / clusterSize);
    const last = Math.floor((refcountTable.offset + refcountTable.length * 8 - 1) / clusterSize);
    for (const cluster of [0, ...range(first, Math.min(last, map.clusters - 1))]) {
      const suspect = this.of(cluster);
      const isThere = (kindsOf(map.cell(cluster)) & (BIT.mainHeader | BIT.refcountTable)) !== 0;
      if (suspect !== NONE && isThere) wide.push({ from: 0, to: map.clusters, suspect });
    }
    for (const { from, to, suspect } of wide) this.#fill(from, to, suspect);
  }

  #fill(from: number, to: number, suspect: number): void {
    const map = this.#map;
    const end = Math.min(to, map.clusters);
    if (from >= end) return;
    this.#lowest = Math.min(this.#lowest, from);
    this.#highest = Math.max(this.#highest, end - 1);
    for (let start = from; start < end;) {
      const index = start >>> CHUNK_BITS;
      const stop = Math.min(end, (index + 1) * CHUNK);
      const chunk = map.chunk(index);
      if (typeof chunk === 'number') {
        if (chunk === NONE) map.fill(start, stop, suspect);
      } else {
        const cells = map.writable(index);
        for (let at = start % CHUNK; at < stop - index * CHUNK; at++)
          if (cells[at] === NONE) cells[at] = suspect;
      }
      start = stop;
    }
  }
}

function* range(first: number, last: number): Generator<number> {
  for (let cluster = first; cluster <= last; cluster++) yield cluster;
}
