import { ImageBuilder, type ImageOptions } from '../images/imageBuilder.js';
import { layOut, type BuiltImage } from '../images/layOut.js';
import type { SparseFile } from '../images/pieces.js';
import { Random } from '../images/random.js';

/** A healthy image made by our own writer. */
export interface BuiltRecipe {
  readonly name: string;
  build(): BuiltImage;
}

const CLUSTER_BITS = [9, 10, 12, 14, 16, 18, 21] as const;
const REFCOUNT_ORDERS = [0, 1, 2, 3, 4, 5, 6] as const;

const BACKING_FILE = 'base.raw';
const DATA_FILE = 'data.bin';

/** Files that some of these images refer to by name: all zeros. */
export const SIDE_FILES: ReadonlyMap<string, SparseFile> = new Map(
  [BACKING_FILE, DATA_FILE].map((name) => [name, { size: 16 * 2 ** 20, pieces: [] }]),
);

/** Every cluster size and refcount width, and every feature, in small images. */
export function builtImages(): BuiltRecipe[] {
  const recipes: BuiltRecipe[] = [];
  for (const clusterBits of CLUSTER_BITS) {
    for (const refcountOrder of REFCOUNT_ORDERS) {
      recipes.push(guest(`c${clusterBits}-r${refcountOrder}`, { clusterBits, refcountOrder }));
    }
  }
  for (const clusterBits of [9, 12, 16, 21]) {
    recipes.push(guest(`v2-c${clusterBits}`, { version: 2, clusterBits }));
  }
  for (const clusterBits of [14, 16, 21]) {
    recipes.push(guest(`extended-l2-c${clusterBits}`, { clusterBits, extendedL2: true }));
  }
  recipes.push(
    guest('zstd', { compression: 'zstd', clusterBits: 12 }),
    guest('lazy-dirty', { lazyRefcounts: true, dirty: true, clusterBits: 12 }),
    guest('corrupt-flag', { corrupt: true, clusterBits: 12 }),
    guest('backing', { backing: { name: BACKING_FILE, format: 'raw' }, clusterBits: 12 }),
    dataFile('data-file', DATA_FILE, false, 12),
    dataFile('data-file-raw', DATA_FILE, true, 16),
    { name: 'built-empty', build: () => layOut(new ImageBuilder({ virtualSize: 64 * 2 ** 20 })) },
    { name: 'built-zero-size', build: () => layOut(new ImageBuilder({ virtualSize: 0 })) },
    { name: 'built-many-blocks', build: manyBlocks },
    // Percentages that end in an exact half: 3.125, 9.375, 15.625.
    ...[1, 3, 5].map((clusters) => ({
      name: `built-half-percent-${clusters}`,
      build: () =>
        layOut(new ImageBuilder({ virtualSize: 2 ** 14, clusterBits: 9 }).write(0, clusters)),
    })),
    scattered('c9-r4', { clusterBits: 9, refcountOrder: 4 }, 1280),
    scattered('c9-r3', { clusterBits: 9, refcountOrder: 3 }, 640),
    scattered('c12-r5', { clusterBits: 12, refcountOrder: 5 }, 1500),
    scattered('c16-r4', { clusterBits: 16, refcountOrder: 4 }, 6000),
  );
  return recipes;
}

function guest(name: string, options: Omit<ImageOptions, 'virtualSize'>): BuiltRecipe {
  return { name: `built-${name}`, build: () => layOut(exercise(options)) };
}

/** A few L2 tables with everything that the options allow. */
function exercise(options: Omit<ImageOptions, 'virtualSize'>): ImageBuilder {
  const { clusterBits = 16, refcountOrder = 4 } = options;
  const clusterSize = 2 ** clusterBits;
  const random = new Random(clusterBits * 64 + refcountOrder);
  const perTable = clusterSize / (options.extendedL2 === true ? 16 : 8);
  const tables = clusterBits <= 12 ? 3 : 2;
  const image = new ImageBuilder({
    ...options,
    virtualSize: perTable * tables * clusterSize - 512,
  });
  const hasZeros = options.version !== 2;
  const text = (): Uint8Array => new Uint8Array(clusterSize).fill(random.below(256));
  const isLarge = clusterBits > 16;

  image.write(0, isLarge ? 2 : 8);
  for (let guest = 16; guest < 24; guest++) image.compress(guest, text());
  image.write(perTable + 1, 3).write(perTable + 9, 2);
  if (hasZeros) image.zero(perTable + 20, 3).zero(perTable + 24, isLarge ? 1 : 2, true);
  if (options.extendedL2 === true) {
    image.writeSubclusters(40, { allocated: 0x0000ff0f, zero: 0xf0000000 });
    image.zeroSubclusters(41, 0x00ff0000);
  }
  if (refcountOrder >= 2) {
    image.snapshot({ name: 'clean install', extraData: options.version === 2 ? 0 : 24 });
    image.write(2, 2).discard(perTable + 9);
    const vmState = random.bytes(Math.min(clusterSize + 100, 9000));
    image.snapshot({ name: 'läuft', vmState, extraData: 16 });
    image.write(5).compress(30, text());
  }
  if (hasZeros) {
    const granularityBits = Math.max(9, clusterBits - 5);
    image.bitmap({ name: 'nightly', granularityBits, dirty: [[3, 40]] });
    image.bitmap({ name: 'weekly', granularityBits: 16, dirty: [], auto: false });
    const bits = Math.ceil(image.options.virtualSize / 2 ** granularityBits);
    if (!isLarge) image.bitmap({ name: 'all', granularityBits, dirty: [[0, bits]] });
  }
  image.skip(isLarge ? 1 : 3).write(12);
  return image;
}

function dataFile(name: string, file: string, raw: boolean, clusterBits: number): BuiltRecipe {
  return {
    name: `built-${name}`,
    build() {
      const image = new ImageBuilder({
        virtualSize: 8 * 2 ** 20,
        clusterBits,
        dataFile: { name: file, raw },
      });
      image.write(0, 4).write(20, 3).zero(30, 2).zero(33, 1, true);
      return layOut(image.bitmap({ name: 'backup', granularityBits: 16, dirty: [[0, 5]] }));
    },
  };
}

/** Guest clusters in random order on the host, so that no L2 entry follows the one before. */
function scattered(
  name: string,
  options: Omit<ImageOptions, 'virtualSize'> & { readonly clusterBits: number },
  clusters: number,
): BuiltRecipe {
  return {
    name: `built-scattered-${name}`,
    build() {
      const image = new ImageBuilder({
        ...options,
        virtualSize: clusters * 2 ** options.clusterBits,
      });
      const order = Uint32Array.from({ length: clusters }, (_, guest) => guest);
      const random = new Random(clusters);
      random.shuffle(order);
      for (const guest of order) image.write(guest);
      image.snapshot({ name: 'before' });
      for (let i = 0; i < clusters / 20; i++) image.write(random.below(clusters));
      return layOut(image);
    },
  };
}

/** 64-bit refcounts in 512-byte clusters: a block every 64 clusters, a table of several clusters. */
function manyBlocks(): BuiltImage {
  const image = new ImageBuilder({ virtualSize: 4 * 2 ** 20, clusterBits: 9, refcountOrder: 6 });
  return layOut(image.write(0, 5000).snapshot({ name: 'full' }).write(100, 40));
}
