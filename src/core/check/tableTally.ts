import type { Geometry } from '../qcow2/geometry.js';
import type { Contents } from './tableIndex.js';

/** No entry has been seen yet. */
const NOTHING = -1;
/** The next entry cannot continue the last one on the cluster grid. */
const OFF_GRID = -2;

/** What a table of plain entries extends over. */
export interface Extent {
  /** Host clusters; `lowest` > `highest` if there are none. */
  readonly lowest: number;
  readonly highest: number;
  /** Entries that refer to a cluster. */
  readonly used: number;
  /** Stretches of entries, unallocated ones left out, whose clusters lie side by side. */
  readonly pieces: number;
}

/** What QEMU counts in active tables (BlockFragInfo). */
export interface Statistics {
  readonly allocated: number;
  readonly fragmented: number;
  readonly compressed: number;
}

/** What is counted in L2 tables: QEMU's statistics over all active ones, and the extent of the last one. */
export class TableTally implements Contents, Statistics {
  /** Of the active tables. */
  allocated = 0;
  fragmented = 0;
  compressed = 0;
  /** Of the table begun last. */
  lowest = 0;
  highest = 0;
  plain = false;
  /** Entries that are not 0, and those of them that are wrong in themselves. */
  used = 0;
  faulty = 0;

  readonly #geometry: Geometry;
  #active = false;
  /** The cluster that would continue the last entry, or what it is instead. */
  #expected = NOTHING;
  #expectedOffset = 0;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
  }

  startTable(active: boolean): void {
    this.#active = active;
    this.#expected = NOTHING;
    this.lowest = 0x7fffffff;
    this.highest = NOTHING;
    this.plain = false;
    this.used = 0;
    this.faulty = 0;
  }

  /** A table that has only plain entries. */
  plainTable({ lowest, highest, used, pieces }: Extent): void {
    this.plain = true;
    this.lowest = lowest;
    this.highest = highest;
    this.used = used;
    if (!this.#active || used === 0) return;
    this.allocated += used;
    this.fragmented += pieces - 1;
  }

  /** A run of plain entries in a table that has others too. */
  plainRun(first: number, length: number): void {
    const { clusterSize } = this.#geometry;
    this.used += length;
    this.touch(first * clusterSize, length * clusterSize);
    this.cluster(first * clusterSize);
    if (length === 1 || !this.#active) return;
    this.allocated += length - 1;
    this.#expected = first + length;
    this.#expectedOffset = (first + length) * clusterSize;
  }

  /** One entry for a cluster at any offset, in this file or in an external data file. */
  cluster(offset: number): void {
    const { clusterSize } = this.#geometry;
    if (!this.#active) return;
    this.allocated++;
    const cluster = offset / clusterSize;
    const continues =
      this.#expected === OFF_GRID ? offset === this.#expectedOffset : cluster === this.#expected;
    if (this.#expected !== NOTHING && !continues) this.fragmented++;
    const onGrid = Number.isInteger(cluster) && cluster < 0x7fffffff;
    this.#expected = onGrid ? cluster + 1 : OFF_GRID;
    this.#expectedOffset = offset + clusterSize;
  }

  /** One compressed cluster, which QEMU takes for fragmented by nature. */
  compressedCluster(): void {
    if (!this.#active) return;
    this.allocated++;
    this.compressed++;
    this.fragmented++;
  }

  /** The statistics as they are now. */
  statistics(): Statistics {
    const { allocated, fragmented, compressed } = this;
    return { allocated, fragmented, compressed };
  }

  /** Counts the statistics of one table again: how they grew when it was walked. */
  repeat(before: Statistics, after: Statistics): void {
    this.allocated += after.allocated - before.allocated;
    this.fragmented += after.fragmented - before.fragmented;
    this.compressed += after.compressed - before.compressed;
  }

  /** The table refers to these bytes of the file. */
  touch(offset: number, size: number): void {
    const first = Math.floor(offset / this.#geometry.clusterSize);
    const last = Math.floor((offset + size - 1) / this.#geometry.clusterSize);
    if (last > this.#geometry.hostClusters) return;
    if (first < this.lowest) this.lowest = first;
    if (last > this.highest) this.highest = last;
  }
}
