import { kindsOf, MANY, referencesOf, storedOf, type Cell } from '../map/cell.js';
import { type KindName, kindNames } from '../map/kinds.js';
import { describeOwner } from '../map/owner.js';
import { RunIndex, type RunRule } from '../map/runIndex.js';
import type { Scan } from '../check/scan.js';
import { matcher, NOTHING_BESIDE, type SearchTarget, surplusOf } from './search.js';
import { countText } from '../numbers.js';
import { type HostCluster, hostOffset, type HostOffset } from '../units.js';

/** Host clusters side by side that hold the same and are counted alike. */
export interface FileRun {
  readonly offset: HostOffset;
  readonly clusters: number;
  readonly types: readonly KindName[];
  /** Stored; a decimal string when it has more than 53 bits; undefined when it cannot be read. */
  readonly refcount: number | string | undefined;
  /** Counted. */
  readonly references: number;
  /** What of the types cannot be read, and why; undefined for most. */
  readonly unreadable?: readonly string[];
}

/** Unreadable things told of a run. */
const MAX_WORDS = 8;

/** Which runs are listed: those whose clusters all match. What single findings say cuts no run. */
export type RunFilter = Exclude<SearchTarget, { type: 'corruption' }>;

/** In which order runs are listed: as they lie in the file, or the longest first. */
export type RunOrder = 'place' | 'size';

/** More would keep whoever asks waiting. */
const MAX_SORTED = 2 ** 18;

/** The whole file as runs; or those of a kind. */
export class FileRuns {
  readonly #scan: Scan;
  readonly #index: RunIndex;
  /** By position among the longest: the cluster where the run starts. */
  #longest: Float64Array | undefined;

  constructor(scan: Scan, filter?: RunFilter) {
    this.#scan = scan;
    this.#index = new RunIndex(scan.map, runRule(scan, filter));
  }

  get total(): number {
    return this.#index.total;
  }

  /** The runs from number `from` on, `count` at most. Throws when there are too many to sort. */
  *page(from: number, count: number, order: RunOrder = 'place'): Generator<FileRun> {
    if (order === 'size') {
      for (const start of this.#sorted().subarray(from, from + count)) yield this.#run(start);
      return;
    }
    let left = count;
    for (const start of this.#index.starts(from)) {
      if (left-- <= 0) return;
      yield this.#run(start);
    }
  }

  /** The number of the run that a cluster lies in, or of the last one before it; undefined before all. */
  positionOf(cluster: HostCluster, order: RunOrder = 'place'): number | undefined {
    const run = this.#index.before(cluster + 1);
    return run && order === 'size' ? this.#sorted().indexOf(run.cluster) : run?.position;
  }

  #sorted(): Float64Array {
    const { total } = this.#index;
    if (total > MAX_SORTED)
      throw new Error(
        `${countText(total)} ranges are too many to sort by size: list those of one kind`,
      );
    return (this.#longest ??= longestFirst(this.#index));
  }

  #run(cluster: number): FileRun {
    const { image, map } = this.#scan;
    const { refcount, references } = countsOf(this.#scan, cluster);
    return {
      offset: hostOffset(cluster * image.geometry.clusterSize),
      clusters: this.#index.length(cluster),
      types: kindNames(kindsOf(map.cell(cluster))),
      refcount,
      references,
      ...unreadableIn(this.#scan, cluster),
    };
  }
}

/** Where the runs start, the longest first; those of one length as they lie in the file. */
function longestFirst(index: RunIndex): Float64Array {
  const starts = Float64Array.from(index.starts(0));
  const lengths = starts.map((start) => index.length(start));
  const positions = Uint32Array.from(starts.keys());
  positions.sort((a, b) => lengths[b] - lengths[a] || a - b);
  return Float64Array.from(positions, (position) => starts[position]);
}

/** What there is in a cluster that cannot be read, in words. */
function unreadableIn({ claims }: Scan, cluster: number): Pick<FileRun, 'unreadable'> {
  const words = claims.list
    .filter(({ first, last }) => first <= cluster && cluster <= last)
    .map(({ owner }) => describeOwner(owner));
  return words.length === 0 ? {} : { unreadable: [...new Set(words)].slice(0, MAX_WORDS) };
}

/** The whole file as runs, up to its end. */
export function* fileRuns(scan: Scan): Generator<FileRun> {
  const runs = new FileRuns(scan);
  yield* runs.page(0, runs.total);
}

function runRule(scan: Scan, filter: RunFilter | undefined): RunRule {
  const { stored, claims } = scan;
  /** Cells alike say all, but for counts that did not fit and refcounts that cannot be read. */
  const saysAll = (cell: Cell): boolean =>
    referencesOf(cell) < MANY && storedOf(cell) < MANY && !stored.someUnreadable;
  // Cells are not negative; what they cannot tell is, with one number more whenever it changes.
  let last = { key: '', number: 0 };
  const exactClass = (cell: Cell, cluster: number): number => {
    const { refcount, references } = countsOf(scan, cluster);
    const key = `${kindsOf(cell)} ${refcount ?? ''} ${references} ${claims.borders(cluster)}`;
    if (key !== last.key) last = { key, number: last.number - 1 };
    return last.number;
  };
  const matches = filter && matcher(filter, { ...NOTHING_BESIDE, surplus: surplusOf(scan) });
  return {
    isPlain: (cell, from, to) => saysAll(cell) && !claims.touches(from, to),
    classOf: (cell, cluster) =>
      saysAll(cell) && !claims.touches(cluster, cluster + 1) ? cell : exactClass(cell, cluster),
    counts: (_, cell, cluster) => matches?.(cell, cluster) ?? true,
  };
}

/** The counts of one cluster, exact. */
function countsOf(
  { map, stored, references }: Scan,
  cluster: number,
): Pick<FileRun, 'refcount' | 'references'> {
  const cell = map.cell(cluster);
  const refcountOf = (): FileRun['refcount'] => {
    if (storedOf(cell) < MANY && !stored.someUnreadable) return storedOf(cell);
    const exact = stored.exact(cluster);
    if (exact === undefined) return undefined;
    return exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : exact.toString();
  };
  return {
    refcount: refcountOf(),
    references: referencesOf(cell) < MANY ? referencesOf(cell) : references.exact(cluster),
  };
}
