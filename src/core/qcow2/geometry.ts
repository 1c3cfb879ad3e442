import { roundUp } from '../bytes.js';
import { INCOMPATIBLE } from './features.js';
import { type Header, MAGIC } from './header.js';
import * as limits from './limits.js';

/** The unit of lengths in QEMU's block layer. */
const SECTOR = 512;

/** The image's own sizes, once the header's numbers have been found usable. Sizes in bytes. */
export interface Geometry {
  readonly version: 2 | 3;
  readonly clusterBits: number;
  readonly clusterSize: number;
  /** Length of the file as QEMU's block layer counts it, in whole sectors. */
  readonly fileSize: number;
  /** Host clusters, the last one perhaps partial. */
  readonly hostClusters: number;
  readonly virtualSize: bigint;
  readonly extendedL2: boolean;
  /** Data clusters lie in another file and have no refcounts here. */
  readonly externalData: boolean;
  /** Bytes of an L2 entry: 8, or 16 with extended L2. */
  readonly l2EntrySize: number;
  /** Entries of an L2 table. */
  readonly l2Entries: number;
  readonly refcountBits: number;
  /** Refcounts in a block. */
  readonly refcountsPerBlock: number;
  /** Entries of the L1 table that the disk needs; the VM state lies behind them. */
  readonly l1DiskEntries: number;
}

/** Bytes of a cluster, or 0 when the header is not one whose cluster size can be believed. */
export function knownClusterSize(header: Header): number {
  const version = header.number('version');
  const bits = header.number('cluster_bits');
  if (header.number('magic') !== MAGIC || (version !== 2 && version !== 3)) return 0;
  // Not a power: that would be a float, and make floats of what is added to it in the hot loops.
  return bits >= limits.MIN_CLUSTER_BITS && bits <= limits.MAX_CLUSTER_BITS ? 1 << bits : 0;
}

/** The geometry of a file of so many bytes, undefined when the header does not give one. */
export function geometryOf(header: Header, bytes: number): Geometry | undefined {
  const fileSize = roundUp(bytes, SECTOR);
  const version = header.number('version') === 2 ? 2 : 3;
  const clusterBits = header.number('cluster_bits');
  const clusterSize = knownClusterSize(header);
  const refcountOrder = header.number('refcount_order');
  const extendedL2 = (header.value('incompatible_features') & INCOMPATIBLE.extendedL2) !== 0n;
  if (clusterSize === 0 || refcountOrder > 6) return undefined;
  const hostClusters = Math.ceil(fileSize / clusterSize);
  if (hostClusters > limits.MAX_CHECKED_CLUSTERS) return undefined;
  const l2EntrySize = extendedL2 ? 16 : 8;
  const l2Entries = clusterSize / l2EntrySize;
  const covered = BigInt(clusterSize) * BigInt(l2Entries);
  // QEMU's size_to_l1 adds in 64 bits, and wraps.
  const l1DiskEntries = BigInt.asUintN(64, header.value('size') + covered - 1n) / covered;
  const refcountBits = 1 << refcountOrder;
  return {
    version,
    clusterBits,
    clusterSize,
    fileSize,
    hostClusters,
    // The block layer counts whole sectors.
    virtualSize: header.value('size') - (header.value('size') % BigInt(SECTOR)),
    extendedL2,
    externalData: (header.value('incompatible_features') & INCOMPATIBLE.externalDataFile) !== 0n,
    l2EntrySize,
    l2Entries,
    refcountBits,
    refcountsPerBlock: (clusterSize * 8) / refcountBits,
    l1DiskEntries: Number(l1DiskEntries),
  };
}
