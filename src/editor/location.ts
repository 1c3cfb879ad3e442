/** The part of an image in which a place is looked for. */
export interface Extent {
  readonly clusterBits: number;
  readonly hostClusters: number;
}

export type Location =
  | { readonly type: 'found'; readonly cluster: number }
  /** Not a cluster number and not an offset. */
  | { readonly type: 'malformed' }
  | { readonly type: 'past-end'; readonly cluster: number };

const UNITS = 'kmgtpe';

/**
 * The host cluster that a text names: `cluster 12`, or a host offset in bytes as `0x50000`,
 * `327680` or, with a suffix of QEMU's, `320K`. Decimal digits may be grouped by commas.
 */
export function parseLocation(text: string, { clusterBits, hostClusters }: Extent): Location {
  const cluster = clusterOf(text.trim().toLowerCase(), 2 ** clusterBits);
  if (cluster === undefined) return { type: 'malformed' };
  return { type: cluster < hostClusters ? 'found' : 'past-end', cluster };
}

function clusterOf(text: string, clusterSize: number): number | undefined {
  const cluster = /^cluster\s*(0x[0-9a-f]+|[0-9][0-9,]*)$/.exec(text);
  if (cluster) return numberOf(cluster[1]);
  const offset = /^(0x[0-9a-f]+|[0-9][0-9,]*)$/.exec(text);
  if (offset) return Math.floor(numberOf(offset[1]) / clusterSize);
  const size = /^([0-9][0-9,]*(?:\.[0-9]+)?)\s*([kmgtpe])(?:i?b)?$/.exec(text);
  if (!size) return undefined;
  const bytes = numberOf(size[1]) * 1024 ** (UNITS.indexOf(size[2]) + 1);
  return Math.floor(bytes / clusterSize);
}

const numberOf = (digits: string): number => Number(digits.replaceAll(',', ''));
