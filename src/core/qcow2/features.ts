/** Feature bits of a version 3 header (specification, "Header"). */
export const INCOMPATIBLE = {
  dirty: 1n << 0n,
  corrupt: 1n << 1n,
  externalDataFile: 1n << 2n,
  compressionType: 1n << 3n,
  extendedL2: 1n << 4n,
} as const;
export const COMPATIBLE = { lazyRefcounts: 1n << 0n } as const;
export const AUTOCLEAR = {
  bitmaps: 1n << 0n,
  rawExternalData: 1n << 1n,
} as const;

export const KNOWN_INCOMPATIBLE = 0x1fn;

export type FeatureKind = 'incompatible' | 'compatible' | 'autoclear';

/** A row of the feature name table. */
export interface FeatureName {
  readonly kind: FeatureKind | undefined;
  readonly bit: number;
  readonly name: string;
}

const KNOWN_NAMES: Readonly<Record<FeatureKind, readonly string[]>> = {
  incompatible: [
    'dirty',
    'corrupt',
    'external data file',
    'compression type',
    'extended L2 entries',
  ],
  compatible: ['lazy refcounts'],
  autoclear: ['bitmaps', 'raw external data'],
};

/** Names of the bits set in a feature field: ours, else the image's own, else the bit's number. */
export function featureNames(
  kind: FeatureKind,
  bits: bigint,
  table: readonly FeatureName[],
): string[] {
  const names: string[] = [];
  for (let bit = 0; bits >> BigInt(bit) !== 0n; bit++) {
    if (((bits >> BigInt(bit)) & 1n) === 0n) continue;
    const own = table.find((row) => row.kind === kind && row.bit === bit);
    names.push(KNOWN_NAMES[kind][bit] ?? own?.name ?? `bit ${bit}`);
  }
  return names;
}
