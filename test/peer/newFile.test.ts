import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { scan } from '../../src/core/check/scan.js';
import { isMappable, openImage } from '../../src/core/qcow2/image.js';
import { isRecord } from '../../src/core/record.js';
import { spaceBill } from '../../src/core/space/bill.js';
import { diskContents } from '../../src/core/space/diskContents.js';
import {
  CLUSTER_SIZES,
  dataInClusters,
  fullSize,
  type NewImage,
  requiredSize,
} from '../../src/core/space/newImage.js';
import { finish } from '../../src/core/work.js';
import { FileSource } from '../../src/node/fileSource.js';
import { Random } from '../images/random.js';
import { qemu, temporaryFolder } from './qemu.js';
import { SEED } from './seed.js';

const MIB = 2 ** 20;

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

function opened<T>(path: string, look: (source: FileSource) => T): T {
  const source = FileSource.open(path);
  try {
    return look(source);
  } finally {
    source.close();
  }
}

function mappable(source: FileSource) {
  const image = openImage(source);
  if (!isMappable(image)) throw new Error('not mappable');
  return image;
}

/** A disk of `size` with writes here and there, compressed ones if wanted, and a snapshot between them. */
function scattered(name: string, size: number, options: string, hasSnapshot: boolean): string {
  const path = join(folder.path, name);
  const random = new Random(SEED);
  qemu('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', options, path, String(size)], folder.path);
  for (const isSecond of [false, true]) {
    const writes = Array.from({ length: 6 }, () => {
      const at = random.below(size / 512 - 300) * 512;
      return ['-c', `write ${String(at)} ${String(512 * (1 + random.below(300)))}`];
    });
    qemu('qemu-io', [...writes.flat(), path], folder.path);
    if (hasSnapshot && !isSecond) qemu('qemu-img', ['snapshot', '-c', 'one', path], folder.path);
  }
  return path;
}

describe('a new file, and this one when it is full', () => {
  test('another layout needs what qemu-img measure says of it', () => {
    const path = scattered('layouts.qcow2', 24 * MIB, 'cluster_size=4096', true);
    const contents = opened(path, (source) => finish(diskContents(mappable(source))));
    if (!contents) throw new Error('damaged');
    const layouts = CLUSTER_SIZES.map((clusterSize, index): NewImage => ({
      clusterSize,
      refcountBits: [1, 2, 4, 8, 16, 32, 64][index % 7],
      extendedL2: clusterSize >= 16_384 && index % 2 === 0,
    }));
    for (const layout of layouts) {
      const options = [
        `cluster_size=${String(layout.clusterSize)}`,
        `refcount_bits=${String(layout.refcountBits)}`,
        `extended_l2=${layout.extendedL2 ? 'on' : 'off'}`,
      ].join(',');
      const measured: unknown = JSON.parse(
        qemu(
          'qemu-img',
          ['measure', '-O', 'qcow2', '-o', options, '--output=json', path],
          folder.path,
        ),
      );
      if (!isRecord(measured)) throw new Error('no object');
      const data = dataInClusters(contents.data, layout.clusterSize);
      expect([options, requiredSize(24 * MIB, data, layout), fullSize(24 * MIB, layout)]).toEqual([
        ...[options, measured.required, measured['fully-allocated']],
      ]);
    }
  });

  test.for([
    { clusterSize: 512, refcountBits: 64, hasSnapshot: true },
    { clusterSize: 512, refcountBits: 16, hasSnapshot: false },
    { clusterSize: 4096, refcountBits: 16, hasSnapshot: true },
    { clusterSize: 65_536, refcountBits: 16, hasSnapshot: true },
  ])(
    'a file of $clusterSize bytes and $refcountBits bits never grows beyond what is said',
    ({ clusterSize, refcountBits, hasSnapshot }) => {
      const size = 6 * MIB;
      const options = `cluster_size=${String(clusterSize)},refcount_bits=${String(refcountBits)}`;
      const path = scattered(
        `grown-${String(clusterSize)}-${String(refcountBits)}.qcow2`,
        size,
        options,
        hasSnapshot,
      );
      const said = opened(path, (source) => finish(spaceBill(finish(scan(mappable(source))))));
      const steps = Array.from({ length: 24 }, (_, step) => (step * 7) % 24);
      qemu(
        'qemu-io',
        [
          ...steps.flatMap((step) => [
            '-c',
            `write ${String((step * size) / 24)} ${String(size / 24)}`,
          ]),
          path,
        ],
        folder.path,
      );
      const really = statSync(path).size;
      expect(really).toBeLessThanOrEqual(said.fullyWritten);
      // A bound that says little would be no help.
      expect(said.fullyWritten - really).toBeLessThan(0.03 * really);
    },
  );
});
