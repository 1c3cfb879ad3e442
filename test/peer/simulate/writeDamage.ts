import { poke, type Poke } from '../../images/pokes.js';
import type { Random } from '../../images/random.js';
import { randomDamage } from '../damage.js';
import type { Damage } from '../slot.js';
import type { TableKind } from '../survey.js';
import { refcountOffset, type WritePlaces } from './writePlaces.js';

const COPIED = 1n << 63n;
const COMPRESSED = 1n << 62n;
const OFFSET_BITS = 0x00fffffffffffe00n;

const INCOMPATIBLE_FEATURES = 72;
const DIRTY = 1n;
const CORRUPT = 2n;

type Kind = 'refcount' | 'l2' | 'l1' | 'refcount-table' | 'snapshot-l1' | 'feature' | 'name';

const WEIGHTS: readonly (readonly [Kind, number])[] = [
  ['refcount', 40],
  ['l2', 30],
  ['l1', 12],
  ['refcount-table', 12],
  ['snapshot-l1', 4],
  ['feature', 2],
  ['name', 3],
];
const KINDS = WEIGHTS.flatMap(([kind, weight]) => new Array<Kind>(weight).fill(kind));

/** None, what makes writes go wrong, or any damage at all; some of it on an image that is dirty. */
export function writeDamage(random: Random, places: WritePlaces): Damage {
  const damage = anyDamage(random, places);
  if (places.version === 2 || !random.chance(0.15)) return damage;
  const features = places.read(INCOMPATIBLE_FEATURES, 8);
  return { ...damage, pokes: [...damage.pokes, poke(INCOMPATIBLE_FEATURES, features | DIRTY)] };
}

function anyDamage(random: Random, places: WritePlaces): Damage {
  const choice = random.below(20);
  if (choice < 5) return { pokes: [] };
  if (choice < 8) return randomDamage(random, places);
  const pokes: Poke[] = [];
  for (let i = random.chance(0.6) ? 1 : random.between(2, 4); i > 0; i--) {
    pokes.push(...onePoke(random, places, random.pick(KINDS)));
  }
  return { pokes };
}

/** None when the image has no such structure. */
function onePoke(random: Random, places: WritePlaces, kind: Kind): Poke[] {
  switch (kind) {
    case 'refcount':
      return refcountPoke(random, places);
    case 'feature': {
      if (places.version === 2) return [];
      const old = places.read(INCOMPATIBLE_FEATURES, 8);
      const bit = random.chance(0.5)
        ? random.pick([CORRUPT, DIRTY])
        : 1n << BigInt(random.below(64));
      return [poke(INCOMPATIBLE_FEATURES, old | bit)];
    }
    case 'name':
      return namePoke(random, places);
    case 'l2':
      return entryPoke(random, places, kind, l2Entry);
    case 'l1':
    case 'snapshot-l1':
    case 'refcount-table':
      return entryPoke(random, places, kind, tableEntry);
  }
}

/** Makes a cluster in use look free, most of the time. */
function refcountPoke(random: Random, places: WritePlaces): Poke[] {
  const cluster = target(random, places) / places.clusterSize;
  const offset = refcountOffset(places, cluster);
  if (offset === undefined) return [];
  const bytes = Math.max(1, places.refcountBits / 8);
  const highest = 2n ** BigInt(places.refcountBits) - 1n;
  const count = random.chance(0.75) ? 0n : random.pick([highest, highest, 1n, 2n, 3n]);
  if (places.refcountBits >= 8) return [poke(offset, BigInt.asUintN(bytes * 8, count), bytes)];
  const shift = BigInt((cluster * places.refcountBits) % 8);
  const others = places.read(offset, 1) & ~(highest << shift);
  return [poke(offset, others | ((count & highest) << shift), 1)];
}

/** Changes how long a name or an id is, or puts a NUL near it. */
function namePoke(random: Random, places: WritePlaces): Poke[] {
  const sizes = places.fields.filter(
    ({ group, length }) => (group === 'bitmap' || group === 'snapshot') && length === 2,
  );
  if (sizes.length === 0) return [];
  const { offset } = random.pick(sizes);
  if (random.chance(0.4)) return [poke(offset + random.between(6, 50), 0n, 1)];
  return [poke(offset, BigInt(random.below(Number(places.read(offset, 2)) + 8)), 2)];
}

function entryPoke(
  random: Random,
  places: WritePlaces,
  kind: TableKind,
  change: (random: Random, places: WritePlaces, old: bigint) => bigint,
): Poke[] {
  const tables = places.tables.filter((table) => table.kind === kind && table.entries > 0);
  if (tables.length === 0) return [];
  const table = random.pick(tables);
  const index =
    table.used.length > 0 && random.chance(0.75)
      ? random.pick(table.used)
      : random.below(Math.min(64, table.entries));
  const offset = table.offset + index * 8;
  return [poke(offset, BigInt.asUintN(64, change(random, places, places.read(offset, 8))))];
}

function l2Entry(random: Random, places: WritePlaces, old: bigint): bigint {
  const at = BigInt(target(random, places));
  const copied = random.chance(0.6) ? COPIED : 0n;
  switch (random.below(10)) {
    case 0:
    case 1:
      return old ^ COPIED;
    case 2:
    case 3:
    case 4:
      return copied | at;
    case 5:
      // Not at the start of a cluster.
      return copied | (at + BigInt(512 * random.between(0, places.clusterSize / 512 - 1)));
    case 6:
      return old | BigInt(512 * random.between(0, places.clusterSize / 512 - 1));
    case 7:
      return old ^ 1n;
    case 8: {
      const sectors = BigInt(random.below(places.clusterSize / 512 + 1));
      const shift = 62n - BigInt(Math.log2(places.clusterSize) - 8);
      return COMPRESSED | (sectors << shift) | (at + BigInt(random.below(places.clusterSize)));
    }
    default:
      return copied | BigInt(beyond(random, places)) | random.pick([0n, 1n]);
  }
}

function tableEntry(random: Random, places: WritePlaces, old: bigint): bigint {
  const flag = old & COPIED;
  switch (random.below(9)) {
    case 0:
      return 0n;
    case 1:
      return COPIED;
    case 2:
      return old | BigInt(512 * random.between(0, places.clusterSize / 512 - 1));
    case 3:
    case 4:
      return old ^ COPIED;
    case 5:
      return flag | BigInt(beyond(random, places));
    default:
      return flag | (BigInt(target(random, places)) & OFFSET_BITS);
  }
}

/** The offset of a cluster in use. */
function target(random: Random, places: WritePlaces): number {
  const { clusterSize, fileSize } = places;
  if (random.chance(0.3)) return random.below(Math.min(64, fileSize / clusterSize)) * clusterSize;
  const region = random.pick(places.regions);
  const clusters = Math.max(1, Math.min(8, Math.ceil(region.length / clusterSize)));
  return (Math.floor(region.offset / clusterSize) + random.below(clusters)) * clusterSize;
}

/** A cluster's offset about the end of the file. */
function beyond(random: Random, places: WritePlaces): number {
  const { clusterSize, fileSize } = places;
  const end = Math.ceil(fileSize / clusterSize);
  return (end + random.pick([-1, 0, 0, 1, 2, 20])) * clusterSize;
}
