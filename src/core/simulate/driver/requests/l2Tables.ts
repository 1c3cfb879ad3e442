import { hashHex } from '../../../bytes.js';
import { BIT } from '../../../map/kinds.js';
import type { Driver } from '../driver.js';
import { cleaningUp, RequestError } from '../../copy/failure.js';
import { L2Slice } from './l2Slice.js';
import { isCopied, l2Offset, wordsOf } from '../state/memoryTable.js';
import type { CacheEntry } from '../state/cacheEntry.js';

const COPIED = 0x80000000;

/** L1 index of a guest offset. */
export const l1Index = ({ sizes }: Driver, guest: number): number =>
  Math.floor(guest / sizes.tableSpan);

/** Index of a guest offset's entry in its slice. */
export const sliceIndex = ({ sizes }: Driver, guest: number): number =>
  Math.floor(guest / sizes.clusterSize) % sizes.sliceEntries;

/** Offset of the L2 table of an L1 entry, 0 if there is none. One off the grid is a corruption. */
export function alignedL2Offset({ l1, sizes, signal }: Driver, index: number): number {
  const offset = l2Offset(l1, index);
  if (offset % sizes.clusterSize !== 0) {
    signal.fatal(`L2 table offset ${hashHex(offset)} unaligned (L1 index: ${hashHex(index)})`);
    throw new RequestError('EIO');
  }
  return offset;
}

/** The slice with a guest offset's entry, of the L2 table at `table` (l2_load). */
export function loadSlice(driver: Driver, guest: number, table: number): L2Slice {
  const { sizes, l2Cache, recorder } = driver;
  const sliceSpan = sizes.sliceEntries * sizes.clusterSize;
  const start = Math.floor(guest / sliceSpan) * sliceSpan;
  const within = ((start % sizes.tableSpan) / sizes.clusterSize) * sizes.l2EntrySize;
  return new L2Slice(l2Cache.get(table + within), start, l2Cache, sizes, recorder);
}

/**
 * The slice with a guest offset's entry, for changing it: the table is made when there is none, and
 * copied when it is not this L1 table's alone (get_cluster_table).
 */
export function sliceForWriting(driver: Driver, guest: number): L2Slice {
  const { l1, sizes, refcounts } = driver;
  const index = l1Index(driver, guest);
  let table = alignedL2Offset(driver, index);
  if (!isCopied(l1, index)) {
    const old = table;
    table = allocateTable(driver, index, old);
    if (old !== 0) refcounts.free(old, sizes.clusterSize, 'other', 'active-l2');
  }
  return loadSlice(driver, guest, table);
}

/** A new L2 table, empty or a copy of the old one (l2_allocate). */
function allocateTable(driver: Driver, index: number, old: number): number {
  const { allocation, sizes, signal, refcountCache, l2Cache, guard, refcounts } = driver;
  const table = allocation.allocate(sizes.clusterSize);
  if (table === 0) {
    signal.fatal('Preventing invalid allocation of L2 table at offset 0');
    throw new RequestError('EIO');
  }
  driver.allocated('active-l2', table, 1);
  const freeTable = (): void => {
    refcounts.free(table, sizes.clusterSize, 'always', 'active-l2');
  };
  return cleaningUp(() => {
    refcountCache.write();
    for (let at = 0; at < sizes.clusterSize; at += sizes.sliceBytes)
      fillSlice(driver, table + at, old === 0 ? 0 : old + at);
    l2Cache.write();
    linkTable(driver, index, table);
    guard.l2Allocated(table);
    return table;
  }, freeTable);
}

function fillSlice({ l2Cache }: Driver, offset: number, from: number): void {
  const slice = l2Cache.getEmpty(offset);
  if (from === 0) slice.bytes.fill(0);
  else {
    let old: CacheEntry;
    try {
      old = l2Cache.get(from);
    } catch (error) {
      l2Cache.put(slice);
      throw error;
    }
    slice.bytes.set(old.bytes);
    l2Cache.put(old);
  }
  l2Cache.markDirty(slice);
  l2Cache.put(slice);
}

/** Enters a table in the L1 table, in memory and in the file; on failure nothing has changed. */
function linkTable({ l1, file, recorder, guard }: Driver, index: number, table: number): void {
  const [oldHigh, oldLow] = [l1.high(index), l1.low(index)];
  const [old, oldText] = [l2Offset(l1, index), l1.text(index)];
  const [high, low] = wordsOf(table);
  l1.set(index, high | COPIED, low);
  guard.l2Linked(old, table);
  cleaningUp(
    () => {
      file.writeChecked('L1 entry', BIT.activeL1, l1.offset + index * 8, [
        { length: 8, content: { kind: 'bytes', bytes: l1.encode(index, 1) } },
      ]);
      recorder.entry(() => ({ type: 'l1-entry', index, old: oldText, new: l1.text(index) }));
    },
    () => {
      l1.set(index, oldHigh, oldLow);
      guard.l2Linked(table, old);
    },
  );
}
