import type { Layout } from '../qcow2/layout.js';
import type { Contents } from './tableIndex.js';

/** A decoded entry that refers to nothing. No cluster has this number: there are at most 2^31 - 1. */
export const NO_CLUSTER = 0x7fffffff;
/** No entry has been seen yet. */
const NOTHING = -1;
/** The next entry cannot continue the last one on the cluster grid. */
const OFF_GRID = -2;

/** What is counted in L2 tables: QEMU's statistics over all active ones, and the extent of the last one. */
export class TableTally implements Contents {
  /** Of the active tables: BlockFragInfo. */
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

  readonly #layout: Layout;
  #active = false;
  /** The cluster that would continue the last entry, or what it is instead. */
  #expected = NOTHING;
  #expectedOffset = 0;

  constructor(layout: Layout) {
    this.#layout = layout;
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

  /** All entries of a table that has only plain ones: clusters with COPIED in the sign bit, or NO_CLUSTER. */
  plainTable(entries: Int32Array): void {
    const none = NO_CLUSTER;
    let lowest = this.lowest;
    let highest = this.highest;
    let used = 0;
    let fragmented = 0;
    let expected = this.#expected;
    for (const entry of entries) {
      if (entry === none) continue;
      const cluster = entry & 0x7fffffff;
      if (cluster < lowest) lowest = cluster;
      if (cluster > highest) highest = cluster;
      if (cluster !== expected) fragmented++;
      expected = cluster + 1;
      used++;
    }
    this.plain = true;
    this.lowest = lowest;
    this.highest = highest;
    this.used = used;
    this.#expected = expected;
    if (!this.#active || used === 0) return;
    this.allocated += used;
    // The first entry continues nothing, and breaks nothing.
    this.fragmented += fragmented - 1;
  }

  /** One plain entry of a table that has others too. */
  plainEntry(cluster: number): void {
    this.used++;
    if (cluster < this.lowest) this.lowest = cluster;
    if (cluster > this.highest) this.highest = cluster;
    this.cluster(cluster * this.#layout.clusterSize);
  }

  /** One entry for a cluster at any offset, in this file or in an external data file. */
  cluster(offset: number): void {
    const { clusterSize } = this.#layout;
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

  /** The table refers to these bytes of the file. */
  touch(offset: number, size: number): void {
    const first = Math.floor(offset / this.#layout.clusterSize);
    const last = Math.floor((offset + size - 1) / this.#layout.clusterSize);
    if (last > this.#layout.hostClusters) return;
    if (first < this.lowest) this.lowest = first;
    if (last > this.highest) this.highest = last;
  }
}
