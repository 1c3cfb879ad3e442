/** Sizes that follow from a header, in the specification's terms. */
export interface Geometry {
  readonly clusterBits: number;
  readonly clusterSize: number;
  readonly extendedL2: boolean;
  /** Bytes of an L2 entry: 8, or 16 with extended L2. */
  readonly l2EntrySize: number;
  readonly l2Entries: number;
  readonly refcountOrder: number;
  /** Refcounts in a block. */
  readonly blockEntries: number;
  /** The highest refcount that fits; an approximation at 64 bits. */
  readonly refcountMax: number;
}

export function geometryOf(
  clusterBits: number,
  refcountOrder: number,
  extendedL2: boolean,
): Geometry {
  const clusterSize = 2 ** clusterBits;
  const l2EntrySize = extendedL2 ? 16 : 8;
  return {
    clusterBits,
    clusterSize,
    extendedL2,
    l2EntrySize,
    l2Entries: clusterSize / l2EntrySize,
    refcountOrder,
    blockEntries: (clusterSize * 8) / 2 ** refcountOrder,
    refcountMax: 2 ** (2 ** refcountOrder) - 1,
  };
}
