import type { ClusterMap } from '../map/clusterMap.js';
import { GUEST } from '../guest/guestKinds.js';
import { guestClusters, guestTables, type GuestTable } from '../guest/guestTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { guestCluster, hostCluster, type GuestCluster, type HostCluster } from '../units.js';
import { glyphOf } from './guestKinds.js';
import type { View } from './layer.js';
import { mapLayer } from './mapLayers.js';
import { countValues } from './source.js';
import type { Stretch } from './stretch.js';
import { DOMINANT_MASK } from './tile.js';

/** Guest clusters side by side that lie side by side in the file. */
export interface DataRun {
  readonly guest: GuestCluster;
  readonly clusters: number;
  readonly host: HostCluster;
  /** Several compressed clusters may share one of the file. */
  readonly hostClusters: number;
}

/** What is in a range of clusters. */
export interface RangeTotals {
  /** Clusters by value of the picture of kinds; all together are the range. */
  readonly counts: readonly number[];
  /** In the order of the guest's disk; the longest of them when there are more than `MAX_RUNS`. */
  readonly runs: readonly DataRun[];
  /** How many runs there are in all, and clusters in them, of the disk and of the file. */
  readonly runCount: number;
  readonly guestClusters: number;
  readonly hostClusters: number;
  /** Clusters of the disk in the longest run. */
  readonly longest: number;
  /** Runs that lie before the one that precedes them on the disk. */
  readonly backwards: number;
}

/** Runs told: more than these nobody tells apart. */
const MAX_RUNS = 256;

/**
 * What is in the clusters [first, end) of the file or of the disk. Yields the part done. Throws on
 * I/O errors.
 */
export function* rangeTotals(
  image: MappableImage,
  map: ClusterMap,
  view: View,
  { first, end }: Stretch,
): Generator<number, RangeTotals> {
  const range = { first, end: Math.min(end, clustersOf(image, view)) };
  const runs = new DataRuns();
  if (view === 'host') {
    const counts = yield* countValues(mapLayer('kinds', map), range);
    // Where in the file the clusters of the disk lie only the tables tell, all of them.
    for (const table of guestTables(image)) {
      if (!image.geometry.externalData) addHeldIn(table, range, runs);
      yield table.done;
    }
    return { counts, ...runs.totals() };
  }
  const counts = new Array<number>(32).fill(0);
  counts[GUEST.unallocated] = Math.max(0, range.end - range.first);
  for (const table of guestTables(image, range.first, range.end)) {
    for (let i = 0; i < table.count; i++) addStretch(image, map, table, i, range, counts, runs);
    yield table.done;
  }
  return { counts, ...runs.totals() };
}

const clustersOf = (image: MappableImage, view: View): number =>
  view === 'host' ? image.geometry.hostClusters : guestClusters(image.geometry);

/** The stretches of a table that lie in clusters [first, end) of the file. */
function addHeldIn(table: GuestTable, { first, end }: Stretch, runs: DataRuns): void {
  for (let i = 0; i < table.count; i++) {
    const from = Math.max(table.from[i], first);
    const to = Math.min(table.to[i], end);
    if (table.from[i] < 0 || from >= to) continue;
    if (table.kinds[i] === GUEST.compressed) runs.add(table.starts[i], 1, from, to, true);
    else runs.add(table.starts[i] + from - table.from[i], to - from, from, to, false);
  }
}

/** The part of a stretch that lies in clusters [first, end) of the disk. */
function addStretch(
  image: MappableImage,
  map: ClusterMap,
  table: GuestTable,
  i: number,
  { first, end }: Stretch,
  counts: number[],
  runs: DataRuns,
): void {
  const from = Math.max(table.starts[i], first);
  const to = Math.min(table.starts[i] + table.lengths[i], end);
  if (from >= to) return;
  const kind = table.kinds[i];
  const isHeld = !image.geometry.externalData && table.from[i] >= 0;
  const isCompressed = kind === GUEST.compressed;
  const host = isCompressed ? table.from[i] : table.from[i] + from - table.starts[i];
  counts[GUEST.unallocated] -= to - from;
  // What lies past the end of the file reads as zeros, as in the picture of the disk.
  const inFile = isHeld ? Math.max(0, Math.min(to - from, map.clusters - host)) : 0;
  for (let k = 0; k < inFile; k++)
    counts[glyphOf(kind, table.copied[i] === 1, map.cell(host + k)) & DOMINANT_MASK]++;
  counts[kind] += to - from - inFile;
  if (inFile === 0) return;
  const hostEnd = isCompressed ? Math.min(table.to[i], map.clusters) : host + inFile;
  runs.add(from, inFile, host, hostEnd, isCompressed);
}

/** Gathers runs in the order of the disk, those that go on where the last one ended as one. */
class DataRuns {
  #longest: DataRun[] = [];
  #last: DataRun | undefined;
  #isCompressed = false;
  #runCount = 0;
  #guestClusters = 0;
  #hostClusters = 0;
  #most = 0;
  #backwards = 0;

  /** Clusters from `guest` on that lie in the clusters [host, hostEnd) of the file. */
  add(guest: number, clusters: number, host: number, hostEnd: number, isCompressed: boolean): void {
    const last = this.#last;
    const lastEnd = last ? last.host + last.hostClusters : 0;
    this.#guestClusters += clusters;
    // A compressed cluster may begin in the cluster of the file in which the one before ends.
    const isBehind = host === lastEnd || (isCompressed && host === lastEnd - 1);
    const goesOn = last && this.#isCompressed === isCompressed && isBehind;
    if (goesOn && last.guest + last.clusters === guest) {
      this.#hostClusters += hostEnd - lastEnd;
      this.#last = {
        ...last,
        clusters: last.clusters + clusters,
        hostClusters: hostEnd - last.host,
      };
      return;
    }
    this.#keep();
    this.#runCount++;
    if (host < lastEnd) this.#backwards++;
    this.#hostClusters += hostEnd - host;
    this.#isCompressed = isCompressed;
    this.#last = {
      guest: guestCluster(guest),
      clusters,
      host: hostCluster(host),
      hostClusters: hostEnd - host,
    };
  }

  totals(): Omit<RangeTotals, 'counts'> {
    this.#keep();
    this.#last = undefined;
    this.#shorten();
    return {
      runs: this.#longest.sort((a, b) => a.guest - b.guest),
      runCount: this.#runCount,
      guestClusters: this.#guestClusters,
      hostClusters: this.#hostClusters,
      longest: this.#most,
      backwards: this.#backwards,
    };
  }

  #keep(): void {
    if (!this.#last) return;
    this.#most = Math.max(this.#most, this.#last.clusters);
    this.#longest.push(this.#last);
    if (this.#longest.length >= 8 * MAX_RUNS) this.#shorten();
  }

  #shorten(): void {
    if (this.#longest.length <= MAX_RUNS) return;
    this.#longest.sort((a, b) => b.clusters - a.clusters);
    this.#longest.length = MAX_RUNS;
  }
}
