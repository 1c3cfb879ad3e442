import { maskedOffset } from '../../../qcow2/entryTable.js';
import type { L2EntryKind } from '../../../qcow2/l2Entry.js';
import { bitRange, type EntryWords, type L2Slice } from './l2Slice.js';
import { freeEntry } from './link.js';
import { sliceForWriting, sliceIndex } from './l2Tables.js';
import type { Driver } from '../driver.js';
import type { Work } from '../../../work.js';

const ALL = bitRange(0, 32);
const ZERO_FLAG = 1;
const NONE: EntryWords = { high: 0, low: 0 };

/** Entries that are dealt with between two yields: each may read a refcount block. */
const ENTRIES_A_STEP = 64;

/** A request that frees clusters: they are given back to the file system when it is over. */
export function* collectingDiscards(driver: Driver, work: Work): Work {
  const { discards } = driver;
  discards.collecting = true;
  let succeeded = false;
  try {
    yield* work;
    succeeded = true;
  } finally {
    discards.collecting = false;
    if (!succeeded) discards.process(false);
  }
  yield* discards.processing(true);
}

/** Calls `part` for the entry of each of so many guest clusters from one on. */
export function* forEachEntry(
  driver: Driver,
  guest: number,
  clusters: number,
  part: (slice: L2Slice, index: number) => void,
): Work {
  const { sizes } = driver;
  let at = guest;
  let left = clusters;
  while (left > 0) {
    const slice = sliceForWriting(driver, at);
    const first = sliceIndex(driver, at);
    const count = Math.min(left, sizes.sliceEntries - first);
    for (let index = first; index < first + count; index++) {
      part(slice, index);
      if (index % ENTRIES_A_STEP === 0) yield;
    }
    slice.release();
    left -= count;
    at += count * sizes.clusterSize;
  }
}

/** The guest gives up whole clusters (qcow2_cluster_discard). Failures are RequestError. */
export function discardClusters(driver: Driver, guest: number, bytes: number): Work {
  const clusters = Math.ceil(bytes / driver.sizes.clusterSize);
  return collectingDiscards(
    driver,
    forEachEntry(driver, guest, clusters, (slice, index) => {
      discardEntry(driver, slice, index);
    }),
  );
}

function discardEntry(driver: Driver, slice: L2Slice, index: number): void {
  const { sizes } = driver;
  const old = slice.words(index);
  const kind = slice.kind(index);
  const isAllocated = kind === 'normal' || kind === 'zero-allocated' || kind === 'compressed';
  if (!isAllocated && !driver.backed) return;
  const keeps = keepsCluster(driver, kind);
  const kept = keeps ? old : NONE;
  if (sizes.extendedL2) {
    if (isSame(old, kept) && slice.allocated(index) === 0 && slice.zeroes(index) === ALL) return;
    slice.markDirty();
    slice.set(index, kept);
    slice.setBitmap(index, 0, ALL);
  } else {
    const entry = sizes.version >= 3 ? zeroed(kept) : kept;
    if (isSame(old, entry)) return;
    slice.markDirty();
    slice.set(index, entry);
  }
  if (keeps) punchKept(driver, old, kind);
  else freeEntry(driver, old, 'request');
}

/** Whether what the guest gives up stays where it is. A compressed cluster never does. */
export const keepsCluster = (driver: Driver, kind: L2EntryKind): boolean =>
  driver.discardNoUnref && kind !== 'compressed';

/** The file system gets the bytes of a kept cluster at once, whatever the overlap checks would say. */
export function punchKept(driver: Driver, { high, low }: EntryWords, kind: L2EntryKind): void {
  if (driver.dataFile || (kind !== 'normal' && kind !== 'zero-allocated')) return;
  driver.file.punch('hole in kept data', maskedOffset(high, low), driver.sizes.clusterSize);
}

export const zeroed = ({ high, low }: EntryWords): EntryWords => ({
  high,
  low: (low | ZERO_FLAG) >>> 0,
});

export const isSame = (a: EntryWords, b: EntryWords): boolean =>
  a.high === b.high && a.low === b.low;
