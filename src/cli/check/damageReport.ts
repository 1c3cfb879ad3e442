import { hex } from '../../core/bytes.js';
import type { Diagnosis } from '../../core/check/causes/cause.js';
import {
  type DamagedDisk,
  type DamageState,
  type Disk,
  guestDamage,
} from '../../core/check/causes/guestDamage.js';
import { type Partition, readPartitions } from '../../core/guest/partitions.js';
import type { MappableImage } from '../../core/qcow2/image.js';
import { Printable, t } from '../frame/printable.js';
import { RefusalError } from '../frame/refusal.js';

/** Ranges of each cause that a report of the damage knows one by one. */
export const DAMAGE_RANGES = 2 ** 18;

/** The disks of an image: the active one first. */
const disksOf = ({ geometry, snapshotTable }: MappableImage): Disk[] => [
  { snapshot: undefined, size: Number(geometry.virtualSize) },
  ...snapshotTable.snapshots.map(({ name, diskSize }) => ({
    snapshot: name,
    size: Number(diskSize ?? geometry.virtualSize),
  })),
];

/** The damage of each disk, range by range; partitions are those of the active disk. */
export function damageJson(image: MappableImage, diagnosis: Diagnosis): Printable {
  const partitions = readPartitions(image);
  const disks = guestDamage(diagnosis, disksOf(image)).map((disk) => ({
    snapshot: disk.snapshot,
    size: disk.size,
    complete: !disk.isPartial,
    bytes: disk.bytes,
    ranges: disk.ranges.map(({ start, length, state, causes }) => ({
      start,
      length,
      state,
      causes: causes.map((place) => diagnosis.causes[place].id),
      ...(disk.snapshot === undefined && {
        partitions: partitionsOf(partitions, start, length).map(({ number }) => number),
      }),
    })),
  }));
  return t`${Printable.json({ disks, partitions }, 1)}\n`;
}

const partitionsOf = (
  partitions: readonly Partition[],
  start: number,
  length: number,
): readonly Partition[] =>
  partitions.filter((each) => start < each.start + each.length && each.start < start + length);

/** How GNU ddrescue marks a block: bad, or to be looked at again. */
const MARK: Readonly<Record<DamageState, string>> = { lost: '-', shared: '*', doubt: '*' };

/** The active disk as a map of GNU ddrescue, whose tools then know which files are hit. */
export function* ddrescueMap(
  image: MappableImage,
  diagnosis: Diagnosis,
): Generator<Printable, void, void> {
  const [disk] = guestDamage(diagnosis, disksOf(image).slice(0, 1));
  if (disk.isPartial)
    throw new RefusalError('the damage is in more ranges than are known one by one');
  yield t`# Mapfile of the guest's disk. Created by qcow2-lens diagnose --damage ddrescue\n`;
  yield t`# - is lost, * is shared with another owner or in doubt, + is fine\n`;
  yield t`# current_pos  current_status  current_pass\n`;
  yield t`0x00000000     +               1\n`;
  yield t`#      pos        size  status\n`;
  for (const { start, length, mark } of blocks(disk))
    yield t`${hex(start)}  ${hex(length)}  ${mark}\n`;
}

function* blocks({ ranges, size }: DamagedDisk) {
  let at = 0;
  for (const { start, length, state } of ranges) {
    if (start > at) yield { start: at, length: start - at, mark: '+' };
    yield { start, length, mark: MARK[state] };
    at = start + length;
  }
  if (at < size) yield { start: at, length: size - at, mark: '+' };
}
