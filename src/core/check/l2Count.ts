import type { Geometry } from '../qcow2/geometry.js';
import { KINDS_SHIFT, MANY, ONE_REFERENCE, REFERENCES_SHIFT } from '../map/cell.js';
import { CHUNK, CHUNK_BITS } from '../map/clusterMap.js';
import type { Counting } from './counting.js';
import { L2EntryCheck, type L2Words } from './l2EntryCheck.js';
import type { L2Place } from './tablePlace.js';
import { CLUSTER, L2Runs, ODD } from './plainRuns.js';
import type { References } from './references.js';
import { ScatteredCount, tablesPutAside } from './scatteredTables.js';
import type { StoredRefcounts } from './storedRefcounts.js';
import { TableTally } from './tableTally.js';

/** Pairs of neighbours in an L2 table that are looked at to guess how it is laid out. */
const PAIRS = 32;

/** Whether most entries refer to a cluster that does not follow the one before: a guess. */
export function isScattered(view: DataView, { l2Entries, clusterBits }: Geometry): boolean {
  let scattered = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    const at = Math.floor((pair * l2Entries) / PAIRS) * 8;
    const low = view.getUint32(at + 4);
    const next = view.getUint32(at + 12);
    if (low !== 0 && next !== 0 && next >>> clusterBits !== (low >>> clusterBits) + 1) scattered++;
  }
  return scattered > PAIRS / 2;
}

/** Reads L2 tables entry by entry into the map (check_refcounts_l2, check_oflag_copied). */
export class L2Walk {
  readonly tally: TableTally;
  readonly #geometry: Geometry;
  readonly #references: References;
  readonly #check: L2EntryCheck;
  readonly #runs: L2Runs;
  readonly #stored: StoredRefcounts;
  #scattered: ScatteredCount | undefined;
  /** References that a cell can still count without a look at the exact count. */
  readonly #full: number;

  constructor(counting: Counting) {
    const { geometry, references, stored } = counting;
    this.#geometry = geometry;
    this.#references = references;
    this.#stored = stored;
    this.tally = new TableTally(geometry);
    this.#check = new L2EntryCheck(counting, this.tally);
    this.#runs = new L2Runs(geometry);
    this.#full = Math.min(MANY - 1, references.max) << REFERENCES_SHIFT;
  }

  /** Walks the table whose bytes are in `view`; true if some of it has been put aside. */
  walk(view: DataView, place: L2Place): boolean {
    this.tally.startTable(place.active);
    if (!this.#isStandard) this.#walkExactly(view, place);
    else if (this.#putAside(view, place)) return true;
    else this.#walkFast(view, place);
    return false;
  }

  /** Walks a table and puts nothing of it aside. */
  walkInOrder(view: DataView, place: L2Place): void {
    this.flush();
    this.tally.startTable(place.active);
    if (this.#isStandard) this.#walkFast(view, place);
    else this.#walkExactly(view, place);
  }

  get #isStandard(): boolean {
    return !this.#geometry.extendedL2 && !this.#geometry.externalData;
  }

  /** Counts what has been put aside: to be done before anything that must come after it. */
  flush(): void {
    this.#scattered?.flush();
  }

  #walkExactly(view: DataView, place: L2Place): void {
    for (let index = 0; index < this.#geometry.l2Entries; index++)
      this.#check.check(this.#words(view, index), place);
  }

  #words(view: DataView, index: number): L2Words {
    const { l2EntrySize, extendedL2 } = this.#geometry;
    const at = index * l2EntrySize;
    return {
      index,
      high: view.getUint32(at),
      low: view.getUint32(at + 4),
      zeroes: extendedL2 ? view.getUint32(at + 8) : 0,
      allocated: extendedL2 ? view.getUint32(at + 12) : 0,
    };
  }

  /**
   * Standard entries: all are decoded into runs first, then counted. Short loops keep more of the
   * map's scattered cells on their way from memory at a time than a long one.
   */
  #walkFast(view: DataView, place: L2Place): void {
    const runs = this.#runs;
    runs.decode(view);
    if (runs.plain) this.tally.plainTable(runs.extent());
    this.flush();
    for (let from = 0; from < runs.count;) {
      // Up to the next odd entry, for which the tally must know of all before it.
      let to = from;
      while (to < runs.count && runs.firsts[to] !== ODD) {
        if (!runs.plain) this.tally.plainRun(runs.firsts[to] & CLUSTER, runs.lengths[to]);
        to++;
      }
      this.#count(view, place, from, to);
      if (to < runs.count) this.#check.check(this.#words(view, runs.indexes[to]), place);
      from = to + 1;
    }
  }

