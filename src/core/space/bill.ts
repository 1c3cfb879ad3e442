import { roundUp } from '../bytes.js';
import type { Scan } from '../check/scan.js';
import { ACTIVE, type Ownership, ownership } from '../inspect/ownership.js';
import type { MappableImage } from '../qcow2/image.js';
import type { Snapshot } from '../qcow2/snapshotTable.js';
import { type BitmapRooms, bitmapRooms } from './bitmapRoom.js';
import { CellTotals } from './cellTotals.js';
import { fullyWritten } from './growth.js';
import { PARTS, type SpacePart } from './parts.js';

/** A part of the file, in whole clusters and in the bytes that the file has of them. */
export interface BillPart {
  readonly kind: SpacePart;
  readonly clusters: number;
  readonly bytes: number;
}

/** What one snapshot holds. Bytes. */
export interface SnapshotRoom {
  readonly snapshot: Snapshot;
  /** That it alone needs: tables, data, VM state. */
  readonly exclusiveBytes: number;
  /** That its deletion gives free, with what the new snapshot table takes or gives. */
  readonly freedBytes: number;
}

/** Where the bytes of an image file go: `parts` add up to the file. */
export interface SpaceBill {
  readonly fileBytes: number;
  /** Behind the last cluster in use. */
  readonly endOffset: number;
  readonly parts: readonly BillPart[];
  readonly snapshots: readonly SnapshotRoom[];
  readonly bitmaps: BitmapRooms;
  /** What the file may grow to, at most, as the guest writes its whole disk. */
  readonly fullyWritten: number;
  /**
   * What deleting snapshots together gives free, by their indexes in the table; may be called for any number.
   * `leaksToo`: with `qemu-img check -r leaks`, also what has too high a refcount of their clusters goes.
   */
  freedBy(indexes: readonly number[], leaksToo?: boolean): number;
}

/**
 * Adds up where the file's bytes go, in one pass over the map that the scan made. Yields the part
 * done. Throws on I/O errors, and when the answer would take too much memory.
 */
export function* spaceBill(scan: Scan): Generator<number, SpaceBill, void> {
  const { image } = scan;
  const { clusterSize } = image.geometry;
  const owners = yield* ownership(scan);
  const totals = new CellTotals(scan, owners);
  yield* totals.count();
  const fileBytes = image.source.size;
  const { snapshots } = image.snapshotTable;
  const freedBy = (indexes: readonly number[], leaksToo = false): number => {
    const gone = new Set(indexes);
    const tables = snapshotTableClusters(image, new Set()) - snapshotTableClusters(image, gone);
    const held = leaksToo ? exclusive(totals.heldByLeaks, owners, gone) : 0;
    return (exclusive(totals.goingWith, owners, gone) + held + tables) * clusterSize;
  };
  return {
    fileBytes,
    endOffset: (scan.comparison.highest + 1) * clusterSize,
    parts: partsOf(scan, totals),
    snapshots: snapshots.map((snapshot) => ({
      snapshot,
      exclusiveBytes: exclusive(totals.goingWith, owners, new Set([snapshot.index])) * clusterSize,
      freedBytes: freedBy([snapshot.index]),
    })),
    bitmaps: bitmapRooms(image),
    fullyWritten: fullyWritten(image.geometry, totals),
    freedBy,
  };
}

/** Of clusters, counted by set of owners, those whose references all come from some snapshots, given by index. */
function exclusive(
  clustersOf: Float64Array,
  { sets }: Ownership,
  snapshots: ReadonlySet<number>,
): number {
  const owners = { has: (owner: number) => owner !== ACTIVE && snapshots.has(owner - 1) };
  let clusters = 0;
  // Set 0 has no owners: nothing goes with it.
  for (let set = 1; set < sets.size; set++)
    if (clustersOf[set] > 0 && sets.isWithin(set, owners)) clusters += clustersOf[set];
  return clusters;
}

/** What QEMU writes of an entry at least (qcow2_write_snapshots). */
const WRITTEN_EXTRA_DATA = 24;

/** Clusters of the snapshot table; as it would be written without some of its entries. */
function snapshotTableClusters(
  { snapshotTable, geometry }: MappableImage,
  gone: ReadonlySet<number>,
): number {
  if (gone.size === 0) return Math.ceil(snapshotTable.size / geometry.clusterSize);
  let bytes = 0;
  for (const { index, size, extraDataSize } of snapshotTable.snapshots)
    if (!gone.has(index))
      bytes = roundUp(bytes, 8) + size + Math.max(0, WRITTEN_EXTRA_DATA - extraDataSize);
  return Math.ceil(bytes / geometry.clusterSize);
}

/** What dropping the leaks alone gives free (`qemu-img check -r leaks`). */
export const leakedBytes = ({ parts }: SpaceBill): number =>
  parts.find(({ kind }) => kind === 'leaked')?.bytes ?? 0;

function partsOf({ image, map }: Scan, { clusters, last }: CellTotals): BillPart[] {
  const { clusterSize } = image.geometry;
  const missing = map.clusters * clusterSize - image.source.size;
  return PARTS.map((kind, part) => ({
    kind,
    clusters: clusters[part],
    bytes: clusters[part] * clusterSize - (part === last ? missing : 0),
  })).filter((part) => part.clusters > 0);
}
