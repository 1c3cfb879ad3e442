import { hashHex } from '../../../bytes.js';
import type { Driver } from '../driver.js';
import { RequestError } from '../../copy/failure.js';
import { intoCluster, startOfCluster } from '../../copy/sizes.js';
import type { L2Slice, PieceKind } from './l2Slice.js';
import { l1Index, sliceIndex } from './l2Tables.js';
import { l2Offset } from '../state/memoryTable.js';

/** Bytes counted from the start of a plan's first cluster. */
interface Region {
  readonly from: number;
  readonly to: number;
}

/** What a write must do beside writing its data: copy what it leaves out of clusters, and link them. */
export interface WritePlan {
  /** Start of the first cluster on the guest disk, and in the file. */
  readonly guest: number;
  readonly host: number;
  readonly clusters: number;
  /** The clusters were there before and stay; else they are new. */
  readonly keepsOld: boolean;
  /** What is copied before and behind the data. */
  readonly before: Region;
  readonly behind: Region;
  /** The area was zeroed, or the plan has nothing to copy: the data are written for themselves. */
  skipCopy: boolean;
}

export const hasCopy = ({ before, behind }: WritePlan): boolean =>
  before.to > before.from || behind.to > behind.from;

/**
 * The plan for a write to adjacent clusters; undefined when it changes no metadata
 * (calculate_l2_meta).
 */
export function planWrite(
  driver: Driver,
  slice: L2Slice,
  host: number,
  guest: number,
  bytes: number,
  keepsOld: boolean,
): WritePlan | undefined {
  const { sizes } = driver;
  const first = sliceIndex(driver, guest);
  const start = intoCluster(sizes, guest);
  const end = start + bytes;
  const clusters = Math.ceil(end / sizes.clusterSize);
  if (!changesMetadata(driver, slice, first, start, end, guest, keepsOld)) return undefined;
  const from = copyStart(driver, slice, first, start, keepsOld);
  const to = copyEnd(driver, slice, first + clusters - 1, end, keepsOld);
  return {
    guest: startOfCluster(sizes, guest),
    host,
    clusters,
    keepsOld,
    before: { from, to: start },
    behind: { from: end, to },
    skipCopy: false,
  };
}

/** Looks at every cluster: in place, where all has data already, there is nothing to do. */
function changesMetadata(
  driver: Driver,
  slice: L2Slice,
  first: number,
  start: number,
  end: number,
  guest: number,
  keepsOld: boolean,
): boolean {
  const { sizes, signal, l1 } = driver;
  const { clusterSize, subclusterSize } = sizes;
  let inPlace = keepsOld;
  for (let i = 0; i * clusterSize < end; i++) {
    let kind: PieceKind;
    if (inPlace) {
      const from = Math.max(start, i * clusterSize) - i * clusterSize;
      const to = Math.min(end, (i + 1) * clusterSize) - i * clusterSize;
      const firstPiece = Math.floor(from / subclusterSize);
      const lastPiece = Math.floor((to - 1) / subclusterSize);
      kind = slice.pieceKind(first + i, firstPiece);
      if (kind !== 'normal' || firstPiece + slice.run(first + i, firstPiece) <= lastPiece)
        inPlace = false;
    } else kind = slice.pieceKind(first + i, 0);
    if (kind === 'invalid') {
      const table = l2Offset(l1, l1Index(driver, guest));
      signal.fatal(
        `Invalid cluster entry found (L2 offset: ${hashHex(table)}, L2 index: ${hashHex(first + i)})`,
      );
      throw new RequestError('EIO');
    }
  }
  return !inPlace;
}

/** Where copying starts, in the first cluster. */
function copyStart(
  { sizes }: Driver,
  slice: L2Slice,
  index: number,
  start: number,
  keepsOld: boolean,
): number {
  const { subclusterSize, extendedL2 } = sizes;
  const subcluster = Math.floor(start / subclusterSize);
  const kind = slice.pieceKind(index, subcluster);
  if (keepsOld) return kind === 'normal' ? start : subcluster * subclusterSize;
  if (kind === 'zero-plain' || kind === 'unallocated') return subcluster * subclusterSize;
  if (kind === 'compressed' || !extendedL2) return 0;
  return Math.min(subcluster, trailingZeros(slice.allocated(index))) * subclusterSize;
}

/** Where copying ends, counted from the first cluster. */
function copyEnd(
  { sizes }: Driver,
  slice: L2Slice,
  index: number,
  end: number,
  keepsOld: boolean,
): number {
  const { subclusterSize, clusterSize, extendedL2, subclusters } = sizes;
  const subcluster = Math.floor(((end - 1) % clusterSize) / subclusterSize);
  const kind = slice.pieceKind(index, subcluster);
  const pieceEnd = Math.ceil(end / subclusterSize) * subclusterSize;
  const clusterEnd = Math.ceil(end / clusterSize) * clusterSize;
  if (keepsOld) return kind === 'normal' ? end : pieceEnd;
  if (kind === 'zero-plain' || kind === 'unallocated') return pieceEnd;
  if (kind === 'compressed' || !extendedL2) return clusterEnd;
  const behind = Math.min(subclusters - subcluster - 1, Math.clz32(slice.allocated(index)));
  return clusterEnd - behind * subclusterSize;
}

/** Zeros below the lowest set bit; 32 when there is none. */
const trailingZeros = (bits: number): number => (bits === 0 ? 32 : 31 - Math.clz32(bits & -bits));