  /** Puts a table of scattered clusters aside, if that may be done. */
  #putAside(view: DataView, place: L2Place): boolean {
    const geometry = this.#geometry;
    if (tablesPutAside(geometry) === 0 || !isScattered(view, geometry) || !this.#mayPutAside())
      return false;
    this.#scattered ??= new ScatteredCount(geometry, this.#references, this.#check);
    const extent = this.#scattered.add(view, place);
    if (extent) this.tally.plainTable(extent);
    return extent !== undefined;
  }

  /** Whether it makes no difference in which order clusters are counted. */
  #mayPutAside(): boolean {
    return !this.#references.someMany && !this.#stored.someUnreadable;
  }

  /** One reference to each cluster of the runs [from, to). */
  #count(view: DataView, place: L2Place, from: number, to: number): void {
    const map = this.#references.map;
    const { firsts, lengths } = this.#runs;
    const kind = place.kind << KINDS_SHIFT;
    // Locals, since the engine does not fold constants of a module into a loop.
    const one = ONE_REFERENCE;
    const field = MANY << REFERENCES_SHIFT;
    const full = this.#full;
    const { checkCopied } = place;
    for (let run = from; run < to; run++) {
      const first = firsts[run] & 0x7fffffff;
      const end = first + lengths[run];
      const copied = firsts[run] < 0;
      for (let cluster = first; cluster < end;) {
        const index = cluster >>> CHUNK_BITS;
        const stop = Math.min(end, (index + 1) << CHUNK_BITS);
        const chunk = map.uniform(index);
        if (
          chunk >= 0 &&
          stop - cluster === CHUNK &&
          (chunk & field) < full &&
          !(checkCopied && ((chunk & 0xff) === 1) !== copied)
        ) {
          map.setUniform(index, (chunk + one) | kind);
          cluster = stop;
          continue;
        }
        const cells = map.writable(index);
        for (; cluster < stop; cluster++) {
          const cell = cells[cluster & (CHUNK - 1)];
          if ((cell & field) < full) cells[cluster & (CHUNK - 1)] = (cell + one) | kind;
          else this.#check.countExactly(this.#wordsOf(view, run, cluster), cluster, place);
          if (checkCopied && ((cell & 0xff) === 1) !== copied)
            this.#check.copied(this.#wordsOf(view, run, cluster), cluster, place);
        }
      }
    }
  }

  /** The entry for one cluster of a run. */
  #wordsOf(view: DataView, run: number, cluster: number): L2Words {
    const { firsts, indexes } = this.#runs;
    return this.#words(view, indexes[run] + cluster - (firsts[run] & CLUSTER));
  }

  /** Counts what a table that has been walked refers to so many times more. */
  repeat(view: DataView, kind: number, times: number): void {
    if (!this.#isStandard) {
      for (let index = 0; index < this.#geometry.l2Entries; index++)
        this.#check.repeat(this.#words(view, index), kind, times);
      return;
    }
    const runs = this.#runs;
    runs.decode(view);
    for (let run = 0; run < runs.count; run++)
      if (runs.firsts[run] === ODD)
        this.#check.repeat(this.#words(view, runs.indexes[run]), kind, times);
      else this.#repeatRun(runs.firsts[run] & CLUSTER, runs.lengths[run], kind, times);
  }

  #repeatRun(first: number, length: number, kind: number, times: number): void {
    const map = this.#references.map;
    const { clusterSize } = this.#geometry;
    const field = MANY << REFERENCES_SHIFT;
    const most = this.#full - times * ONE_REFERENCE;
    const more = most < 0 ? 0 : times * ONE_REFERENCE;
    const end = first + length;
    for (let cluster = first; cluster < end;) {
      const index = cluster >>> CHUNK_BITS;
      const stop = Math.min(end, (index + 1) << CHUNK_BITS);
      const chunk = map.uniform(index);
      if (chunk >= 0 && stop - cluster === CHUNK && (chunk & field) <= most) {
        map.setUniform(index, chunk + more);
        cluster = stop;
        continue;
      }
      const cells = map.writable(index);
      for (; cluster < stop; cluster++) {
        const cell = cells[cluster & (CHUNK - 1)];
        if ((cell & field) <= most) cells[cluster & (CHUNK - 1)] = cell + more;
        else this.#references.repeat(cluster * clusterSize, clusterSize, kind, times);
      }
    }
  }
}
