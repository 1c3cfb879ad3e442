import { EntryTable } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { MAX_L1_BYTES } from '../qcow2/limits.js';
import type { Snapshot } from '../qcow2/snapshotTable.js';

/** An image as it reads with a snapshot's disk for its own. Throws on I/O errors. */
export function asOfSnapshot(image: MappableImage, snapshot: Snapshot): MappableImage {
  const { geometry, source } = image;
  const virtualSize = snapshot.diskSize ?? geometry.virtualSize;
  const covered = BigInt(geometry.clusterSize) * BigInt(geometry.l2Entries);
  return {
    ...image,
    l1: EntryTable.read(source, snapshot.l1Offset, Math.min(snapshot.l1Size, MAX_L1_BYTES / 8)),
    geometry: {
      ...geometry,
      virtualSize,
      // The VM state lies behind the disk.
      l1DiskEntries: Math.min(snapshot.l1Size, Number((virtualSize + covered - 1n) / covered)),
    },
  };
}
