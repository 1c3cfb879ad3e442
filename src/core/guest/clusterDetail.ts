import { hexWords, viewOf } from '../bytes.js';
import { type ByteSource, readBytes } from '../byteSource.js';
import { EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { COMPRESSED, COPIED, compressedSpan } from '../qcow2/l2Entry.js';
import { type SubclusterKind, subclusterKind, SUBCLUSTERS } from '../qcow2/subclusters.js';
import { GUEST, GUEST_KINDS, type GuestKind } from './guestKinds.js';
import { guestClusters, GuestTable } from './guestTable.js';
import type { SnapshotName } from '../map/owner.js';
import type { StoredRefcounts } from '../check/storedRefcounts.js';
import {
  bytes,
  type Bytes,
  type GuestCluster,
  type GuestOffset,
  hostCluster,
  type HostCluster,
  hostOffset,
  type HostOffset,
  offsetOf,
} from '../units.js';

/** Everything known about one cluster of the guest's disk. */
export interface GuestClusterDetail {
  readonly cluster: GuestCluster;
  readonly guestOffset: GuestOffset;
  readonly kind: GuestKind;
  readonly l1Index: number;
  readonly l2Index: number;
  /** Where the L2 entry lies in the file; undefined where there is no L2 table. */
  readonly entryOffset: HostOffset | undefined;
  /** The entry's 64 bits, `0x…`, and those of its subcluster bitmap (extended L2). */
  readonly entry: string | undefined;
  readonly bitmap: string | undefined;
  readonly copied: boolean;
  /** Where its data lies, in this file or the external data file. */
  readonly dataOffset: HostOffset | undefined;
  /** Of a compressed cluster up to the end of its last sector. */
  readonly dataLength: Bytes;
  /** The clusters of this file that hold it: one, or two of a compressed cluster. */
  readonly hostClusters: readonly HostCluster[];
  /** The stored refcount of the first of them, in decimal; undefined if there is none to be read. */
  readonly stored: string | undefined;
  /** What each of the 32 subclusters is; empty without extended L2. */
  readonly subclusters: readonly SubclusterKind[];
  /** Snapshots of which the same cluster lies in the same place, the first few. */
  readonly sharedBy: readonly SnapshotName[];
  readonly sharedByCount: number;
}

const SNAPSHOTS_LISTED = 100;

/**
 * Looks a guest cluster up in the active layer, and in those of the snapshots. `stored`: undefined
 * while the refcounts have not been read.
 */
export function guestClusterDetail(
  image: MappableImage,
  stored: StoredRefcounts | undefined,
  cluster: GuestCluster,
): GuestClusterDetail {
  const { geometry, l1, source } = image;
  const { clusterSize, l2Entries, l2EntrySize, hostClusters } = geometry;
  const l1Index = Math.floor(cluster / l2Entries);
  const l2Index = cluster % l2Entries;
  const guestOffset = offsetOf(cluster, geometry);
  const base = { cluster, guestOffset, l1Index, l2Index };
  const tableOffset = maskedOffset(l1.high(l1Index), l1.low(l1Index));
  const table = new GuestTable(geometry);
  if (tableOffset === 0 || tableOffset % clusterSize !== 0)
    return { ...base, ...NOTHING, kind: tableOffset === 0 ? 'unallocated' : 'damaged' };

  const entryOffset = hostOffset(tableOffset + l2Index * l2EntrySize);
  const view = viewOf(readBytes(source, entryOffset, l2EntrySize));
  const high = view.getUint32(0);
  const low = view.getUint32(4);
  table.decode(view, cluster, 1);
  const held = !geometry.externalData && table.from[0] >= 0;
  const clusters = held
    ? Array.from({ length: table.to[0] - table.from[0] }, (_, i) => hostCluster(table.from[0] + i))
    : [];
  const inFile = clusters.filter((host) => host < hostClusters);
  const compressed = (high & COMPRESSED) !== 0;
  const span = compressed ? compressedSpan(high, low, geometry) : undefined;
  const refcount = inFile.length > 0 ? stored?.exact(inFile[0]) : undefined;
  const copied = (high & COPIED) !== 0;
  const normal = table.kinds[0] === GUEST.normal && !geometry.externalData;
  const shared = normal && (!copied || (refcount !== undefined && refcount > 1n));
  const located = table.from[0] >= 0;
  return {
    ...base,
    kind: shared ? 'shared' : GUEST_KINDS[table.kinds[0]],
    entryOffset,
    entry: `0x${hexWords(high, low).padStart(16, '0')}`,
    bitmap: geometry.extendedL2
      ? `0x${hexWords(view.getUint32(8), view.getUint32(12)).padStart(16, '0')}`
      : undefined,
    copied,
    dataOffset: located ? hostOffset(span?.offset ?? maskedOffset(high, low)) : undefined,
    dataLength: bytes(span?.length ?? (located ? clusterSize : 0)),
    hostClusters: inFile,
    stored: refcount?.toString(),
    subclusters: geometry.extendedL2 && !compressed ? subclustersOf(view) : [],
    ...sharers(image, cluster, tableOffset, located ? placeOf(view) : undefined),
  };
}

const NOTHING = {
  entryOffset: undefined,
  entry: undefined,
  bitmap: undefined,
  copied: false,
  dataOffset: undefined,
  dataLength: bytes(0),
  hostClusters: [],
  stored: undefined,
  subclusters: [],
  sharedBy: [],
  sharedByCount: 0,
} as const;

function subclustersOf(view: DataView): SubclusterKind[] {
  const hasOffset = maskedOffset(view.getUint32(0), view.getUint32(4)) !== 0;
  const bitmap = { zeroes: view.getUint32(8), allocated: view.getUint32(12) };
  return Array.from({ length: SUBCLUSTERS }, (_, index) =>
    subclusterKind(hasOffset, bitmap, index),
  );
}

/** What an entry says of where its data lies, without flags: equal for equal places. */
const placeOf = (view: DataView): string =>
  hexWords(view.getUint32(0) & ~COPIED, view.getUint32(4) & ~1);

/** The snapshots whose cluster of that number lies in the same place. */
function sharers(
  image: MappableImage,
  cluster: GuestCluster,
  tableOffset: number,
  place: string | undefined,
): Pick<GuestClusterDetail, 'sharedBy' | 'sharedByCount'> {
  const { geometry, source, snapshotTable } = image;
  const l1Index = Math.floor(cluster / geometry.l2Entries);
  const at = (cluster % geometry.l2Entries) * geometry.l2EntrySize;
  /** By offset of an L2 table: whether it has the place too. */
  const known = new Map<number, boolean>([[tableOffset, true]]);
  const sharedBy: SnapshotName[] = [];
  let sharedByCount = 0;
  if (place === undefined) return { sharedBy, sharedByCount };
  for (const { index, id, name, l1Offset, l1Size } of snapshotTable.snapshots) {
    if (l1Index >= l1Size) continue;
    const l1Entry = EntryTable.read(source, l1Offset + BigInt(l1Index * 8), 1);
    const offset = maskedOffset(l1Entry.high(0), l1Entry.low(0));
    if (offset === 0) continue;
    let same = known.get(offset);
    if (same === undefined) {
      same = placeIn(source, offset + at) === place;
      known.set(offset, same);
    }
    if (!same) continue;
    if (sharedBy.length < SNAPSHOTS_LISTED) sharedBy.push({ index, id, name });
    sharedByCount++;
  }
  return { sharedBy, sharedByCount };
}

const placeIn = (source: ByteSource, entryOffset: number): string =>
  placeOf(viewOf(readBytes(source, entryOffset, 8)));

/** Throws for a cluster that the disk does not have. */
export function checkGuestCluster(image: MappableImage, cluster: GuestCluster): void {
  const clusters = guestClusters(image.geometry);
  if (cluster >= clusters)
    throw new Error(
      `guest cluster ${cluster}: expected one below ${clusters}, the end of the disk`,
    );
}
