import { maskedOffset } from '../../qcow2/entryTable.js';
import { kindsOf } from '../../map/cell.js';
import { type Cells, CHUNK, CHUNK_BITS, ClusterMap } from '../../map/clusterMap.js';
import { BIT } from '../../map/kinds.js';
import type { Scan } from '../scan.js';
import type { ClusterRuns } from './clusterRuns.js';

/** No suspect. */
export const NONE = 0;

/** Which suspect endangers what lies in a cluster, by number; the first to mark one keeps it. */
export class Marks {
  readonly #map: ClusterMap;
  readonly #scan: Scan;
  #lowest = 0x7fffffff;
  #highest = -1;
  /** Of each chunk that is marked alike: the mark, and the first chunk behind it that is not marked so; else −1. */
  #alike: { readonly marks: Int32Array; readonly ends: Int32Array } | undefined;

  constructor(scan: Scan) {
    this.#scan = scan;
    this.#map = new ClusterMap(scan.map.clusters);
  }

  of(cluster: number): number {
    return this.#lowest <= cluster && cluster <= this.#highest ? this.#map.cell(cluster) : NONE;
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

  /** What all clusters of a range, its ends included, are marked with; undefined where they differ, or may. */
  everywhere(first: number, last: number): number | undefined {
    if (!this.touch(first, last)) return NONE;
    this.#alike ??= this.#findAlike();
    const { marks, ends } = this.#alike;
    const index = first >>> CHUNK_BITS;
    return ends[index] > last >>> CHUNK_BITS ? marks[index] : undefined;
  }

  #findAlike() {
    const count = this.#map.chunkCount;
    const marks = new Int32Array(count);
    const ends = new Int32Array(count);
    for (let index = count - 1; index >= 0; index--) {
      const chunk = this.#map.chunk(index);
      marks[index] = typeof chunk === 'number' ? chunk : markOfAll(chunk);
      const isAlike = index + 1 < count && marks[index + 1] === marks[index];
      ends[index] = marks[index] < 0 ? -1 : isAlike ? ends[index + 1] : index + 1;
    }
    return { marks, ends };
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
    this.#alike = undefined;
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

/** −1 where they differ. */
function markOfAll(cells: Cells): number {
  for (let at = 1; at < cells.length; at++) if (cells[at] !== cells[0]) return -1;
  return cells[0];
}

function* range(first: number, last: number): Generator<number> {
  for (let cluster = first; cluster <= last; cluster++) yield cluster;
}
