import { isDamaged } from '../../guest/damage.js';
import { maskedOffset } from '../../qcow2/entryTable.js';
import type { MappableImage } from '../../qcow2/image.js';
import { compressedSpan, l2EntryKind } from '../../qcow2/l2Entry.js';
import { isUniform, subclusterKind } from '../../qcow2/subclusters.js';

/** Where a cluster of a guest's disk is read from. */
export type Reading =
  | { readonly from: 'nowhere' }
  | { readonly from: 'zeros' }
  | { readonly from: 'backing' }
  /** A cluster of the file. */
  | { readonly from: 'file'; readonly offset: number }
  /** The external data file: no repair touches it. */
  | { readonly from: 'data-file'; readonly offset: number }
  | { readonly from: 'compressed'; readonly offset: number; readonly length: number }
  /** Some subclusters of a cluster of the file. */
  | {
      readonly from: 'subclusters';
      readonly offset: number;
      readonly zeroes: number;
      readonly allocated: number;
    };

/** What QEMU makes of an entry of an L2 table (qcow2_get_host_offset). `start`: guest offset of its cluster. */
export function readingOf(
  { geometry, backingFile }: MappableImage,
  table: DataView,
  index: number,
  start: number,
): Reading {
  const at = index * geometry.l2EntrySize;
  const high = table.getUint32(at);
  const low = table.getUint32(at + 4);
  const kind = l2EntryKind(high, low, geometry);
  const bitmap =
    geometry.extendedL2 && kind !== 'compressed'
      ? { zeroes: table.getUint32(at + 8), allocated: table.getUint32(at + 12) }
      : undefined;
  if (isDamaged(geometry, high, low, kind, bitmap, start)) return { from: 'nowhere' };
  const offset = maskedOffset(high, low);
  if (bitmap && !isUniform(bitmap)) return { from: 'subclusters', offset, ...bitmap };
  switch (bitmap ? subclusterKind(kind === 'normal', bitmap, 0) : kind) {
    case 'normal':
      return { from: geometry.externalData ? 'data-file' : 'file', offset };
    case 'compressed':
      return { from: 'compressed', ...compressedSpan(high, low, geometry) };
    case 'zero-plain':
    case 'zero-allocated':
      return { from: 'zeros' };
    case 'unallocated':
    case 'unallocated-allocated':
      return { from: (backingFile ?? '') === '' ? 'zeros' : 'backing' };
  }
}
