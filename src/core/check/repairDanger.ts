import { findExtension } from '../qcow2/extensions.js';
import { AUTOCLEAR } from '../qcow2/features.js';
import type { Image } from '../qcow2/image.js';

const KNOWN_AUTOCLEAR = AUTOCLEAR.bitmaps | AUTOCLEAR.rawExternalData;

/** Why `qemu-img check -r` would delete every snapshot, and what to do first. Whole sentences. */
export interface RepairDanger {
  readonly snapshots: number;
  readonly cause: string;
  readonly safeOrder: string;
}

const ANY_WRITER =
  'let QEMU open it for writing, which does no harm (qemu-io -c quit IMAGE), and repair it then';

/**
 * Opening an image for a check leaves the snapshot table unread (qcow2_do_open, BDRV_O_CHECK). What
 * makes that opening write the header anew writes one without snapshots: bitmaps that get marked as
 * in use (qcow2_load_dirty_bitmaps), or a bitmaps extension or autoclear bits that have to go
 * (qcow2_update_header). The repair then reads from disk that there are none and frees what only
 * they held. Seen in 7.2.22, 10.0.13 and 11.1.3.
 */
export function repairDanger(image: Image): RepairDanger | undefined {
  const { header, extensions, bitmaps, refusal } = image;
  const snapshots = header.number('nb_snapshots');
  if (refusal.check !== undefined || snapshots === 0) return undefined;
  if (bitmaps?.bitmaps.some(({ inUse }) => !inUse) === true)
    return {
      snapshots,
      cause: 'it has persistent bitmaps too',
      safeOrder:
        'remove the bitmaps (qemu-img bitmap --remove IMAGE NAME, one by one), and repair it then',
    };
  const autoclear = header.value('autoclear_features');
  if (findExtension(extensions, 'bitmaps') && (autoclear & AUTOCLEAR.bitmaps) === 0n)
    return {
      snapshots,
      cause: 'it has bitmaps that are out of date too',
      safeOrder: ANY_WRITER,
    };
  if ((autoclear & ~KNOWN_AUTOCLEAR) !== 0n)
    return {
      snapshots,
      cause: 'it has autoclear bits too that QEMU does not know',
      safeOrder: ANY_WRITER,
    };
  return undefined;
}

/** A line that cannot be misread, for every place that speaks of repairing. */
export function dangerText({ snapshots, cause, safeOrder }: RepairDanger): string {
  const all = snapshots === 1 ? 'the snapshot' : `all ${snapshots} snapshots`;
  return (
    `"qemu-img check -r" would delete ${all} of this image and report success, because ${cause} ` +
    `(a fault of QEMU's). First copy the file; then ${safeOrder}`
  );
}
