import { viewOf } from '../bytes.js';
import { readBytes } from '../byteSource.js';
import { maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import type { SubclusterBitmap } from '../qcow2/subclusters.js';
import { GUEST } from './guestKinds.js';
import { GuestTable } from './guestTable.js';

/** A cluster of the guest's disk whose subclusters differ. */
export interface MixedCluster extends SubclusterBitmap {
  readonly cluster: number;
  /** Whether it has a place in the file. */
  readonly hasPlace: boolean;
}

/**
 * The mixed ones among guest clusters [first, end), in ascending order. Reads their L2 entries and
 * nothing else; without extended L2 nothing at all. Throws on I/O errors.
 */
export function* mixedClusters(
  { geometry, l1, source }: MappableImage,
  first: number,
  end: number,
): Generator<MixedCluster, void, void> {
  const { clusterSize, fileSize, l2Entries, l2EntrySize } = geometry;
  if (!geometry.extendedL2) return;
  const table = new GuestTable(geometry);
  for (let from = first; from < end;) {
    const l1Index = Math.floor(from / l2Entries);
    const to = Math.min(end, (l1Index + 1) * l2Entries);
    const offset = maskedOffset(l1.high(l1Index), l1.low(l1Index));
    if (offset !== 0 && offset % clusterSize === 0 && offset < fileSize) {
      const at = offset + (from % l2Entries) * l2EntrySize;
      const view = viewOf(readBytes(source, at, (to - from) * l2EntrySize));
      table.decode(view, from, to - from);
      for (let run = 0; run < table.count; run++) {
        if (table.kinds[run] !== GUEST.partial) continue;
        for (let i = 0; i < table.lengths[run]; i++) {
          const cluster = table.starts[run] + i;
          const entry = (cluster - from) * l2EntrySize;
          yield {
            cluster,
            hasPlace: maskedOffset(view.getUint32(entry), view.getUint32(entry + 4)) !== 0,
            zeroes: view.getUint32(entry + 8),
            allocated: view.getUint32(entry + 12),
          };
        }
      }
    }
    from = to;
  }
}
