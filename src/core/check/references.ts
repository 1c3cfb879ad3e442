import type { Geometry } from '../qcow2/geometry.js';
import { hex } from '../bytes.js';
import { KINDS_SHIFT, MANY, ONE_REFERENCE, REFERENCES_SHIFT, referencesOf } from '../map/cell.js';
import { CHUNK, CHUNK_BITS, type ClusterMap } from '../map/clusterMap.js';
import type { Budget } from '../map/budget.js';
import type { FindingList } from './findingList.js';
import { GUEST_DATA } from '../map/kinds.js';
import type { Owner } from '../map/owner.js';

const OVERFLOW_ADVICE =
  'Use qemu-img amend to increase the refcount entry width or qemu-img convert to create a clean ' +
  'copy if the image cannot be opened for writing';

/** Says who refers to something, when somebody wants to know: most are never asked for. */
export type TellOwner = () => Owner;

/** Bytes of an exact count. */
export const MANY_BYTES = 48;

/** References counted on the map, at the image's own refcount width (qcow2_inc_refcounts_imrt). */
export class References {
  readonly map: ClusterMap;
  /** The largest count that the image's refcounts can hold. */
  readonly max: number;
  readonly #geometry: Geometry;
  readonly #findings: FindingList;
  readonly #budget: Budget;
  /** Counts that do not fit a cell. */
  readonly #many = new Map<number, number>();
  #beyond = false;

  constructor(map: ClusterMap, geometry: Geometry, findings: FindingList, budget: Budget) {
    this.map = map;
    this.#budget = budget;
    this.#geometry = geometry;
    this.#findings = findings;
    this.max = 2 ** geometry.refcountBits - 1;
  }

  /** Clusters to compare: those of the file, and one behind them if something touches it. */
  get clusters(): number {
    return this.#geometry.hostClusters + (this.#beyond ? 1 : 0);
  }

  /** Some count does not fit its cell. */
  get someMany(): boolean {
    return this.#many.size > 0;
  }

  /** The exact count of a cluster. */
  exact(cluster: number): number {
    const references = referencesOf(this.map.cell(cluster));
    return references === MANY ? (this.#many.get(cluster) ?? MANY) : references;
  }

  /**
   * Counts a reference on every cluster that [offset, offset + size) touches, and notes what they
   * hold. A region that ends a cluster or more past the end of the file is a corruption and not
   * counted. `offsetText` spells an offset too large for a number. False when QEMU would want
   * more memory for its counts than there is, and give up.
   */
  count(
    offset: number,
    size: number,
    kinds: number,
    owner: TellOwner | undefined,
    offsetText?: string,
  ): boolean {
    if (size <= 0) return true;
    const { clusterSize } = this.#geometry;
    if (this.#isPastEnd(offset, size, offsetText)) {
      this.#findings.addCorruption('past-end', 1, () => ({
        offset,
        cluster: Math.floor(offset / clusterSize),
        message:
          'ERROR: counting reference for region exceeding the end of the file by one cluster or ' +
          `more: offset 0x${offsetText ?? offset.toString(16)} size ${hex(size)}`,
        owner: owner?.(),
      }));
      if ((kinds & GUEST_DATA) === 0) this.claim(offset, size, kinds);
      return true;
    }
    if (offset >= 2 ** 63) return false;
    const last = Math.floor((offset + size - 1) / clusterSize);
    for (let cluster = Math.floor(offset / clusterSize); cluster <= last; cluster++)
      this.#countCluster(cluster, kinds, 1, owner);
    return true;
  }

  /** Counts a region that has been counted so many times more; that it is past the end is known. */
  repeat(offset: number, size: number, kinds: number, times: number): void {
    if (size <= 0 || offset >= 2 ** 62 || this.#isPastEnd(offset, size)) return;
    const { clusterSize } = this.#geometry;
    const last = Math.floor((offset + size - 1) / clusterSize);
    for (let cluster = Math.floor(offset / clusterSize); cluster <= last; cluster++)
      this.#countCluster(cluster, kinds, times, undefined);
  }

  /** Notes what the clusters of a region are meant to hold, where QEMU does not count it. */
  claim(offset: number, size: number, kinds: number): void {
    const { hostClusters, clusterSize } = this.#geometry;
    const end = Math.min(hostClusters, Math.ceil((offset + size) / clusterSize));
    for (let cluster = Math.floor(offset / clusterSize); cluster < end; cluster++)
      this.map.writable(cluster >>> CHUNK_BITS)[cluster & (CHUNK - 1)] |= kinds << KINDS_SHIFT;
  }

  /** QEMU's sum is one of signed 64-bit numbers, and wraps. */
  #isPastEnd(offset: number, size: number, offsetText?: string): boolean {
    const { clusterSize, fileSize } = this.#geometry;
    if (offset < 2 ** 62) return offset + size - fileSize >= clusterSize;
    const exact = offsetText === undefined ? BigInt(offset) : BigInt(`0x${offsetText}`);
    const behind = exact + BigInt(size) - BigInt(fileSize);
    return BigInt.asIntN(64, behind) >= BigInt(clusterSize);
  }

  #countCluster(cluster: number, kinds: number, times: number, owner: TellOwner | undefined): void {
    const { hostClusters, clusterSize } = this.#geometry;
    if (cluster >= hostClusters) this.#beyond = true;
    const cells = this.map.writable(cluster >>> CHUNK_BITS);
    const index = cluster & (CHUNK - 1);
    const before = this.exact(cluster);
    const fitting = Math.min(times, this.max - before);
    cells[index] |= kinds << KINDS_SHIFT;
    if (fitting < times)
      this.#findings.addCorruption('refcount-overflow', times - fitting, () => {
        const offset = cluster * clusterSize;
        const message = `ERROR: overflow cluster offset=${hex(offset)}\n${OVERFLOW_ADVICE}`;
        return { offset, cluster, message, owner: owner?.() };
      });
    if (fitting === 0) return;
    if (before + fitting < MANY) cells[index] += fitting * ONE_REFERENCE;
    else {
      if (before < MANY) this.#budget.take(MANY_BYTES);
      cells[index] |= MANY << REFERENCES_SHIFT;
      this.#many.set(cluster, before + fitting);
    }
  }
}
