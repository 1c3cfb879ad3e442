import { isOffGrid, maskedOffset } from '../qcow2/entryTable.js';
import type { Geometry } from '../qcow2/geometry.js';
import { contradicts, type SubclusterBitmap, type SubclusterKind } from '../qcow2/subclusters.js';

/**
 * Whether QEMU refuses an L2 entry of the active layer when the guest comes upon it
 * (qcow2_get_host_offset). `start`: guest offset of its cluster in bytes; `bitmap`: of an extended
 * entry that is not compressed.
 */
export function isDamaged(
  geometry: Geometry,
  high: number,
  low: number,
  kind: SubclusterKind,
  bitmap: SubclusterBitmap | undefined,
  start: number,
): boolean {
  const { version, externalData, clusterSize } = geometry;
  if (kind === 'compressed') return externalData;
  if (bitmap && contradicts(kind === 'normal', bitmap)) return true;
  if (version < 3 && (kind === 'zero-plain' || kind === 'zero-allocated')) return true;
  if (isOffGrid(low, clusterSize)) return true;
  const located = kind === 'normal' || kind === 'zero-allocated';
  return externalData && located && maskedOffset(high, low) !== start;
}
