import { imageArgument, qemu, SECRET_ARGUMENTS } from './qemu.js';

/** An image made by QEMU's own tools. */
export interface RealRecipe {
  readonly name: string;
  /** Makes `image.qcow2`, and files it refers to, in the folder. */
  make(folder: string): void;
  /** Side files that the image refers to. */
  readonly sideFiles: readonly string[];
  readonly isEncrypted: boolean;
}

const IMAGE = 'image.qcow2';

/** Writes that give a small image some data, zeros and holes. */
const WRITES = ['write -P 1 0 300k', 'write -z 1M 128k', 'write -z -u 1408k 64k', 'write 2M 70k'];
const DISCARDS = ['discard 64k 64k', 'discard 2M 4k'];

export function realImages(): RealRecipe[] {
  const recipes: RealRecipe[] = [
    ...[512, 4096, 65_536, 2 ** 21].map((size) =>
      recipe(`cluster-${String(size)}`, [`cluster_size=${String(size)}`]),
    ),
    ...[1, 2, 4, 8, 16, 32, 64].map((bits) =>
      recipe(`refcount-bits-${String(bits)}`, [`refcount_bits=${String(bits)}`, 'cluster_size=4k']),
    ),
    recipe('version-2', ['compat=0.10'], { writes: ['write 0 300k', 'write 2M 70k'] }),
    recipe('lazy-refcounts', ['lazy_refcounts=on', 'cluster_size=4k']),
    recipe('left-dirty', ['lazy_refcounts=on', 'cluster_size=4k'], {
      after(folder) {
        // qemu-io's abort ends it in a signal, and the dirty bit stays.
        qemuAborted(folder, ['write 1M 64k', 'flush', 'abort']);
      },
    }),
    recipe('extended-l2', ['extended_l2=on'], {
      writes: [...WRITES, 'write -P 3 132k 6k', 'write -z 260k 4k', 'discard 8k 8k'],
    }),
    recipe('extended-l2-16k', ['extended_l2=on', 'cluster_size=16k'], {
      writes: ['write 0 1k', 'write 20k 3k', 'write -z 40k 20k', 'write -z -u 64k 512'],
      after: takeSnapshots,
    }),
    ...[512, 4096, 65_536].map((size) =>
      recipe(`snapshots-${String(size)}`, [`cluster_size=${String(size)}`], {
        after: takeSnapshots,
      }),
    ),
    recipe('snapshots-version-2', ['compat=0.10', 'cluster_size=4k'], {
      writes: ['write 0 300k'],
      after: takeSnapshots,
    }),
    ...[512, 4096, 65_536].map((size) =>
      recipe(`bitmaps-${String(size)}`, [`cluster_size=${String(size)}`], { after: addBitmaps }),
    ),
    recipe('bitmaps-and-snapshots', ['cluster_size=1k'], {
      after(folder) {
        takeSnapshots(folder);
        addBitmaps(folder);
      },
    }),
    ...['zlib', 'zstd'].map((type) =>
      recipe(`compressed-${type}`, [`compression_type=${type}`, 'cluster_size=4k'], {
        writes: compressedWrites(4096, 40),
      }),
    ),
    recipe('compressed-64k', [], { writes: compressedWrites(65_536, 20) }),
    recipe('compressed-512', ['cluster_size=512'], { writes: compressedWrites(512, 60) }),
    recipe('converted', ['cluster_size=8k'], {
      after(folder) {
        const args = ['convert', '-c', '-O', 'qcow2', '-o', 'cluster_size=8k', IMAGE, 'converted'];
        qemu('qemu-img', args, folder);
        qemu('qemu-img', ['convert', '-O', 'raw', 'converted', 'plain'], folder);
        qemu('qemu-img', [...args.slice(0, 6), 'plain', IMAGE], folder);
      },
    }),
    recipe('data-file', ['data_file=data.bin'], { sideFiles: ['data.bin'] }),
    recipe('data-file-raw', ['data_file=data.bin', 'data_file_raw=on', 'cluster_size=4k'], {
      sideFiles: ['data.bin'],
    }),
    ...['metadata', 'falloc', 'full'].map((mode) =>
      recipe(`preallocation-${mode}`, [`preallocation=${mode}`, 'cluster_size=16k']),
    ),
    {
      name: 'backing-file',
      sideFiles: ['base.qcow2'],
      isEncrypted: false,
      make(folder) {
        qemu('qemu-img', ['create', '-q', '-f', 'qcow2', 'base.qcow2', '4M'], folder);
        const backing = ['-b', 'base.qcow2', '-F', 'qcow2'];
        qemu('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, IMAGE], folder);
        commands(folder, WRITES);
      },
    },
    recipe('resized', ['cluster_size=4k'], {
      after(folder) {
        qemu('qemu-img', ['resize', '-q', IMAGE, '96M'], folder);
        commands(folder, ['write 90M 200k']);
        qemu('qemu-img', ['resize', '-q', '--shrink', IMAGE, '2M'], folder);
      },
    }),
    recipe('discarded', ['cluster_size=4k'], {
      after(folder) {
        commands(folder, ['write 0 1M', ...DISCARDS, 'discard 128k 512k', 'write 300k 8k']);
      },
    }),
    ...[4096, 65_536].map((size): RealRecipe => ({
      name: `luks-${String(size)}`,
      sideFiles: [],
      isEncrypted: true,
      make(folder) {
        makeLuks(folder, [`cluster_size=${String(size)}`]);
        const image = imageArgument(IMAGE, true);
        const writes = ['-c', 'write 0 200k', '-c', 'write 1M 20k'];
        qemu('qemu-io', [...SECRET_ARGUMENTS, '--image-opts', image, ...writes], folder);
      },
    })),
  ];
  return recipes.map((real) => ({ ...real, name: `real-${real.name}` }));
}

/** Makes an image encrypted by LUKS, with the passphrase of SECRET_ARGUMENTS. */
export function makeLuks(folder: string, more: readonly string[], name = IMAGE): void {
  const options = ['encrypt.format=luks', 'encrypt.key-secret=key0', 'encrypt.iter-time=10'];
  const args = ['create', '-q', ...SECRET_ARGUMENTS, '-f', 'qcow2', '-o'];
  createEncrypted([...args, [...options, ...more].join(','), name, '4M'], folder);
}

/** QEMU times its key derivation, and gives up on a machine that others use as well. */
function createEncrypted(args: readonly string[], folder: string): void {
  for (let left = 9; ; left--) {
    try {
      qemu('qemu-img', args, folder);
      return;
    } catch (error) {
      if (left === 0 || !String(error).includes('Unable to get accurate CPU usage')) throw error;
    }
  }
}

interface RecipeParts {
  readonly writes?: readonly string[];
  readonly sideFiles?: readonly string[];
  after?(folder: string): void;
}

function recipe(name: string, options: readonly string[], parts: RecipeParts = {}): RealRecipe {
  return {
    name,
    sideFiles: parts.sideFiles ?? [],
    isEncrypted: false,
    make(folder) {
      const given = options.length > 0 ? ['-o', options.join(',')] : [];
      qemu('qemu-img', ['create', '-q', '-f', 'qcow2', ...given, IMAGE, '4M'], folder);
      commands(folder, parts.writes ?? (options.includes('compat=0.10') ? [] : WRITES));
      parts.after?.(folder);
    },
  };
}

function commandArguments(list: readonly string[]): string[] {
  return ['-f', 'qcow2', '-d', 'unmap', ...list.flatMap((command) => ['-c', command]), IMAGE];
}

function commands(folder: string, list: readonly string[]): void {
  qemu('qemu-io', commandArguments(list), folder);
}

function qemuAborted(folder: string, list: readonly string[]): void {
  try {
    commands(folder, list);
  } catch {
    return;
  }
  throw new Error('qemu-io was to abort');
}

function takeSnapshots(folder: string): void {
  qemu('qemu-img', ['snapshot', '-c', 'first', IMAGE], folder);
  commands(folder, ['write -P 7 16k 40k', 'write 3M 10k']);
  qemu('qemu-img', ['snapshot', '-c', 'zweiter ø', IMAGE], folder);
  commands(folder, ['write -P 9 0 8k']);
  qemu('qemu-img', ['snapshot', '-c', 'third', IMAGE], folder);
  qemu('qemu-img', ['snapshot', '-d', 'first', IMAGE], folder);
}

function addBitmaps(folder: string): void {
  qemu('qemu-img', ['bitmap', '--add', '-g', '512', IMAGE, 'fine'], folder);
  qemu('qemu-img', ['bitmap', '--add', '-g', '64k', IMAGE, 'coarse'], folder);
  qemu('qemu-img', ['bitmap', '--add', '--disable', IMAGE, 'idle'], folder);
  commands(folder, ['write 100k 40k', 'write 3M 700k']);
  qemu('qemu-img', ['bitmap', '--disable', IMAGE, 'coarse'], folder);
  qemu('qemu-img', ['bitmap', '--merge', 'fine', IMAGE, 'idle'], folder);
  qemu('qemu-img', ['bitmap', '--clear', IMAGE, 'coarse'], folder);
  qemu('qemu-img', ['bitmap', '--enable', IMAGE, 'coarse'], folder);
}

function compressedWrites(clusterSize: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const pattern = String(index % 200);
    return `write -c -P ${pattern} ${String(index * clusterSize)} ${String(clusterSize)}`;
  });
}
