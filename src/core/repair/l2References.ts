import { bytes, guestOffset, hostOffset, ifKnown } from '../units.js';
import { hexWords, viewOf } from '../bytes.js';
import { BIT } from '../map/kinds.js';
import {
  COPIED,
  compressedOffsetText,
  compressedSpan,
  dataOffset,
  hasReservedBits,
  l2EntryKind,
} from '../qcow2/l2Entry.js';
import { failureOf } from '../simulate/copy/failure.js';
import { bytesPart } from '../simulate/copy/overlay.js';
import { ClusterBatch, isScattered } from './clusterBatch.js';
import type { Counts } from './counts.js';
import { PassFailed } from './counts.js';
import { type Fixing, repairingOr } from './mode.js';
import { chunkOf, placeInChunk } from './referenceCounts.js';
import type { RegionCount } from './regionCount.js';
import { nodeLength, type RepairState } from './repairState.js';

/** An L2 table as it is met. */
export interface L2Table {
  /** Host offset in bytes. */
  readonly offset: number;
  /** It is the active disk's: what it refers to goes into the statistics. */
  readonly active: boolean;
  /** Where on the guest's disk its first entry is. */
  readonly guestOffset: number;
}

/** Counts what L2 tables refer to, and mends the entries that can be mended (check_refcounts_l2). */
export class L2References {
  readonly #state: RepairState;
  readonly #counts: Counts;
  readonly #fixing: Fixing;
  readonly #regions: RegionCount;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Where in the guest's disk the next data cluster would lie side by side with the last one. */
  #contiguous = 0;
  #batch: ClusterBatch | undefined;

  constructor(state: RepairState, counts: Counts, fixing: Fixing, regions: RegionCount) {
    this.#state = state;
    this.#counts = counts;
    this.#fixing = fixing;
    this.#regions = regions;
    this.#bytes = new Uint8Array(state.driver.sizes.clusterSize);
    this.#view = viewOf(this.#bytes);
  }

