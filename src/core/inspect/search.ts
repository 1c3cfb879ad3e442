import { claimedTwice, kindsOf, MANY, referencesOf, storedOf, type Cell } from '../map/cell.js';
import { KINDS, type KindName } from '../map/kinds.js';
import type { RunRule } from '../map/runIndex.js';
import type { Scan } from '../check/scan.js';

/** What can be looked for on the map. */
export type SearchTarget =
  | { readonly type: 'kind'; readonly kind: KindName }
  | { readonly type: 'claimed-twice' }
  | { readonly type: 'leak' }
  | { readonly type: 'too-low' }
  /** Claimed twice, or with a refcount that is not the references counted. */
  | { readonly type: 'wrong' }
  /** All that counts as a corruption or an error: refcounts too low, and findings about entries. */
  | { readonly type: 'corruption' };

/** One name for each target. */
export const targetKey = (target: SearchTarget): string =>
  target.type === 'kind' ? target.kind : target.type;

/** What is known beside the map. */
export interface BesideMap {
  /** The stored refcount less the references counted, for counts that do not fit a cell. */
  readonly surplus: (cluster: number) => -1 | 0 | 1;
  /** Clusters with a corruption or an error that their cells do not tell, ascending. */
  readonly corrupt: Int32Array;
}

/** Before the scan is done nothing is. */
export const NOTHING_BESIDE: BesideMap = { surplus: () => 0, corrupt: new Int32Array(0) };

/** Clusters side by side that match are one run; a run is what a search finds. */
export function searchRule(target: SearchTarget, beside: BesideMap): RunRule {
  const matches = matcher(target, beside);
  const { corrupt } = beside;
  const isWhole = target.type === 'kind' || target.type === 'claimed-twice';
  return {
    isPlain: (cell, from, to) =>
      isWhole ||
      (!isUncertain(cell) && (target.type !== 'corruption' || !hasOneIn(corrupt, from, to))),
    classOf: (cell, cluster) => (matches(cell, cluster) ? 1 : 0),
    counts: (runClass) => runClass === 1,
  };
}

type Matcher = (cell: Cell, cluster: number) => boolean;

/** Whether a cluster is one of those looked for. */
export function matcher(target: SearchTarget, { surplus, corrupt }: BesideMap): Matcher {
  const difference: Matcher = (cell, cluster) =>
    isUncertain(cell) ? surplus(cluster) < 0 : storedOf(cell) < referencesOf(cell);
  switch (target.type) {
    case 'kind': {
      const { kind } = target;
      if (kind === 'unallocated') return (cell) => kindsOf(cell) === 0;
      const bit = 1 << KINDS.indexOf(kind);
      return (cell) => (kindsOf(cell) & bit) !== 0;
    }
    case 'claimed-twice':
      return claimedTwice;
    case 'leak':
      return (cell, cluster) =>
        isUncertain(cell) ? surplus(cluster) > 0 : storedOf(cell) > referencesOf(cell);
    case 'too-low':
      return difference;
    case 'wrong':
      return (cell, cluster) =>
        claimedTwice(cell) ||
        (isUncertain(cell) ? surplus(cluster) !== 0 : storedOf(cell) !== referencesOf(cell));
    case 'corruption':
      return (cell, cluster) =>
        difference(cell, cluster) || hasOneIn(corrupt, cluster, cluster + 1);
  }
}

/** Both counts are beyond what a cell can tell. */
const isUncertain = (cell: Cell): boolean => storedOf(cell) === MANY && referencesOf(cell) === MANY;

/** Whether ascending numbers have one in [from, to). */
function hasOneIn(numbers: Int32Array, from: number, to: number): boolean {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle] < from) low = middle + 1;
    else high = middle;
  }
  return low < numbers.length && numbers[low] < to;
}

/** What a finished scan knows beside its map. */
export function besideMap(scan: Scan): BesideMap {
  const { findings, copiedFindings, image, map } = scan;
  const corrupt = new Set<number>();
  for (const { severity, cluster, owner } of [...findings.kept, ...copiedFindings.kept]) {
    if (severity !== 'corruption' && severity !== 'error') continue;
    if (cluster < map.clusters) corrupt.add(cluster);
    // What points past the end of the file is wrong where it stands.
    else if (owner && 'entryOffset' in owner)
      corrupt.add(Math.floor(owner.entryOffset / image.geometry.clusterSize));
  }
  return { surplus: surplusOf(scan), corrupt: Int32Array.from(corrupt).sort() };
}

export const surplusOf =
  ({ comparison }: Scan): BesideMap['surplus'] =>
  (cluster) => {
    const code = comparison.finding(cluster)?.code;
    return code === 'leak' ? 1 : code === undefined ? 0 : -1;
  };
