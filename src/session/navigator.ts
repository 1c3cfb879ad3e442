import { referencesOf, REFERENCES_SHIFT, storedOf } from '../core/map/cell.js';
import type { ClusterMap } from '../core/map/clusterMap.js';
import { FileRuns, type RunFilter } from '../core/inspect/fileRuns.js';
import { locate, type PlaceFound, type Place } from '../core/inspect/locate.js';
import { type TableReferences, mappedBy } from '../core/inspect/referredTo.js';
import { ownersOf } from '../core/inspect/findOwners.js';
import { RunIndex } from '../core/map/runIndex.js';
import type { Scan } from '../core/check/scan.js';
import {
  besideMap,
  type BesideMap,
  NOTHING_BESIDE,
  searchRule,
  type SearchTarget,
  targetKey,
} from '../core/inspect/search.js';
import { createCurve, type Curve, type CurveName } from '../core/picture/curve.js';
import type { MappableImage } from '../core/qcow2/image.js';
import type { Hit, RangesPage } from '../protocol/navigation.js';
import type { Query } from '../protocol/questions.js';
import { countText } from '../core/numbers.js';
import { BLOCK_EDGE } from '../protocol/limits.js';
import { hostCluster, type HostCluster } from '../core/units.js';

type SelectedEntry = Extract<Query<'locate'>['place'], { type: 'selected-l2' }>;

/** Searches whose index is kept. */
const KEPT = 4;

/** Finds things on the map of one image, as far as it has been scanned. */
export class Navigator {
  readonly #map: ClusterMap;
  readonly #scan: Scan | undefined;
  readonly #curves = new Map<CurveName, Curve>();
  readonly #searches = new Map<string, RunIndex>();
  #ranges: { readonly key: string; readonly runs: FileRuns } | undefined;
  #beside: BesideMap | undefined;

  /** `scan`: undefined until it is done; the map is then looked at as it is. */
  constructor(map: ClusterMap, scan: Scan | undefined) {
    this.#map = map;
    this.#scan = scan;
  }

  next({ target, from, direction }: Query<'next'>): Hit | undefined {
    const index = this.#search(target);
    const { clusters } = this.#map;
    const onward =
      direction === 1
        ? index.after(from ?? -1)
        : index.before(Math.min(from ?? clusters, clusters));
    const start = onward ?? (direction === 1 ? index.after(-1) : index.before(clusters));
    return (
      start && {
        ...start,
        cluster: hostCluster(start.cluster),
        clusters: index.length(start.cluster),
        total: index.total,
        wrapped: onward === undefined && from !== undefined,
      }
    );
  }

  /** See CellCounts. */
  cells({ curve: name, x, y }: Query<'cells'>): number[] {
    const curve = this.#curve(name);
    const runs: number[] = [];
    for (let row = y * BLOCK_EDGE; row < (y + 1) * BLOCK_EDGE; row++)
      for (let column = x * BLOCK_EDGE; column < (x + 1) * BLOCK_EDGE; column++) {
        const cluster = curve.cluster(column, row);
        const cell = cluster === undefined ? 0 : this.#map.cell(cluster);
        const value = storedOf(cell) | (referencesOf(cell) << REFERENCES_SHIFT);
        if (runs.at(-2) === value) runs[runs.length - 1]++;
        else runs.push(value, 1);
      }
    return runs;
  }

  mapped(cluster: HostCluster): TableReferences {
    const nothing = { runs: [], runCount: 0, clusters: 0 };
    return this.#scan && cluster < this.#map.clusters ? mappedBy(this.#scan, cluster) : nothing;
  }

  ranges({ filter, order, from, count, at }: Query<'ranges'>): RangesPage {
    if (!this.#scan) return { total: 0, runs: [], position: undefined };
    const runs = this.#runs(this.#scan, filter);
    return {
      total: runs.total,
      runs: [...runs.page(from, count, order)],
      position: at === undefined ? undefined : runs.positionOf(at, order),
    };
  }

  locate(image: MappableImage, { place }: Query<'locate'>): PlaceFound {
    return locate(image, place.type === 'selected-l2' ? this.#ofSelected(place) : place);
  }

  /** The entry of the selected table, or of the one by which the guest finds the selected cluster. */
  #ofSelected({ l2Index, selected }: SelectedEntry): Place {
    if (this.#scan && selected < this.#map.clusters)
      for (const owner of ownersOf(this.#scan, selected))
        if ((owner.type === 'l2-table' || owner.type === 'l2-entry') && !owner.snapshot)
          return { type: 'l2', l1Index: owner.l1Index, l2Index };
    throw new Error(`no active L2 table has to do with cluster ${countText(selected)}`);
  }

  #search(target: SearchTarget): RunIndex {
    const key = targetKey(target);
    const known = this.#searches.get(key);
    if (known) return known;
    if (!this.#scan && target.type !== 'kind')
      throw new Error('what is wrong is known when the scan is done');
    this.#beside ??= this.#scan ? besideMap(this.#scan) : NOTHING_BESIDE;
    const made = new RunIndex(this.#map, searchRule(target, this.#beside));
    // Until the scan is done the map changes.
    if (this.#scan) this.#searches.set(key, made);
    for (const [oldest] of this.#searches)
      if (this.#searches.size > KEPT) this.#searches.delete(oldest);
    return made;
  }

  #runs(scan: Scan, filter: RunFilter | undefined): FileRuns {
    const key = filter === undefined ? '' : targetKey(filter);
    if (this.#ranges?.key !== key) this.#ranges = { key, runs: new FileRuns(scan, filter) };
    return this.#ranges.runs;
  }

  #curve(name: CurveName): Curve {
    const known = this.#curves.get(name);
    if (known) return known;
    const made = createCurve(name, this.#map.clusters);
    this.#curves.set(name, made);
    return made;
  }
}
