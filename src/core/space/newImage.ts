import { roundUp } from '../bytes.js';

/** How a new image would be laid out. Sizes in bytes. */
export interface NewImage {
  readonly clusterSize: number;
  readonly refcountBits: number;
  readonly extendedL2: boolean;
}

/** What `qemu-img convert -O qcow2` makes if nobody says otherwise. */
export const USUAL_IMAGE: NewImage = { clusterSize: 65536, refcountBits: 16, extendedL2: false };

/**
 * Bytes of an image of `diskSize` bytes with all of its clusters allocated: what `qemu-img measure`
 * calls fully allocated (qcow2_calc_prealloc_size).
 */
export function fullSize(diskSize: number, layout: NewImage): number {
  const { clusterSize } = layout;
  const disk = roundUp(diskSize, clusterSize);
  const l2Entry = layout.extendedL2 ? 16 : 8;
  const l2Entries = roundUp(disk / clusterSize, clusterSize / l2Entry);
  const l1Entries = roundUp((l2Entries * l2Entry) / clusterSize, clusterSize / 8);
  const metadata = clusterSize + l2Entries * l2Entry + l1Entries * 8;
  return metadata + disk + refcountBytes((metadata + disk) / clusterSize, layout);
}

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
