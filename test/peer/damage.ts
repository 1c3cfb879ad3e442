import { poke, type Poke } from '../images/pokes.js';
import type { Random } from '../images/random.js';
import type { Damage } from './slot.js';
import type { Field, Survey, TableKind } from './survey.js';

const COPIED = 1n << 63n;
const COMPRESSED = 1n << 62n;
const FLAG_BITS = [0, 1, 8, 9, 55, 56, 61, 62, 63] as const;

type Kind = Field['group'] | TableKind | 'refcount-block' | 'bytes' | 'size';

/** How often which structure is damaged. */
const WEIGHTS: readonly (readonly [Kind, number])[] = [
  ['header', 12],
  ['extension', 6],
  ['l1', 14],
  ['l2', 26],
  ['refcount-table', 9],
  ['refcount-block', 14],
  ['snapshot', 10],
  ['snapshot-l1', 6],
  ['snapshot-l2', 6],
  ['bitmap', 8],
  ['bitmap-table', 6],
  ['bytes', 5],
  ['size', 6],
];
const KINDS = WEIGHTS.flatMap(([kind, weight]) => new Array<Kind>(weight).fill(kind));

/** One to six random damages to an image whose places are known. */
export function randomDamage(random: Random, places: Survey): Damage {
  const count = random.chance(0.5) ? 1 : random.chance(0.5) ? 2 : random.between(3, 6);
  const pokes: Poke[] = [];
  let size: number | undefined;
  while (pokes.length + (size === undefined ? 0 : 1) < count) {
    const kind = random.pick(KINDS);
    if (kind === 'size') size = newSize(random, places);
    else pokes.push(...onePoke(random, places, kind));
  }
  return size === undefined ? { pokes } : { pokes, size };
}

/** None when the image has no such structure. */
function onePoke(random: Random, places: Survey, kind: Exclude<Kind, 'size'>): Poke[] {
  switch (kind) {
    case 'header':
    case 'extension':
    case 'snapshot':
    case 'bitmap': {
      const fields = places.fields.filter((field) => field.group === kind);
      return fields.length === 0 ? [] : [pokeField(random, places, random.pick(fields))];
    }
    case 'refcount-block':
      return [pokeRefcount(random, places)];
    case 'bytes': {
      const region = random.pick(places.regions);
      const offset = region.offset + random.below(Math.min(region.length, 4096));
      return [{ offset, hex: Buffer.from(random.bytes(random.between(1, 16))).toString('hex') }];
    }
    default: {
      const tables = places.tables.filter((table) => table.kind === kind && table.entries > 0);
      if (tables.length === 0) return [];
      const table = random.pick(tables);
      const index =
        table.used.length > 0 && random.chance(0.8)
          ? random.pick(table.used)
          : random.below(table.entries);
      const offset = table.offset + index * 8;
      const other = table.offset + random.below(table.entries) * 8;
      return [poke(offset, newEntry(random, places, offset, other))];
    }
  }
}

function newEntry(random: Random, places: Survey, offset: number, other: number): bigint {
  const old = places.read(offset, 8);
  const flags = random.chance(0.6) ? COPIED : random.chance(0.5) ? 0n : old & ~((1n << 56n) - 1n);
  const { clusterSize, fileSize } = places;
  switch (random.below(9)) {
    case 0:
      return old ^ (1n << BigInt(random.below(64)));
    case 1:
      return old ^ (1n << BigInt(random.pick(FLAG_BITS)));
    case 2:
      return flags | BigInt(target(random, places));
    case 3:
      return flags | BigInt(target(random, places) + 512 * random.below(clusterSize / 512));
    case 4:
      return random.pick([
        0n,
        1n,
        2n ** 64n - 1n,
        COPIED,
        COPIED | 1n,
        COMPRESSED,
        2n ** 63n - 512n,
      ]);
    case 5:
      // Around the end of the file, where one cluster more or less decides.
      return flags | BigInt(nearEnd(random, fileSize, clusterSize));
    case 6: {
      const compressedAt = BigInt(target(random, places) + random.below(clusterSize));
      const sectors = BigInt(random.below(clusterSize / 256));
      const shift = BigInt(62 - (Math.log2(clusterSize) - 8));
      return COMPRESSED | (random.chance(0.2) ? COPIED : 0n) | (sectors << shift) | compressedAt;
    }
    case 7:
      return places.read(other, 8);
    default:
      return (BigInt(random.uint32()) << 32n) | BigInt(random.uint32());
  }
}

function pokeField(random: Random, places: Survey, field: Field): Poke {
  const old = places.read(field.offset, field.length);
  const bits = BigInt(field.length * 8);
  const { clusterSize, fileSize } = places;
  const value = ((): bigint => {
    switch (random.below(7)) {
      case 0:
        return old ^ (1n << BigInt(random.below(Number(bits))));
      case 1:
        return old ^ (1n << BigInt(random.below(Math.min(12, Number(bits)))));
      case 2:
        return old + BigInt(random.pick([-1, 1, -8, 8, clusterSize, -512, 512]));
      case 3:
        return BigInt(target(random, places));
      case 4:
        return BigInt(nearEnd(random, fileSize, clusterSize));
      case 5:
        return random.pick([0n, 1n, 2n, 2n ** bits - 1n, 2n ** (bits - 1n), 2n ** (bits / 2n)]);
      default:
        return BigInt(random.below(1 << random.between(1, 20)));
    }
  })();
  return poke(field.offset, BigInt.asUintN(Number(bits), value), field.length);
}

function pokeRefcount(random: Random, places: Survey): Poke {
  const block = random.pick(places.refcountBlocks);
  const offset = block.offset + random.below(Math.min(block.length, 512));
  const old = Number(places.read(offset, 1));
  const value = random.pick([0, 1, 2, 3, 255, old ^ (1 << random.below(8))]);
  return poke(offset, value, 1);
}

/** The offset of a cluster that holds something. */
function target(random: Random, places: Survey): number {
  const { clusterSize } = places;
  const region = random.pick(places.regions);
  const first = Math.floor(region.offset / clusterSize);
  const clusters = Math.max(1, Math.min(16, Math.ceil(region.length / clusterSize)));
  return (first + random.below(clusters)) * clusterSize;
}

function nearEnd(random: Random, fileSize: number, clusterSize: number): number {
  const end = Math.ceil(fileSize / clusterSize) * clusterSize;
  return Math.max(0, end + random.between(-2, 3) * clusterSize - random.pick([0, 0, 1, 512]));
}

function newSize(random: Random, places: Survey): number {
  const { clusterSize, fileSize } = places;
  switch (random.below(5)) {
    case 0:
      return random.below(fileSize + 1);
    case 1:
      return random.below(Math.ceil(fileSize / clusterSize)) * clusterSize;
    case 2:
      return target(random, places) + random.below(600);
    case 3:
      return fileSize + random.between(1, 3 * clusterSize);
    default:
      return Math.max(0, fileSize - random.between(1, 2 * clusterSize));
  }
}
