import { ImageBuilder, type ImageOptions } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { SIDE_FILES, type BuiltRecipe } from '../builtImages.js';

type Options = Omit<ImageOptions, 'virtualSize'>;

const [BACKING_FILE, DATA_FILE] = [...SIDE_FILES.keys()];

/** Small images without bitmaps, with what a write can meet: holes, leaks, shared and free clusters. */
export function writeImages(): BuiltRecipe[] {
  return [
    ...[0, 1, 2, 3, 4, 5, 6].map((order) => disk(`c9-r${order}`, 9, order)),
    ...[3, 5].map((order) => disk(`c10-r${order}`, 10, order)),
    ...[0, 4, 6].map((order) => disk(`c12-r${order}`, 12, order)),
    ...[1, 4, 6].map((order) => disk(`c16-r${order}`, 16, order)),
    ...[9, 12, 16].map((bits) => disk(`v2-c${bits}`, bits, 4, { version: 2 })),
    ...[14, 16].map((bits) => disk(`extended-l2-c${bits}`, bits, 4, { extendedL2: true })),
    ...[9, 12].map((bits) =>
      disk(`backing-c${bits}`, bits, 4, { backing: { name: BACKING_FILE, format: 'raw' } }),
    ),
    ...[9, 12].map((bits) =>
      disk(`data-file-c${bits}`, bits, 4, { dataFile: { name: DATA_FILE, raw: false } }),
    ),
    disk('v2-backing', 9, 4, { version: 2, backing: { name: BACKING_FILE, format: 'raw' } }),
    disk('zstd', 12, 4, { compression: 'zstd' }),
    ...[1, 3, 4, 6].map((order) => snapshots(`snapshots-c9-r${order}`, 9, order)),
    snapshots('snapshots-c12', 12, 4),
    snapshots('snapshots-c16', 16, 4),
    snapshots('snapshots-v2', 10, 4, { version: 2 }),
    snapshots('snapshots-extended-l2', 14, 4, { extendedL2: true }),
    {
      name: 'write-empty',
      build: () => layOut(new ImageBuilder({ virtualSize: 2 ** 20, clusterBits: 10 })),
    },
    { name: 'write-table-full', build: () => layOut(nearlyFullTable()) },
  ];
}

function disk(
  name: string,
  clusterBits: number,
  refcountOrder: number,
  more: Options = {},
): BuiltRecipe {
  const options = { ...more, clusterBits, refcountOrder };
  return { name: `write-${name}`, build: () => layOut(used(options)) };
}

function snapshots(
  name: string,
  clusterBits: number,
  refcountOrder: number,
  more: Options = {},
): BuiltRecipe {
  const options = { ...more, clusterBits, refcountOrder };
  return {
    name: `write-${name}`,
    build() {
      const image = used(options);
      const { l2Entries } = image.geometry;
      image.snapshot({ name: 'first', extraData: options.version === 2 ? 0 : 16 });
      image.write(1).write(l2Entries);
      if (refcountOrder > 1) image.snapshot({ name: 'second' });
      return layOut(
        image
          .write(2, 2)
          .discard(l2Entries + 1)
          .write(20),
      );
    },
  };
}

/** Three L2 tables' worth of guest disk, the last one without its table. */
function used(options: Options & { readonly clusterBits: number }): ImageBuilder {
  const clusterSize = 2 ** options.clusterBits;
  const perTable = clusterSize / (options.extendedL2 === true ? 16 : 8);
  const image = new ImageBuilder({ ...options, virtualSize: perTable * 3 * clusterSize - 512 });
  const text = (byte: number): Uint8Array => new Uint8Array(clusterSize).fill(byte);
  image.write(0, 3, text(1)).write(5, 3, text(2));
  if (options.dataFile === undefined) {
    for (let guest = 9; guest < 12; guest++) image.compress(guest, text(guest));
  }
  if (options.version !== 2) image.zero(13, 2).zero(15, 1, true);
  if (options.extendedL2 === true) {
    image.writeSubclusters(17, { allocated: 0x0000ff0f, zero: 0xf0000000 }, text(3));
    image.zeroSubclusters(18, 0x00ff0000);
  }
  image.write(perTable - 2, 4, text(4)).write(perTable + 6, 1, text(5));
  return image
    .discard(6)
    .leak(1)
    .skip(1)
    .write(21, 1, text(6))
    .discard(perTable + 6);
}

/** 64-bit refcounts in clusters of 512 bytes; a few clusters more, and the refcount table must grow. */
function nearlyFullTable(): ImageBuilder {
  const image = new ImageBuilder({ virtualSize: 4 * 2 ** 20, clusterBits: 9, refcountOrder: 6 });
  image.write(0, 4);
  return image.skip(64 * 64 - 64 - image.host.end - 30).write(100, 2);
}
