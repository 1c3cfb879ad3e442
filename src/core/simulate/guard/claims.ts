import { type Cell, KINDS_SHIFT, MANY, ONE_REFERENCE, referencesOf } from '../../map/cell.js';
import { CHUNK, CHUNK_BITS, type ClusterMap } from '../../map/clusterMap.js';
import { BIT } from '../../map/kinds.js';
import type { AllocationKind } from '../copy/outcome.js';

const BIT_OF: Readonly<Record<AllocationKind, number>> = {
  data: BIT.data,
  compressed: BIT.compressed,
  'active-l2': BIT.activeL2,
  'refcount-block': BIT.refcountBlock,
  'refcount-table': BIT.refcountTable,
  'snapshot-table': BIT.snapshotTable,
  'inactive-l1': BIT.inactiveL1,
  'bitmap-directory': BIT.bitmapDirectory,
  'bitmap-table': BIT.bitmapTable,
  'bitmap-data': BIT.bitmapData,
};

/**
 * Who claims each host cluster while operations run: at first whoever refers to it in the untouched
 * image. QEMU raises a refcount for each reference that it makes, and lowers one for each that it
 * gives up: claims follow these changes, whatever the refcounts themselves say.
 */
export class Claims {
  /** A snapshot is being made: what is written to the L2 tables that it shares is what it is to have. */
  isSharing = false;
  #map: ClusterMap;
  /** Cells of the chunks that have changed, by index; their stored refcounts mean nothing. */
  readonly #chunks = new Map<number, Uint32Array>();
  #last: { readonly index: number; readonly cells: Uint32Array } | undefined;
  /** Clusters taken for compressed data, and whether somebody claimed them already. */
  readonly #packed = new Map<number, boolean>();

  /** @param map of the untouched image */
  constructor(map: ClusterMap) {
    this.#map = map;
  }

  /** A repair has gone over the image: from now on its own references count. */
  renew(map: ClusterMap): void {
    this.#map = map;
    this.#chunks.clear();
    this.#packed.clear();
    this.#last = undefined;
  }

  /** Kinds and references as they are now. */
  cell(cluster: number): Cell {
    const cells = this.#chunks.get(Math.floor(cluster / CHUNK));
    return cells ? cells[cluster % CHUNK] : this.#base(cluster);
  }

  /** A reference to a cluster is made. */
  take(cluster: number): void {
    const cells = this.#writable(cluster);
    const at = cluster % CHUNK;
    if (referencesOf(cells[at]) < MANY) cells[at] += ONE_REFERENCE;
  }

  /** A reference is given up. A cluster that nobody claims any more is of no kind. */
  drop(cluster: number): void {
    const cells = this.#writable(cluster);
    const at = cluster % CHUNK;
    const references = referencesOf(cells[at]);
    if (references === 0 || references === MANY) return;
    cells[at] = references === 1 ? 0 : cells[at] - ONE_REFERENCE;
    if (references === 1) this.#packed.delete(cluster);
  }

  /** What a cluster was taken for. */
  name(kind: AllocationKind, cluster: number): void {
    const cells = this.#writable(cluster);
    const at = cluster % CHUNK;
    if (kind === 'compressed' && !this.#packed.has(cluster))
      this.#packed.set(cluster, referencesOf(cells[at]) > 1);
    cells[at] |= BIT_OF[kind] << KINDS_SHIFT;
  }

  /** Whether compressed data lie there that are none of those written since. */
  isPackedOver(cluster: number): boolean {
    return this.#packed.get(cluster) ?? true;
  }

  #base(cluster: number): Cell {
    return cluster < this.#map.clusters ? this.#map.cell(cluster) : 0;
  }

  #writable(cluster: number): Uint32Array {
    const index = Math.floor(cluster / CHUNK);
    if (this.#last?.index === index) return this.#last.cells;
    let cells = this.#chunks.get(index);
    if (!cells) {
      cells = this.#copy(index);
      this.#chunks.set(index, cells);
    }
    this.#last = { index, cells };
    return cells;
  }

  #copy(index: number): Uint32Array {
    const cells = new Uint32Array(CHUNK);
    const first = index << CHUNK_BITS;
    if (index >= this.#map.chunkCount) return cells;
    const chunk = this.#map.chunk(index);
    if (typeof chunk === 'number') cells.fill(chunk);
    else cells.set(chunk);
    const end = this.#map.clusters - first;
    if (end < CHUNK) cells.fill(0, Math.max(0, end));
    return cells;
  }
}
