import { kindsOf, referencesOf } from '../layout/cell.js';
import { BIT, GUARDED_KINDS } from '../layout/kinds.js';
import type { TypeSet } from '../overlap/types.js';
import type { Claims } from './claims.js';
import type { Written } from './outcome.js';

/** What lay where a write was done that had no business there. Bytes of the host file. */
export interface Loss {
  readonly offset: number;
  readonly size: number;
  /** Kinds (see layout/kinds.ts) of what is lost; the writer's own only if another claims it. */
  readonly kinds: number;
}

/** Data of the guest. All other kinds are structures of the image: metadata. */
export const GUEST_DATA = BIT.data | BIT.compressed | BIT.vmState;

const GUARDED = 2 ** GUARDED_KINDS - 1;
const ANY_L2 = BIT.activeL2 | BIT.inactiveL2;

/** The kind of what a write puts into the file. */
const OWN: Readonly<Record<Written, number>> = {
  'guest data': BIT.data,
  'compressed data': BIT.compressed,
  'zeroed area': BIT.data,
  'copy on write': BIT.data,
  hole: 0,
  header: BIT.mainHeader,
  'header field': BIT.mainHeader,
  'L1 entry': BIT.activeL1,
  'L1 table': BIT.activeL1,
  'L2 slice': ANY_L2,
  'L2 table': ANY_L2,
  'refcount block': BIT.refcountBlock,
  'refcount table entry': BIT.refcountTable,
  'refcount table': BIT.refcountTable,
  'snapshot table': BIT.snapshotTable,
  'snapshot L1 table': BIT.inactiveL1,
  'bitmap directory': BIT.bitmapDirectory,
  'bitmap table': BIT.bitmapTable,
  'bitmap data': BIT.bitmapData,
  'external data': 0,
};

const NOTHING: readonly Loss[] = [];

/** Tells what writes destroy: guarded tables, and what no check guards, such as another guest cluster. */
export class LossFinder {
  readonly #claims: Claims | undefined;
  readonly #clusterSize: number;
  readonly #hits: (ignore: TypeSet, offset: number, size: number) => TypeSet;

  /**
   * @param claims undefined where no map is known: then only guarded tables are told
   * @param hits the guarded tables in a range of bytes, as they are now
   */
  constructor(
    claims: Claims | undefined,
    clusterSize: number,
    hits: (ignore: TypeSet, offset: number, size: number) => TypeSet,
  ) {
    this.#claims = claims;
    this.#clusterSize = clusterSize;
    this.#hits = hits;
  }

  /** What a write of `size` bytes loses. `hits`: guarded types in its way, but for `ignore`. */
  find(
    what: Written,
    ignore: TypeSet,
    offset: number,
    size: number,
    hits: TypeSet,
  ): readonly Loss[] {
    const losses: Loss[] = [];
    let clean = hits === 0;
    const end = offset + size;
    for (let from = offset; from < end;) {
      const cluster = Math.floor(from / this.#clusterSize);
      const to = Math.min(end, (cluster + 1) * this.#clusterSize);
      const found = hits === 0 ? 0 : this.#hits(ignore, from, to - from);
      const kinds = found | this.#claimed(what, cluster, found);
      if (kinds !== 0) {
        clean = false;
        const last = losses.at(-1);
        if (last?.kinds === kinds && last.offset + last.size === from)
          losses[losses.length - 1] = { ...last, size: last.size + to - from };
        else losses.push({ offset: from, size: to - from, kinds });
      }
      from = to;
    }
    return clean ? NOTHING : losses;
  }

  /** What others claim in a cluster, beside the guarded types `found` in it. */
  #claimed(what: Written, cluster: number, found: TypeSet): number {
    if (!this.#claims) return 0;
    const cell = this.#claims.cell(cluster);
    const kinds = kindsOf(cell);
    const own = (kinds & OWN[what]) !== 0;
    if (referencesOf(cell) - +own <= 0) return 0;
    // Compressed data lie side by side.
    if (
      what === 'compressed data' &&
      kinds === BIT.compressed &&
      !this.#claims.isPackedOver(cluster)
    )
      return 0;
    const foreign = kinds & ~GUARDED & ~OWN[what];
    if (found !== 0 || foreign !== 0) return foreign;
    return this.#asItIs(kinds & ~OWN[what] || kinds, cluster);
  }

  /** An L2 table that the active disk has left is a snapshot's now. */
  #asItIs(kinds: number, cluster: number): number {
    if ((kinds & BIT.activeL2) === 0) return kinds;
    const start = cluster * this.#clusterSize;
    const isActive =
      (this.#hits(GUARDED & ~BIT.activeL2, start, this.#clusterSize) & BIT.activeL2) !== 0;
    return isActive ? kinds : (kinds & ~BIT.activeL2) | BIT.inactiveL2;
  }
}
