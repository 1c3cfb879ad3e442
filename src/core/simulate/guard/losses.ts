import { kindsOf, referencesOf } from '../../map/cell.js';
import { ANY_GUARDED, ANY_L2, BIT } from '../../map/kinds.js';
import type { TypeSet } from '../../overlap/types.js';
import { COPIED } from '../../qcow2/l2Entry.js';
import { viewOf } from '../../bytes.js';
import type { Claims } from './claims.js';
import { Unpredictable } from '../copy/failure.js';
import type { Sizes } from '../copy/sizes.js';
import type { Guard } from './guard.js';
import type { Loss, WriteKind } from '../copy/outcome.js';
import { lengthOf, type Overlay, type Part } from '../copy/overlay.js';

/** The kind of what a write puts into the file. */
const OWN: Readonly<Record<WriteKind, number>> = {
  'guest data': BIT.data,
  'compressed data': BIT.compressed,
  'zeroed area': BIT.data,
  'copy on write': BIT.data,
  hole: 0,
  'hole in kept data': BIT.data,
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
  readonly #guard: Guard;
  readonly #overlay: Overlay;
  readonly #clusterSize: number;
  readonly #l2EntrySize: number;

  /** @param claims undefined where no map is known: then only guarded tables are told */
  constructor(
    claims: Claims | undefined,
    guard: Guard,
    overlay: Overlay,
    { clusterSize, l2EntrySize }: Sizes,
  ) {
    this.#claims = claims;
    this.#guard = guard;
    this.#overlay = overlay;
    this.#clusterSize = clusterSize;
    this.#l2EntrySize = l2EntrySize;
  }

  /** What a write of these parts loses. `hits`: guarded types in its way, but for `ignore`. */
  find(
    what: WriteKind,
    ignore: TypeSet,
    offset: number,
    parts: readonly Part[],
    hits: TypeSet,
  ): readonly Loss[] {
    const losses: Loss[] = [];
    let clean = hits === 0;
    const end = offset + lengthOf(parts);
    for (let from = offset; from < end;) {
      const cluster = Math.floor(from / this.#clusterSize);
      const to = Math.min(end, (cluster + 1) * this.#clusterSize);
      const found = hits === 0 ? 0 : this.#guard.hits(ignore, from, to - from);
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
    if (clean || (what === 'L2 slice' && this.#isFair(losses, offset, parts))) return NOTHING;
    return losses;
  }

  /** Whoever shares an L2 table loses nothing when its entries say the same but for COPIED. */
  #isFair(losses: readonly Loss[], offset: number, parts: readonly Part[]): boolean {
    if (losses.some(({ kinds }) => (kinds & ~ANY_L2) !== 0)) return false;
    if (this.#claims?.isSharing) return true;
    const [{ length, content }] = parts;
    if (content.kind !== 'bytes') return false;
    const old = new Uint8Array(length);
    try {
      this.#overlay.readInto(old, offset);
    } catch (error) {
      if (error instanceof Unpredictable) return false;
      throw error;
    }
    const [was, is] = [viewOf(old), viewOf(content.bytes)];
    for (let at = 0; at < length; at += 4) {
      const change = was.getUint32(at) ^ is.getUint32(at);
      // With extended L2 a bitmap follows each entry, and has no flags.
      const flags = at % this.#l2EntrySize === 0 ? COPIED : 0;
      if ((change & ~flags) !== 0) return false;
    }
    return true;
  }

  /** What others claim in a cluster, beside the guarded types `found` in it. */
  #claimed(what: WriteKind, cluster: number, found: TypeSet): number {
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
    const foreign = kinds & ~ANY_GUARDED & ~OWN[what];
    if (found !== 0 || foreign !== 0) return foreign;
    return this.#asItIs(kinds & ~OWN[what] || kinds, cluster);
  }

  /** An L2 table that the active disk has left is a snapshot's now. */
  #asItIs(kinds: number, cluster: number): number {
    if ((kinds & BIT.activeL2) === 0) return kinds;
    const start = cluster * this.#clusterSize;
    const isActive =
      (this.#guard.hits(ANY_GUARDED & ~BIT.activeL2, start, this.#clusterSize) & BIT.activeL2) !==
      0;
    return isActive ? kinds : (kinds & ~BIT.activeL2) | BIT.inactiveL2;
  }
}