  /** Throws PassFailed where QEMU gives up. */
  count(table: L2Table): void {
    const { file, sizes } = this.#state.driver;
    file.read(this.#bytes, table.offset);
    this.#contiguous = 0;
    if (sizes.extendedL2 || sizes.externalData) {
      for (let index = 0; index < sizes.l2Entries; index++) this.#entry(table, index);
      return;
    }
    this.#standard(table);
  }

  /** Counts what was put aside: to be done when all tables below an L1 table have been met. */
  flush(): void {
    if (!this.#batch) return;
    const { table } = this.#regions;
    const { max } = table;
    const values = this.#batch.take();
    let number = -1;
    let chunk = table.writable(0);
    for (const cluster of values) {
      if (chunkOf(cluster) !== number) {
        number = chunkOf(cluster);
        chunk = table.writable(cluster);
      }
      const place = placeInChunk(cluster);
      if (chunk[place] < max) chunk[place]++;
      else this.#regions.countCluster(cluster);
    }
  }

  /**
   * Where the tables to be put aside are gathered. The order in which clusters are counted matters only
   * to the message for one count too many, and small counts are soon too many.
   */
  #aside(): ClusterBatch | undefined {
    const { l2Entries, clusterBits, refcountBits } = this.#state.driver.sizes;
    if (refcountBits < 16 || !isScattered(this.#view, l2Entries, clusterBits)) return undefined;
    this.#batch ??= new ClusterBatch(this.#regions.table.length);
    if (!this.#batch.hasRoom(l2Entries)) this.flush();
    return this.#batch;
  }

  /** Most entries are plain ones: a data cluster of the file, on the grid. */
  #standard(table: L2Table): void {
    const batch = this.#aside();
    const { sizes } = this.#state.driver;
    const { clusterBits, clusterSize, l2Entries } = sizes;
    const view = this.#view;
    const { table: references } = this.#regions;
    const { active } = table;
    const counts = this.#counts;
    const lowMask = (clusterSize - 1) | 0x1ff;
    const perHigh = 2 ** (32 - clusterBits);
    // What starts so far is counted without a look at the end of the file.
    const end = Math.min(references.length, Math.floor(nodeLength(this.#state) / clusterSize));
    let contiguous = 0;
    for (let index = 0, next = 1; index < l2Entries; index = next++) {
      const at = index * 8;
      const high = view.getUint32(at);
      const low = view.getUint32(at + 4);
      if ((high | low) === 0) continue;
      const cluster = (high & 0x00ffffff) * perHigh + (low >>> clusterBits);
      if ((high & 0x7f000000) !== 0 || (low & lowMask) !== 0 || cluster === 0 || cluster >= end) {
        this.#contiguous = contiguous * clusterSize;
        this.#entry(table, index);
        contiguous = this.#contiguous / clusterSize;
        continue;
      }
      // Entries that go on side by side in the file, which most do, are counted as one.
      const most = Math.min(l2Entries, index + end - cluster);
      for (
        let expected = low + clusterSize;
        next < most &&
        view.getUint32(next * 8 + 4) === expected &&
        view.getUint32(next * 8) === high;
        expected += clusterSize
      )
        next++;
      const after = cluster + next - index;
      if (batch) for (let each = cluster; each < after; each++) batch.add(each);
      else this.#countRun(cluster, after);
      if (!active) continue;
      counts.allocatedClusters += next - index;
      if (contiguous !== 0 && cluster !== contiguous) counts.fragmentedClusters++;
      contiguous = after;
    }
  }

  /** One more reference to each of the clusters [from, to), which lie in the file. */
  #countRun(from: number, to: number): void {
    const { table: references } = this.#regions;
    const { max } = references;
    for (let start = from; start < to;) {
      const chunk = references.writable(start);
      const chunkStart = start - placeInChunk(start);
      const end = Math.min(to, references.chunkEnd(start));
      for (let place = start - chunkStart, last = end - chunkStart; place < last; place++) {
        const value = chunk[place];
        if (value < max) chunk[place] = value + 1;
        else this.#regions.countCluster(chunkStart + place);
      }
      start = end;
    }
  }

  #entry(table: L2Table, index: number): void {
    const { driver, recorder } = this.#state;
    const { sizes } = driver;
    const at = index * sizes.l2EntrySize;
    const high = this.#view.getUint32(at);
    const low = this.#view.getUint32(at + 4);
    const zeroes = sizes.extendedL2 ? this.#view.getUint32(at + 8) : 0;
    const allocated = sizes.extendedL2 ? this.#view.getUint32(at + 12) : 0;
    if ((high | low | zeroes | allocated) === 0) return;
    const kind = l2EntryKind(high, low, sizes);
    if (kind !== 'compressed' && hasReservedBits(high, low))
      this.#corrupt(() => `ERROR found l2 entry with reserved bits set: ${hexWords(high, low)}`);
    switch (kind) {
      case 'compressed':
        this.#compressed(table, index, high, low, zeroes | allocated);
        return;
      case 'unallocated':
        if (allocated !== 0)
          this.#corrupt(() => 'ERROR: Unallocated cluster has non-zero subcluster allocation map');
        return;
      case 'zero-plain':
        return;
      case 'normal':
      case 'zero-allocated':
    }
    const offset = dataOffset(high, low);
    if ((zeroes & allocated) !== 0)
      this.#corrupt(
        () =>
          `ERROR offset=${offset.toString(16)}: Allocated cluster has corrupted subcluster allocation bitmap`,
      );
    if (offset % sizes.clusterSize !== 0) {
      const hasData = sizes.extendedL2 ? allocated !== 0 : (low & 1) === 0;
      this.#counts.corruptions++;
      const repairs = !hasData && this.#fixing.errors;
      recorder.tell(
        () =>
          `${repairingOr(repairs, 'ERROR')} offset=${offset.toString(16)}: ` +
          `${hasData ? 'Data' : 'Preallocated'} cluster is not properly aligned; L2 entry corrupted.`,
      );
      if (repairs) {
        this.#zero(table, index);
        return;
      }
    }
    if (table.active) {
      this.#counts.allocatedClusters++;
      if (this.#contiguous !== 0 && offset !== this.#contiguous) this.#counts.fragmentedClusters++;
      this.#contiguous = offset + sizes.clusterSize;
    }
    if (!sizes.externalData) this.#regions.count(offset, sizes.clusterSize);
  }

  #compressed(table: L2Table, index: number, high: number, low: number, bitmap: number): void {
    const { sizes } = this.#state.driver;
    const text = (): string => compressedOffsetText(high, low, sizes);
    if ((high & COPIED) !== 0)
      this.#corrupt(
        () => `ERROR: coffset=0x${text()}: copied flag must never be set for compressed clusters`,
      );
    const entry = (): string => `entry=0x${hexWords(high & ~COPIED, low)}`;
    if (sizes.externalData) {
      this.#corrupt(() => `ERROR compressed cluster ${index} with data file, ${entry()}`);
      return;
    }
    if (bitmap !== 0) {
      this.#corrupt(
        () =>
          `ERROR compressed cluster ${index} with non-zero subcluster allocation bitmap, ${entry()}`,
      );
      return;
    }
    const span = compressedSpan(high, low, sizes);
    const exact = Number.isSafeInteger(span.offset) ? undefined : text();
    this.#regions.count(span.offset, span.length, exact);
    if (!table.active) return;
    this.#counts.allocatedClusters++;
    this.#counts.compressedClusters++;
    this.#counts.fragmentedClusters++;
  }

  /** The entry reads as zeros from now on, and refers to nothing (fix_l2_entry_by_zero). */
  #zero(table: L2Table, index: number): void {
    const { driver, recorder, changes } = this.#state;
    const { extendedL2, l2EntrySize, clusterSize } = driver.sizes;
    const at = index * l2EntrySize;
    const view = this.#view;
    const text = (): string => entryText(view, at, l2EntrySize);
    const before = text();
    view.setUint32(at, 0);
    view.setUint32(at + 4, extendedL2 ? 0 : 1);
    // Of the bitmap the half of those that read as zeros stays; none is allocated.
    const entry = this.#bytes.slice(at, at + l2EntrySize);
    const offset = table.offset + at;
    const own = table.active ? BIT.activeL2 : BIT.inactiveL2;
    const errno = failureOf(() => {
      driver.file.writeChecked('L2 table', own, offset, [bytesPart(entry)]);
    });
    if (errno !== undefined) {
      recorder.message('ERROR: Overlap check failed');
      this.#counts.checkErrors++;
      throw new PassFailed(errno);
    }
    const start = table.active ? table.guestOffset + index * clusterSize : undefined;
    changes.add('l2-entry', () => ({
      offset: hostOffset(offset),
      length: bytes(l2EntrySize),
      guestOffset: ifKnown(start, guestOffset),
      before,
      after: text(),
    }));
    this.#counts.corruptions--;
    this.#counts.corruptionsFixed++;
  }

  #corrupt(message: () => string): void {
    this.#counts.corruptions++;
    this.#state.recorder.tell(message);
  }
}

/** An L2 entry in hexadecimal; an extended one with its bitmap behind it. */
export function entryText(view: DataView, at: number, bytes: number): string {
  const entry = `0x${hexWords(view.getUint32(at), view.getUint32(at + 4))}`;
  if (bytes === 8) return entry;
  return `${entry} 0x${hexWords(view.getUint32(at + 8), view.getUint32(at + 12))}`;
}
