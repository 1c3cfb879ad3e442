import type { Geometry } from './geometry.js';

/** Subclusters of an extended L2 entry, bit n for subcluster n. */
export interface Subclusters {
  readonly allocated: number;
  readonly zero: number;
}

export const ALL_SUBCLUSTERS = 0xffffffff;

/** What an L2 entry says about a guest cluster. Offsets are bytes of the host file. */
export type GuestCluster =
  | { readonly type: 'normal'; readonly offset: number; readonly subclusters: Subclusters }
  | { readonly type: 'zero-allocated'; readonly offset: number }
  | { readonly type: 'zero-plain'; readonly subclusters: number }
  | { readonly type: 'compressed'; readonly offset: number; readonly length: number };

export const COPIED = 1n << 63n;
const COMPRESSED = 1n << 62n;
const READS_ZERO = 1n;

/** 512-byte sectors of a compressed cluster after the one it starts in. */
function additionalSectors(offset: number, length: number): number {
  return Math.floor((offset + length - 1) / 512) - Math.floor(offset / 512);
}

/** The words of an L2 entry: the descriptor, and the subcluster bitmap (0 without extended L2). */
export function encodeL2Entry(
  geometry: Geometry,
  cluster: GuestCluster,
  copied: boolean,
): readonly [descriptor: bigint, bitmap: bigint] {
  const flag = copied ? COPIED : 0n;
  const bitmap = (allocated: number, zero: number): bigint =>
    geometry.extendedL2 ? (BigInt(zero) << 32n) | BigInt(allocated) : 0n;
  const zeroBit = geometry.extendedL2 ? 0n : READS_ZERO;
  switch (cluster.type) {
    case 'normal':
      return [
        flag | BigInt(cluster.offset),
        bitmap(cluster.subclusters.allocated, cluster.subclusters.zero),
      ];
    case 'zero-allocated':
      return [flag | BigInt(cluster.offset) | zeroBit, bitmap(0, ALL_SUBCLUSTERS)];
    case 'zero-plain':
      return [zeroBit, bitmap(0, cluster.subclusters)];
    case 'compressed': {
      const offsetBits = BigInt(62 - (geometry.clusterBits - 8));
      const sectors = BigInt(additionalSectors(cluster.offset, cluster.length));
      return [COMPRESSED | (sectors << offsetBits) | BigInt(cluster.offset), 0n];
    }
  }
}
