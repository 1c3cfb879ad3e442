import { roundUp } from '../bytes.js';
import { MAX_CLUSTER_BITS, MAX_L1_BYTES, MIN_CLUSTER_BITS } from '../qcow2/limits.js';

/** How a new image would be laid out. Sizes in bytes. */
export interface NewImage {
  readonly clusterSize: number;
  readonly refcountBits: number;
  readonly extendedL2: boolean;
}

/** 512 bytes, 1 KiB, … 2 MiB. */
export const CLUSTER_SIZES: readonly number[] = Array.from(
  { length: MAX_CLUSTER_BITS - MIN_CLUSTER_BITS + 1 },
  (_, index) => 2 ** (MIN_CLUSTER_BITS + index),
);

/** Bytes of a new image's clusters that the data of a disk fall into, by size of cluster. */
export type DataBySize = readonly number[];

export const dataInClusters = (data: DataBySize, clusterSize: number): number =>
  data[CLUSTER_SIZES.indexOf(clusterSize)];

/** What `qemu-img convert -O qcow2` makes if nobody says otherwise. */
export const USUAL_IMAGE: NewImage = { clusterSize: 65536, refcountBits: 16, extendedL2: false };

/**
 * Bytes of an image of `diskSize` bytes with all of its clusters allocated: what `qemu-img measure`
 * calls fully allocated (qcow2_calc_prealloc_size).
 */
export function fullSize(diskSize: number, layout: NewImage): number {
  const { clusterSize } = layout;
  const disk = roundUp(diskSize, clusterSize);
  const l2 = l2Bytes(diskSize, layout);
  const l1Entries = roundUp(l2 / clusterSize, clusterSize / 8);
  const metadata = clusterSize + l2 + l1Entries * 8;
  return metadata + disk + refcountBytes((metadata + disk) / clusterSize, layout);
}

/** Bytes of the L2 tables of a full disk. */
export function l2Bytes(diskSize: number, { clusterSize, extendedL2 }: NewImage): number {
  const entry = extendedL2 ? 16 : 8;
  return roundUp(Math.ceil(diskSize / clusterSize), clusterSize / entry) * entry;
}

/** Why QEMU makes no such image (qcow2_co_create, qcow2_validate_table); undefined when it does. */
export function refusal(diskSize: number, layout: NewImage): string | undefined {
  if (layout.extendedL2 && layout.clusterSize < MIN_EXTENDED_CLUSTER)
    return 'extended L2 entries need clusters of 16 KiB at least';
  if ((l2Bytes(diskSize, layout) / layout.clusterSize) * 8 > MAX_L1_BYTES)
    return 'its L1 table would be above 32 MiB';
  return undefined;
}

const MIN_EXTENDED_CLUSTER = 16384;

/** Bytes of the refcount table and the blocks that so many clusters need, themselves included. */
function refcountBytes(clusters: number, { clusterSize, refcountBits }: NewImage): number {
  const perBlock = (clusterSize * 8) / refcountBits;
  let own = 0;
  for (;;) {
    const blocks = Math.ceil((clusters + own) / perBlock);
    const table = Math.ceil((blocks * 8) / clusterSize);
    if (blocks + table === own) return own * clusterSize;
    own = blocks + table;
  }
}

/** Counts the clusters of a new image that data of the old one fall into, told in ascending order. */
export class DataClusters {
  #clusters = 0;
  /** The cluster behind the last one counted. */
  #next = 0;
  readonly #clusterSize: number;

  constructor(clusterSize: number) {
    this.#clusterSize = clusterSize;
  }

  /** `start` and `length` in bytes of the disk. */
  add(start: number, length: number): void {
    if (length === 0) return;
    const first = Math.max(this.#next, Math.floor(start / this.#clusterSize));
    this.#next = Math.max(this.#next, Math.ceil((start + length) / this.#clusterSize));
    this.#clusters += Math.max(0, this.#next - first);
  }

  get bytes(): number {
    return this.#clusters * this.#clusterSize;
  }
}

/** Bytes that a new image needs for what is in use (qcow2_measure): an upper bound. */
export const requiredSize = (diskSize: number, dataBytes: number, layout: NewImage): number =>
  fullSize(diskSize, layout) - roundUp(diskSize, layout.clusterSize) + dataBytes;
