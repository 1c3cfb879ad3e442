import { maskedOffset } from '../../../qcow2/entryTable.js';
import { COMPRESSED } from '../../../qcow2/l2Entry.js';
import type { Driver } from '../driver.js';
import { RequestError, Unpredictable } from '../../copy/failure.js';
import { sliceForWriting, sliceIndex } from './l2Tables.js';
import type { Content } from '../../copy/overlay.js';
import type { Work } from '../../../work.js';

/** The byte that qemu-io writes. */
export const PATTERN = 0xcd;

/**
 * Bytes that a cluster of qemu-io's pattern, the same byte throughout, is compressed to: by cluster
 * bits from 9 on, measured with qemu-io 7.2.
 */
const LENGTHS = {
  zlib: [8, 11, 18, 22, 26, 34, 47, 79, 145, 272, 526, 1034, 2050],
  zstd: [19, 19, 19, 19, 19, 19, 19, 20, 22, 26, 34, 50, 82],
} as const;

/** Bytes that a cluster of the pattern is compressed to. */
export function packedBytes(driver: Driver): number {
  const method = driver.image.header.number('compression_type') === 0 ? 'zlib' : 'zstd';
  return LENGTHS[method][driver.sizes.clusterBits - 9];
}

const PACKED: Content = { kind: 'packed', value: PATTERN };

/** Writes clusters compressed (qcow2_co_pwritev_compressed_part). Failures are RequestError. */
export function* writeCompressed(driver: Driver, guest: number, bytes: number): Work {
  const { sizes, file, recorder } = driver;
  const { clusterSize, diskSize } = sizes;
  if (driver.dataFile) throw new RequestError('ENOTSUP');
  if (bytes === 0) {
    // QEMU makes the file end on a sector.
    const rest = (512 - (file.overlay.size % 512)) % 512;
    file.overlay.write(file.overlay.size, [{ length: rest, content: { kind: 'fill', value: 0 } }]);
    return;
  }
  const end = guest + bytes;
  if (guest % clusterSize !== 0) throw new RequestError('EINVAL');
  if (bytes % clusterSize !== 0 && end !== diskSize) throw new RequestError('EINVAL');
  if (bytes > clusterSize)
    recorder.doubt(
      'clusters are compressed at the same time, and take their places as each is done',
    );
  for (let at = guest; at < end; at += clusterSize) {
    if (at + clusterSize > end)
      throw new Unpredictable('the length of a compressed part of a cluster is not known');
    writeCluster(driver, at);
    yield;
  }
}

function writeCluster(driver: Driver, guest: number): void {
  const { sizes, file, allocation } = driver;
  const length = packedBytes(driver);
  const slice = sliceForWriting(driver, guest);
  let host: number;
  try {
    const index = sliceIndex(driver, guest);
    const { high, low } = slice.words(index);
    if (maskedOffset(high, low) !== 0) throw new RequestError('EIO');
    host = allocation.allocateBytes(length);
    driver.allocated(
      'compressed',
      host,
      Math.ceil(((host % sizes.clusterSize) + length) / sizes.clusterSize),
    );
    const sectors = Math.floor((host + length - 1) / 512) - Math.floor(host / 512);
    const offsetBits = 62 - (sizes.clusterBits - 8);
    slice.markDirty();
    slice.set(index, {
      high: COMPRESSED | (sectors * 2 ** (offsetBits - 32)) | Math.floor(host / 2 ** 32),
      low: host >>> 0,
    });
    if (sizes.extendedL2) slice.setBitmap(index, 0, 0);
  } finally {
    slice.release();
  }
  file.writeChecked('compressed data', 0, host, [{ length, content: PACKED }]);
}
