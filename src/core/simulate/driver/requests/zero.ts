import {
  collectingDiscards,
  discardClusters,
  forEachEntry,
  isSame,
  keepsCluster,
  punchKept,
  zeroed,
} from './discard.js';
import type { Driver } from '../driver.js';
import { ProcessAbort, RequestError } from '../../copy/failure.js';
import { isZero } from './guestData.js';
import { lookUpGuest } from './guestLookUp.js';
import { bitRange, type L2Slice } from './l2Slice.js';
import { freeEntry } from './link.js';
import { sliceForWriting, sliceIndex } from './l2Tables.js';
import type { Work } from '../../../work.js';

const ALL = bitRange(0, 32);

/**
 * Makes a range read as zeros without writing them; a range that is not on the grid lies within one
 * subcluster (qcow2_co_pwrite_zeroes). Failures are RequestError; ENOTSUP asks for zeros to be
 * written.
 */
export function* zeroGuest(driver: Driver, guest: number, bytes: number, unmap: boolean): Work {
  const { sizes } = driver;
  const { subclusterSize, diskSize } = sizes;
  const head = guest % subclusterSize;
  const end = guest + bytes;
  const tail = end === diskSize ? 0 : Math.ceil(end / subclusterSize) * subclusterSize - end;
  if (head === 0 && tail === 0) {
    yield* zeroSubclusters(driver, guest, bytes, unmap);
    return;
  }
  if (!isZero(driver, guest - head, head) || !isZero(driver, end, tail))
    throw new RequestError('ENOTSUP');
  const { kind } = lookUpGuest(driver, guest - head, subclusterSize);
  if (kind === 'normal' || kind === 'compressed') throw new RequestError('ENOTSUP');
  yield* zeroSubclusters(driver, guest - head, subclusterSize, unmap);
}

/** Whole subclusters, at the disk's end perhaps a part of one (qcow2_subcluster_zeroize). */
function* zeroSubclusters(driver: Driver, guest: number, bytes: number, unmap: boolean): Work {
  const { sizes } = driver;
  const { clusterSize, version, diskSize } = sizes;
  if (driver.rawDataFile)
    driver.writeExternal(guest, [{ length: bytes, content: { kind: 'fill', value: 0 } }]);
  if (version < 3) {
    if (driver.backed) throw new RequestError('ENOTSUP');
    yield* discardClusters(driver, guest, bytes);
    return;
  }
  const end = guest + bytes;
  const start = Math.min(end, Math.ceil(guest / clusterSize) * clusterSize);
  const tail =
    end >= diskSize ? 0 : end - Math.max(start, Math.floor(end / clusterSize) * clusterSize);
  const parts = function* (): Work {
    if (start > guest) zeroPart(driver, guest, start - guest);
    const clusters = Math.ceil((end - tail - start) / clusterSize);
    yield* forEachEntry(driver, start, clusters, (slice, index) => {
      zeroEntry(driver, slice, index, unmap);
    });
    if (tail > 0) zeroPart(driver, end - tail, tail);
  };
  yield* collectingDiscards(driver, parts());
}

/** One whole cluster (zero_in_l2_slice). */
function zeroEntry(driver: Driver, slice: L2Slice, index: number, unmap: boolean): void {
  const { extendedL2 } = driver.sizes;
  const old = slice.words(index);
  const kind = slice.kind(index);
  const gives =
    kind === 'compressed' || (unmap && (kind === 'normal' || kind === 'zero-allocated'));
  const keeps = keepsCluster(driver, kind);
  const kept = gives && !keeps ? { high: 0, low: 0 } : old;
  const entry = extendedL2 ? kept : zeroed(kept);
  const sameBitmap = !extendedL2 || (slice.allocated(index) === 0 && slice.zeroes(index) === ALL);
  if (isSame(old, entry) && sameBitmap) return;
  slice.markDirty();
  slice.set(index, entry);
  if (extendedL2) slice.setBitmap(index, 0, ALL);
  if (!gives) return;
  if (keeps) punchKept(driver, old, kind);
  else freeEntry(driver, old, 'request');
}

/** Some subclusters of a cluster (zero_l2_subclusters). */
function zeroPart(driver: Driver, guest: number, bytes: number): void {
  const { subclusterSize, clusterSize } = driver.sizes;
  const slice = sliceForWriting(driver, guest);
  try {
    const index = sliceIndex(driver, guest);
    const kind = slice.kind(index);
    if (kind === 'compressed') throw new RequestError('ENOTSUP');
    if (kind !== 'normal' && kind !== 'unallocated')
      throw new ProcessAbort('zero_l2_subclusters: code should not be reached');
    const first = (guest % clusterSize) / subclusterSize;
    const zeroed = bitRange(first, first + Math.ceil(bytes / subclusterSize));
    const zeroes = (slice.zeroes(index) | zeroed) >>> 0;
    const allocated = (slice.allocated(index) & ~zeroed) >>> 0;
    if (zeroes === slice.zeroes(index) && allocated === slice.allocated(index)) return;
    slice.setBitmap(index, allocated, zeroes);
    slice.markDirty();
  } finally {
    slice.release();
  }
}
