import type { Layout } from '../qcow2/layout.js';
import { KINDS_SHIFT, MANY, ONE_REFERENCE, REFERENCES_SHIFT } from './cell.js';
import type { FindingList } from './findingList.js';
import { L2EntryCheck, type L2Words } from './l2EntryCheck.js';
import type { L2Place } from './l2Place.js';
import { CLUSTER, L2Runs, ODD } from './l2Runs.js';
import type { References } from './references.js';
import type { StoredRefcounts } from './storedRefcounts.js';
import { TableTally } from './tableTally.js';

const NO_CELLS = new Uint32Array(0);

/** Reads L2 tables entry by entry into the map (check_refcounts_l2, check_oflag_copied). */
export class L2Walk {
  readonly tally: TableTally;
  readonly #layout: Layout;
  readonly #references: References;
  readonly #check: L2EntryCheck;
  readonly #runs: L2Runs;
  /** References that a cell can still count without a look at the exact count. */
  readonly #full: number;

  constructor(
    layout: Layout,
    references: References,
    stored: StoredRefcounts,
    findings: FindingList,
    copiedFindings: FindingList,
  ) {
    this.#layout = layout;
    this.#references = references;
    this.tally = new TableTally(layout);
    this.#check = new L2EntryCheck(
      layout,
      references,
      stored,
      findings,
      copiedFindings,
      this.tally,
    );
    this.#runs = new L2Runs(layout);
    this.#full = Math.min(MANY - 1, references.max) << REFERENCES_SHIFT;
  }

  /** Walks the table whose bytes are in `view`. */
  walk(view: DataView, place: L2Place): void {
    this.tally.startTable(place.active);
    if (this.#layout.extendedL2 || this.#layout.externalData) this.#walkExactly(view, place);
    else this.#walkFast(view, place);
  }

  #walkExactly(view: DataView, place: L2Place): void {
    for (let index = 0; index < this.#layout.l2Entries; index++)
      this.#check.check(this.#words(view, index), place);
  }

  #words(view: DataView, index: number): L2Words {
    const { l2EntrySize, extendedL2 } = this.#layout;
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
    if (runs.plain) this.tally.plainTable(runs);
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
    let cells: Uint32Array = NO_CELLS;
    let chunk = -1;
    for (let run = from; run < to; run++) {
      const first = firsts[run] & 0x7fffffff;
      const end = first + lengths[run];
      const copied = firsts[run] < 0;
      for (let cluster = first; cluster < end; cluster++) {
        if (cluster >>> 16 !== chunk) {
          chunk = cluster >>> 16;
          cells = map.writable(chunk);
        }
        const cell = cells[cluster & 0xffff];
        if ((cell & field) < full) cells[cluster & 0xffff] = (cell + one) | kind;
        else this.#check.countExactly(this.#wordsOf(view, run, cluster), cluster, place);
        if (checkCopied && ((cell & 0xff) === 1) !== copied)
          this.#check.copied(this.#wordsOf(view, run, cluster), cluster, place);
      }
    }
  }

  /** The entry for one cluster of a run. */
  #wordsOf(view: DataView, run: number, cluster: number): L2Words {
    const { firsts, indexes } = this.#runs;
    return this.#words(view, indexes[run] + cluster - (firsts[run] & CLUSTER));
  }

  /** Counts a table that has been walked and is plain `times` more, for as many snapshots. */
  repeat(view: DataView, kind: number, times: number): void {
    const runs = this.#runs;
    runs.decode(view);
    const map = this.#references.map;
    const { clusterSize } = this.#layout;
    const field = MANY << REFERENCES_SHIFT;
    const more = times * ONE_REFERENCE;
    const full = this.#full;
    let cells: Uint32Array = NO_CELLS;
    let chunk = -1;
    for (let run = 0; run < runs.count; run++) {
      const first = runs.firsts[run] & 0x7fffffff;
      const end = first + runs.lengths[run];
      for (let cluster = first; cluster < end; cluster++) {
        if (cluster >>> 16 !== chunk) {
          chunk = cluster >>> 16;
          cells = map.writable(chunk);
        }
        const cell = cells[cluster & 0xffff];
        if ((cell & field) + more <= full) cells[cluster & 0xffff] = cell + more;
        else
          for (let time = 0; time < times; time++)
            this.#references.count(cluster * clusterSize, clusterSize, kind, undefined);
      }
    }
  }
}
