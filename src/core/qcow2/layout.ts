/** How the image is laid out, once the header's numbers have been found usable. Sizes in bytes. */
export interface Layout {
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
