import { maskedOffset } from '../../../qcow2/entryTable.js';
import { COPIED, compressedSpan, l2EntryKind } from '../../../qcow2/l2Entry.js';
import { hashHex } from '../../../bytes.js';
import type { Driver } from '../driver.js';
import { readGuest } from './guestData.js';
import { bitRange, type EntryWords, type L2Slice } from './l2Slice.js';
import { sliceForWriting, sliceIndex } from './l2Tables.js';
import { wordsOf } from '../state/memoryTable.js';
import { type Content, cut, lengthOf, type Part } from '../../copy/overlay.js';
import type { FreedFor } from '../refcounts/refcounts.js';
import { hasCopy, type WritePlan } from './writePlan.js';

/** Data up to this length between two areas is read along with them (perform_cow). */
const READ_ALONG = 16384;

/**
 * Copies what a write left out, enters its clusters in the L2 table and frees the old ones
 * (qcow2_alloc_cluster_link_l2).
 *
 * @param merged the guest's data, when they are written along with the copies
 */
export function linkPlan(driver: Driver, plan: WritePlan, merged: Content | undefined): void {
  const { l2Cache, refcountCache } = driver;
  if (hasCopy(plan) && !plan.skipCopy) copy(driver, plan, merged);
  driver.markDirty();
  if (driver.accurateRefcounts) l2Cache.dependOn(refcountCache);
  const slice = sliceForWriting(driver, plan.guest);
  slice.markDirty();
  const first = sliceIndex(driver, plan.guest);
  const old: EntryWords[] = [];
  for (let i = 0; i < plan.clusters; i++) {
    const words = slice.words(first + i);
    if (words.high !== 0 || words.low !== 0) old.push(words);
    enter(driver, slice, first + i, plan, i);
  }
  slice.release();
  if (!plan.keepsOld) for (const words of old) freeEntry(driver, words, 'never');
}

/** One new entry, and its subclusters that have data now. */
function enter(
  { sizes }: Driver,
  slice: L2Slice,
  index: number,
  plan: WritePlan,
  cluster: number,
): void {
  const { clusterSize, subclusterSize } = sizes;
  const start = cluster * clusterSize;
  const [high, low] = wordsOf(plan.host + start);
  slice.set(index, { high: high | COPIED, low });
  if (!sizes.extendedL2) return;
  const from = Math.max(plan.before.from, start) - start;
  const to = Math.min(plan.behind.to, start + clusterSize) - start;
  const written = bitRange(Math.floor(from / subclusterSize), Math.ceil(to / subclusterSize));
  slice.setBitmap(index, slice.allocated(index) | written, slice.zeroes(index) & ~written);
}

/** Frees what an L2 entry refers to (qcow2_free_any_cluster). */
export function freeEntry(driver: Driver, { high, low }: EntryWords, freedFor: FreedFor): void {
  const { sizes, refcounts, signal } = driver;
  if (driver.dataFile) return;
  const kind = l2EntryKind(high, low, sizes);
  if (kind === 'compressed') {
    const { offset, length } = compressedSpan(high, low, sizes);
    refcounts.free(offset, length, freedFor, 'compressed');
  } else if (kind === 'normal' || kind === 'zero-allocated') {
    const offset = maskedOffset(high, low);
    if (offset % sizes.clusterSize !== 0)
      signal.notFatal(`Cannot free unaligned cluster ${hashHex(offset)}`);
    else refcounts.free(offset, sizes.clusterSize, freedFor, 'data');
  }
}

/** Reads and writes the areas before and behind the data (perform_cow). */
function copy(driver: Driver, plan: WritePlan, merged: Content | undefined): void {
  const { before, behind, guest } = plan;
  const middle = behind.from - before.to;
  const lengths = { before: before.to - before.from, behind: behind.to - behind.from };
  let head: Part[];
  let tail: Part[];
  if (lengths.before > 0 && lengths.behind > 0 && middle <= READ_ALONG) {
    const all = readGuest(driver, guest + before.from, behind.to - before.from);
    head = cut(all, 0, lengths.before);
    tail = cut(all, lengths.before + middle, behind.to - before.from);
  } else {
    head = readGuest(driver, guest + before.from, lengths.before);
    tail = readGuest(driver, guest + behind.from, lengths.behind);
  }
  if (merged) {
    const parts = [...head, { length: middle, content: merged }, ...tail];
    writeCopy(driver, plan.host + before.from, parts);
  } else {
    writeCopy(driver, plan.host + before.from, head);
    writeCopy(driver, plan.host + behind.from, tail);
  }
}

function writeCopy(driver: Driver, host: number, parts: readonly Part[]): void {
  if (parts.length === 0) return;
  driver.pieces?.touch(host, lengthOf(parts), true);
  if (driver.dataFile) driver.writeExternal(host, parts);
  else driver.file.writeChecked('copy on write', 0, host, parts);
}
