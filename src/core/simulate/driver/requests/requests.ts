import { PATTERN, writeCompressed } from './compressed.js';
import { discardClusters } from './discard.js';
import type { Driver } from '../driver.js';
import { failureOfWork, RequestError } from '../../copy/failure.js';
import { lookUpGuest } from './guestLookUp.js';
import { writeGuest } from './guestWrite.js';
import type { Content } from '../../copy/overlay.js';
import type { Work } from '../../../work.js';
import { zeroGuest } from './zero.js';

/** The block layer above the driver (block/io.c): bounds, alignment, and the flush behind a write. */

/** Zeros that are written because the driver has no cheaper way go in pieces of this length. */
const BOUNCE_BYTES = 32768 * 512;

const DATA: Content = { kind: 'fill', value: PATTERN };
const ZERO: Content = { kind: 'fill', value: 0 };

/** The bitmaps note the range of every request that gets so far, even of one that fails. */
function* tracked(driver: Driver, offset: number, length: number, work: Work): Work {
  try {
    yield* work;
  } finally {
    driver.bitmaps?.touch(offset, length);
  }
}

/** Fails for a range that the disk does not have (blk_check_byte_request). */
export function check(driver: Driver, offset: number, length: number): void {
  const { diskSize } = driver.sizes;
  if (driver.signal.dead) throw new RequestError('ENOMEDIUM');
  if (offset > diskSize || diskSize - offset < length) throw new RequestError('EIO');
}

/** Longest stretches that are read at once: of encrypted ones, 32 clusters (qcow2_co_preadv_part). */
const MAX_READ = 2 ** 31 - 1;
const MAX_ENCRYPTED_CLUSTERS = 32;

/** The look-ups that a read makes. What it reads is not asked for. */
export function read(driver: Driver, offset: number, length: number): void {
  check(driver, offset, length);
  const most = driver.encrypted ? MAX_ENCRYPTED_CLUSTERS * driver.sizes.clusterSize : MAX_READ;
  for (let at = offset; at < offset + length;)
    at += lookUpGuest(driver, at, Math.min(offset + length - at, most)).bytes;
}

export function* write(driver: Driver, offset: number, length: number, through: boolean): Work {
  check(driver, offset, length);
  yield* tracked(driver, offset, length, writeGuest(driver, offset, length, DATA));
  if (through) flushNode(driver);
}

export function* compress(driver: Driver, offset: number, length: number): Work {
  check(driver, offset, length);
  yield* tracked(driver, offset, length, writeCompressed(driver, offset, length));
}

/** Cut at the grid of subclusters (bdrv_co_do_pwrite_zeroes); of no length it never gets there. */
export function* writeZeroes(
  driver: Driver,
  offset: number,
  length: number,
  unmap: boolean,
  through: boolean,
): Work {
  check(driver, offset, length);
  yield* tracked(driver, offset, length, zeroAligned(driver, offset, length, unmap));
  if (through && length > 0) flushNode(driver);
}

function* zeroAligned(driver: Driver, offset: number, length: number, unmap: boolean): Work {
  const { subclusterSize, version } = driver.sizes;
  let head = offset % subclusterSize;
  const tail = (offset + length) % subclusterSize;
  let at = offset;
  let left = length;
  while (left > 0) {
    let count = left;
    if (head > 0) {
      count = Math.min(left, BOUNCE_BYTES, subclusterSize - head);
      head = (head + count) % subclusterSize;
    } else if (tail > 0 && count > subclusterSize) count -= tail;
    const errno = yield* failureOfWork(zeroGuest(driver, at, count, unmap && version >= 3));
    if (errno === 'ENOTSUP') {
      if (driver.signal.dead) throw new RequestError('ENOMEDIUM');
      count = Math.min(count, BOUNCE_BYTES);
      if (driver.signal.dead) throw new RequestError('ENOMEDIUM');
      yield* writeGuest(driver, at, count, ZERO);
    } else if (errno !== undefined) throw new RequestError(errno);
    at += count;
    left -= count;
  }
}

/** Cut at the grid of clusters; parts of clusters are ignored (bdrv_co_pdiscard). */
export function* discard(driver: Driver, offset: number, length: number): Work {
  check(driver, offset, length);
  yield* tracked(driver, offset, length, discardAligned(driver, offset, length));
}

function* discardAligned(driver: Driver, offset: number, length: number): Work {
  const { clusterSize } = driver.sizes;
  let head = offset % clusterSize;
  const tail = (offset + length) % clusterSize;
  let at = offset;
  let left = length;
  while (left > 0) {
    let count = left;
    if (head > 0) {
      count = Math.min(left, clusterSize - head);
      head = (head + count) % clusterSize;
    } else if (tail > 0 && count > clusterSize) count -= tail;
    if (driver.signal.dead) throw new RequestError('ENOMEDIUM');
    const errno = yield* failureOfWork(discardPart(driver, at, count));
    if (
      errno !== undefined &&
      errno !== 'ENOTSUP' &&
      !(errno === 'EINVAL' && count % clusterSize !== 0)
    )
      throw new RequestError(errno);
    at += count;
    left -= count;
  }
}

function* discardPart(driver: Driver, offset: number, length: number): Work {
  const { clusterSize, diskSize, version } = driver.sizes;
  if (version < 3 && driver.backed) throw new RequestError('ENOTSUP');
  if (offset % clusterSize !== 0) throw new RequestError('ENOTSUP');
  if (length % clusterSize !== 0 && offset + length !== diskSize) throw new RequestError('ENOTSUP');
  yield* discardClusters(driver, offset, length);
}

/** The guest's flush, and the one behind each write when the cache writes through. */
export function flush(driver: Driver): void {
  if (driver.signal.dead) throw new RequestError('ENOMEDIUM');
  flushNode(driver);
}

/** A dead node has nothing to flush (bdrv_co_flush). */
export function flushNode(driver: Driver): void {
  if (!driver.signal.dead) driver.writeCaches();
}
