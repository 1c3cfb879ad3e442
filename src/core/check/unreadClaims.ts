import { BIT } from '../map/kinds.js';
import type { Owner } from '../map/owner.js';
import type { Bitmap } from '../qcow2/bitmapDirectory.js';
import type { References } from './references.js';

/** A pointer to a structure that cannot be read. Clusters of the file, the last one included. */
export interface UnreadClaim {
  readonly owner: Owner;
  readonly first: number;
  readonly last: number;
}

/** Claims kept: a hostile image may have one for each snapshot and each refcount block. */
const MAX_CLAIMS = 2 ** 17;

/** No structure is longer; one that says so is not believed. */
const MAX_BYTES = 2 ** 25;

const BIT_OF = {
  'l1-table': BIT.inactiveL1,
  'refcount-table': BIT.refcountTable,
  'refcount-block': BIT.refcountBlock,
  'snapshot-table': BIT.snapshotTable,
  'bitmap-directory': BIT.bitmapDirectory,
  'bitmap-table': BIT.bitmapTable,
  'bitmap-data': BIT.bitmapData,
  'crypto-header': BIT.cryptoHeader,
} as const;

/** An owner that may be unreadable, which says why. */
export type UnreadOwner = Extract<Owner, { readonly type: keyof typeof BIT_OF }> & {
  readonly unreadable: string;
};

/**
 * What the header, an extension or a directory points to and nobody can read: QEMU counts no
 * reference there, or gives up, but the clusters are claimed all the same.
 */
export class UnreadClaims {
  readonly #references: References;
  readonly #clusterSize: number;
  readonly #hostClusters: number;
  readonly #list: UnreadClaim[] = [];
  readonly #keys = new Set<string>();

  constructor(
    references: References,
    geometry: { readonly clusterSize: number; readonly hostClusters: number },
  ) {
    this.#references = references;
    this.#clusterSize = geometry.clusterSize;
    this.#hostClusters = geometry.hostClusters;
  }

  /** Where claims begin and where they have ended, ascending, with how many do so before. */
  #sorted: { readonly firsts: Int32Array; readonly ends: Int32Array } | undefined;

  /** A bitmap's table. */
  addBitmapTable({ name, tableOffset, tableSize }: Bitmap, unreadable: string): void {
    const owner = { type: 'bitmap-table', bitmap: name, unreadable } as const;
    this.add(owner, tableOffset, tableSize * 8);
  }

  /** Whether something in the clusters [from, to) cannot be read. */
  touches(from: number, to: number): boolean {
    if (this.#list.length === 0) return false;
    const { firsts, ends } = this.#borders();
    return below(firsts, to) > below(ends, from + 1);
  }

  /** The same for clusters side by side that are in the same claims. */
  borders(cluster: number): string {
    if (!this.touches(cluster, cluster + 1)) return '';
    const { firsts, ends } = this.#borders();
    return `${below(firsts, cluster + 1)} ${below(ends, cluster + 1)}`;
  }

  #borders(): { readonly firsts: Int32Array; readonly ends: Int32Array } {
    this.#sorted ??= {
      firsts: Int32Array.from(this.#list, ({ first }) => first).sort(),
      ends: Int32Array.from(this.#list, ({ last }) => last + 1).sort(),
    };
    return this.#sorted;
  }

  get list(): readonly UnreadClaim[] {
    return this.#list;
  }

  /** Whether this is one of the owners that cannot be read. */
  has(owner: Owner): boolean {
    return this.#keys.size > 0 && this.#keys.has(keyOf(owner));
  }

  /** `size`: bytes, of which one cluster is claimed at least, and no more if they are too many. */
  add(owner: UnreadOwner, offset: number | bigint, size: number): void {
    const start = Number(offset);
    const first = Math.floor(start / this.#clusterSize);
    if (start === 0 || first >= this.#hostClusters || this.#list.length === MAX_CLAIMS) return;
    const bytes = size > MAX_BYTES ? 1 : Math.max(1, size);
    const last = Math.floor((start + bytes - 1) / this.#clusterSize);
    const bit = owner.type === 'l1-table' && !owner.snapshot ? BIT.activeL1 : BIT_OF[owner.type];
    this.#references.claim(start, bytes, bit);
    this.#sorted = undefined;
    this.#keys.add(keyOf(owner));
    this.#list.push({ owner, first, last: Math.min(last, this.#hostClusters - 1) });
  }
}

function keyOf(owner: Owner): string {
  const of = 'snapshot' in owner && owner.snapshot ? owner.snapshot.index : '';
  const index = 'index' in owner ? owner.index : '';
  return `${owner.type} ${of} ${index} ${'bitmap' in owner ? owner.bitmap : ''}`;
}

/** How many of ascending numbers are below one. */
function below(numbers: Int32Array, limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
