import type { Random } from '../../images/random.js';
import type { WritePlaces } from './writePlaces.js';

type Name = 'write' | 'write-zeroes' | 'write-compressed' | 'discard' | 'flush';

const WEIGHTS: readonly (readonly [Name, number])[] = [
  ['write', 45],
  ['write-zeroes', 17],
  ['write-compressed', 10],
  ['discard', 18],
  ['flush', 10],
];
const NAMES = WEIGHTS.flatMap(([name, weight]) => new Array<Name>(weight).fill(name));

const MAX_OPERATIONS = 12;
/** Writes stay short, so that the file does. */
const MAX_WRITTEN = 2 ** 20;
const SECTOR = 512;

/** Snapshots that some of the images have, by name or number, and one that none has. */
const SNAPSHOTS = ['first', 'first', 'second', 'third', '1', '2', 'nowhere'] as const;

/**
 * One to twelve operations, most of them near one another, and sometimes an abort at the end; or one
 * of the operations on snapshots.
 */
export function randomOperations(random: Random, places: WritePlaces): string[] {
  if (random.chance(0.06)) {
    return [
      random.chance(0.5) ? 'snapshot-create new' : `snapshot-delete ${random.pick(SNAPSHOTS)}`,
    ];
  }
  const count = random.between(1, random.chance(0.5) ? 4 : MAX_OPERATIONS);
  const lines: string[] = [];
  let last = spot(random, places);
  for (let i = 0; i < count; i++) {
    const cluster = random.chance(0.4) ? last + random.between(-3, 6) : spot(random, places);
    last = Math.max(0, cluster);
    lines.push(randomOperation(random, places, last));
  }
  if (random.chance(0.12)) lines.push('abort');
  return lines;
}

function randomOperation(random: Random, places: WritePlaces, cluster: number): string {
  const { clusterSize } = places;
  const name = random.pick(NAMES);
  const start = cluster * clusterSize;
  switch (name) {
    case 'flush':
      return name;
    case 'write': {
      const offset = start + within(random, clusterSize);
      const length = Math.min(MAX_WRITTEN, lengthOf(random, places));
      return `write ${String(offset)} ${String(length)}`;
    }
    case 'write-zeroes': {
      const unmap = random.chance(0.5) ? ' unmap' : '';
      const offset = start + within(random, clusterSize);
      return `write-zeroes ${String(offset)} ${String(areaOf(random, places, offset))}${unmap}`;
    }
    case 'write-compressed': {
      const isAligned = random.chance(0.85);
      const offset = isAligned ? start : start + random.below(clusterSize / SECTOR) * SECTOR;
      const length = isAligned
        ? random.pick([1, 1, 1, 1, 2, 3]) * clusterSize
        : random.between(0, (2 * clusterSize) / SECTOR) * SECTOR;
      return `write-compressed ${String(offset)} ${String(Math.min(MAX_WRITTEN, length))}`;
    }
    case 'discard': {
      const offset = start + (random.chance(0.8) ? 0 : within(random, clusterSize));
      return `discard ${String(offset)} ${String(areaOf(random, places, offset))}`;
    }
  }
}

/** A guest cluster at which something can happen; it may lie past the end of the disk. */
function spot(random: Random, places: WritePlaces): number {
  const { guestClusters, l2Entries, mapped, l2EntrySize } = places;
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return mapped.length === 0 ? 0 : random.pick(mapped) + random.pick([0, 0, 0, -1, 1]);
    case 3:
      // The end of an L2 table.
      return random.between(1, Math.ceil(guestClusters / l2Entries)) * l2Entries - random.below(4);
    case 4:
      // The end of a small slice.
      return random.below((guestClusters * l2EntrySize) / SECTOR + 1) * (SECTOR / l2EntrySize) - 1;
    case 5:
      return guestClusters - random.below(4) + random.pick([0, 0, 0, 2]);
    case 6:
      return random.below(Math.min(24, guestClusters));
    default:
      return random.below(guestClusters);
  }
}

/** Bytes from the start of a cluster. */
function within(random: Random, clusterSize: number): number {
  if (random.chance(0.55)) return 0;
  if (random.chance(0.5)) return random.below(clusterSize / SECTOR) * SECTOR;
  return random.below(clusterSize);
}

function lengthOf(random: Random, places: WritePlaces): number {
  const { clusterSize, l2Entries } = places;
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return clusterSize;
    case 3:
      return random.below(clusterSize);
    case 4:
      return random.between(1, clusterSize / SECTOR) * SECTOR;
    case 5:
      return random.between(2, 8) * clusterSize;
    case 6:
      return random.between(1, 4) * clusterSize + random.below(clusterSize);
    default:
      return random.between(1, Math.min(200, l2Entries * 2)) * clusterSize;
  }
}

/** A length for what writes no data: sometimes all the rest of the disk. */
function areaOf(random: Random, places: WritePlaces, offset: number): number {
  if (random.chance(0.05)) return Math.max(0, places.virtualSize - offset);
  return lengthOf(random, places);
}
