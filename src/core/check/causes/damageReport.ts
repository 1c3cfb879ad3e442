import { hex } from '../../bytes.js';
import { type Partition, readPartitions } from '../../guest/partitions.js';
import type { MappableImage } from '../../qcow2/image.js';
import type { Diagnosis } from './cause.js';
import { type DamagedDisk, type DamageState, type Disk, guestDamage } from './guestDamage.js';

/** Ranges of each cause that a report of the damage knows one by one. */
export const DAMAGE_RANGES = 2 ** 18;

/** As which a report is written. */
export const DAMAGE_FORMATS = ['json', 'ddrescue'] as const;
export type DamageFormat = (typeof DAMAGE_FORMATS)[number];

/** The disks of an image: the active one first. */
const disksOf = ({ geometry, snapshotTable }: MappableImage): Disk[] => [
  { snapshot: undefined, size: Number(geometry.virtualSize) },
  ...snapshotTable.snapshots.map(({ name, index, diskSize }) => ({
    snapshot: name,
    entry: index,
    size: Number(diskSize ?? geometry.virtualSize),
  })),
];

/** The damage of each disk, range by range, to be written as JSON; partitions are those of the active disk. */
export function damageDocument(image: MappableImage, diagnosis: Diagnosis): object {
  const partitions = readPartitions(image);
  const disks = guestDamage(diagnosis, disksOf(image)).map((disk) => ({
    snapshot: disk.snapshot,
    // Several may have one name.
    id: disk.entry === undefined ? undefined : image.snapshotTable.snapshots[disk.entry].id,
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
  return { disks, partitions };
}

const partitionsOf = (
  partitions: readonly Partition[],
  start: number,
  length: number,
): readonly Partition[] =>
  partitions.filter((each) => start < each.start + each.length && each.start < start + length);

/** How GNU ddrescue marks a block: bad, or to be looked at again. */
const MARK: Readonly<Record<DamageState, string>> = { lost: '-', shared: '*', doubt: '*' };

/**
 * The active disk as lines of a map of GNU ddrescue, whose tools then know which files are hit; undefined
 * when the damage is in more ranges than are known one by one.
 */
export function ddrescueLines(
  image: MappableImage,
  diagnosis: Diagnosis,
): Generator<string, void, void> | undefined {
  const [disk] = guestDamage(diagnosis, disksOf(image).slice(0, 1));
  return disk.isPartial ? undefined : linesOf(disk);
}

/** Why there is no such map. */
export const TOO_MANY_RANGES = 'the damage is in more ranges than are known one by one';

function* linesOf(disk: DamagedDisk): Generator<string, void, void> {
  yield "# Mapfile of the guest's disk. Created by qcow2-lens diagnose --damage ddrescue";
  yield '# - is lost, * is shared with another owner or in doubt, + is fine';
  yield '# current_pos  current_status  current_pass';
  yield '0x00000000     +               1';
  yield '#      pos        size  status';
  for (const { start, length, mark } of blocks(disk))
    yield `${hex(start)}  ${hex(length)}  ${mark}`;
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
