import { hashHex, hex } from '../bytes.js';
import { maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { l2EntryKind } from '../qcow2/l2Entry.js';
import { l2SliceEntries } from '../qcow2/l2Slice.js';
import type { Geometry } from '../qcow2/geometry.js';
import {
  contradicts,
  type SubclusterBitmap,
  isUniform,
  subclusterKind,
  type SubclusterKind,
  SUBCLUSTERS,
} from '../qcow2/subclusters.js';
import { clipped, type GuestRun, type LocatedKind } from './guestRun.js';
import { isDamaged } from './damage.js';
import { L2Tables } from '../qcow2/l2Reader.js';

/** Bytes of the guest disk that an L2 table maps. */
export function bytesPerTable(geometry: Geometry): number {
  return geometry.l2Entries * geometry.clusterSize;
}

/**
 * The guest disk of the active layer as runs, from the cluster at guest offset `from` (bytes) to its
 * end, without gaps (qcow2_get_host_offset). One L2 table after another is read and given up; runs
 * end with their table, so that whoever drives this hears of every table, and only a stretch without
 * tables is longer. A damaged entry gives a run of its own, and the map goes on behind it.
 *
 * All numbers are exact: they are multiples of 512, or less than 2^53. Throws on I/O errors.
 */
export function* guestMap(image: MappableImage, from = 0): Generator<GuestRun, void, void> {
  const { geometry, l1 } = image;
  const size = Number(geometry.virtualSize);
  const perTable = bytesPerTable(geometry);
  const tables = new L2Tables(image);
  const walk = new TableRuns(geometry, size);
  const first = Math.floor(from / perTable);
  const end = Math.min(l1.present, geometry.l1DiskEntries);
  let start = from - (from % geometry.clusterSize);
  for (let index = first; index < end; index++) {
    const offset = maskedOffset(l1.high(index), l1.low(index));
    // What lies past the end of the file reads as zeros, as a table it is empty.
    const empty = offset >= geometry.fileSize && offset % geometry.clusterSize === 0;
    if (offset === 0 || empty) continue;
    const tableStart = index * perTable;
    if (tableStart > start) yield { kind: 'unallocated', start, length: tableStart - start };
    const tableEnd = Math.min(tableStart + perTable, size);
    start = Math.max(start, tableStart);
    if (offset % geometry.clusterSize === 0)
      yield* walk.runs(tables.read(l1, index, offset), offset, tableStart, start);
    else
      yield {
        kind: 'damaged',
        start,
        length: tableEnd - start,
        message: `L2 table offset ${hex(offset)} unaligned (L1 index: ${hashHex(index)})`,
      };
    start = tableEnd;
  }
  if (start < size) yield { kind: 'unallocated', start, length: size - start };
}

/** The runs of one L2 table after another. */
class TableRuns {
  readonly #geometry: Geometry;
  /** Of the guest disk, in bytes. */
  readonly #size: number;
  readonly #sliceEntries: number;

  constructor(geometry: Geometry, size: number) {
    this.#geometry = geometry;
    this.#size = size;
    this.#sliceEntries = l2SliceEntries(geometry);
  }

  /**
   * Runs from guest offset `from` on, of the table in `view` that begins at `tableStart`. `offset`:
   * where it lies in the file.
   */
  *runs(view: DataView, offset: number, tableStart: number, from: number): Generator<GuestRun> {
    const geometry = this.#geometry;
    const { clusterSize, l2EntrySize, extendedL2 } = geometry;
    const size = this.#size;
    const first = (from - tableStart) / clusterSize;
    const end = Math.min(geometry.l2Entries, Math.ceil((size - tableStart) / clusterSize));
    for (let index = first; index < end;) {
      const at = index * l2EntrySize;
      const high = view.getUint32(at);
      const low = view.getUint32(at + 4);
      const kind = l2EntryKind(high, low, geometry);
      const bitmap =
        extendedL2 && kind !== 'compressed'
          ? { zeroes: view.getUint32(at + 8), allocated: view.getUint32(at + 12) }
          : undefined;
      const start = tableStart + index * clusterSize;
      if (isDamaged(geometry, high, low, kind, bitmap, start)) {
        const message = this.#damage(high, low, kind, bitmap, start, offset, index);
        yield clipped({ kind: 'damaged', start, length: clusterSize, message }, start, size);
        index++;
      } else if (bitmap && !isUniform(bitmap)) {
        yield* this.#subclusters(start, kind === 'normal', maskedOffset(high, low), bitmap);
        index++;
      } else {
        const next = this.#sameAs(view, index, end, kind, high, low);
        const length = (next - index) * clusterSize;
        const whole = bitmap ? subclusterKind(kind === 'normal', bitmap, 0) : kind;
        yield clipped(runOf(whole, start, length, maskedOffset(high, low)), start, size);
        index = next;
      }
    }
  }

  /**
   * Index behind the last of the entries from `index` on that continue the first one: the same
   * kind, and the next place in the file.
   */
  #sameAs(
    view: DataView,
    index: number,
    end: number,
    kind: SubclusterKind,
    high: number,
    low: number,
  ): number {
    const geometry = this.#geometry;
    const { clusterSize, l2EntrySize, extendedL2 } = geometry;
    const bitmapAt = index * l2EntrySize + 8;
    let next = index + 1;
    let expectedHigh = high & 0x00ffffff;
    let expectedLow = (low & 0xfffffe00) >>> 0;
    const step = isLocated(kind) ? clusterSize : 0;
    const lowFlags = low & 511;
    const highFlags = (high & 0xff000000) >>> 0;
    // Of a place that is not 0 only the place changes.
    const isUsual = !extendedL2 && (step === 0 || expectedHigh !== 0 || expectedLow !== 0);
    for (; next < end; next++) {
      const at = next * l2EntrySize;
      const nextHigh = view.getUint32(at);
      const nextLow = view.getUint32(at + 4);
      if (kind === 'compressed') {
        if (l2EntryKind(nextHigh, nextLow, geometry) !== kind) break;
        continue;
      }
      expectedLow += step;
      if (expectedLow >= 2 ** 32) {
        expectedLow -= 2 ** 32;
        expectedHigh++;
      }
      // Most entries: nothing has to be taken apart.
      if (isUsual && nextLow === expectedLow + lowFlags && nextHigh === highFlags + expectedHigh)
        continue;
      if (l2EntryKind(nextHigh, nextLow, geometry) !== kind) break;
      if ((nextLow & 0xfffffe00) >>> 0 !== expectedLow) break;
      if ((nextHigh & 0x00ffffff) !== expectedHigh) break;
      if (!extendedL2) continue;
      if (view.getUint32(at + 8) !== view.getUint32(bitmapAt)) break;
      if (view.getUint32(at + 12) !== view.getUint32(bitmapAt + 4)) break;
    }
    return next;
  }

  /** Runs of a cluster whose subclusters differ, as far as the disk reaches. */
  *#subclusters(
    start: number,
    hasOffset: boolean,
    hostOffset: number,
    bitmap: SubclusterBitmap,
  ): Generator<GuestRun> {
    const bytes = this.#geometry.clusterSize / SUBCLUSTERS;
    const end = Math.min(SUBCLUSTERS, Math.ceil((this.#size - start) / bytes));
    for (let index = 0; index < end;) {
      const first = index;
      const kind = subclusterKind(hasOffset, bitmap, first);
      while (index < end && subclusterKind(hasOffset, bitmap, index) === kind) index++;
      const at = first * bytes;
      const run = runOf(kind, start + at, (index - first) * bytes, hostOffset + at);
      yield clipped(run, run.start, this.#size);
    }
  }

  /** QEMU's words for an entry that it does not use: what it looks at first. */
  #damage(
    high: number,
    low: number,
    kind: SubclusterKind,
    bitmap: SubclusterBitmap | undefined,
    start: number,
    tableOffset: number,
    index: number,
  ): string {
    const { version, clusterSize } = this.#geometry;
    const l2Index = `L2 index: ${hashHex(index % this.#sliceEntries)}`;
    const entry = `(L2 offset: ${hex(tableOffset)}, ${l2Index})`;
    if (kind === 'compressed')
      return `Compressed cluster entry found in image with external data file ${entry}`;
    if (bitmap && contradicts(kind === 'normal', bitmap))
      return `Invalid cluster entry found  ${entry}`;
    if (version < 3 && (kind === 'zero-plain' || kind === 'zero-allocated'))
      return `Zero cluster entry found in pre-v3 image ${entry}`;
    const offset = maskedOffset(high, low);
    return offset % clusterSize !== 0
      ? `Cluster allocation offset ${hex(offset)} unaligned ${entry}`
      : `External data file host cluster offset ${hashHex(offset)} does not match guest cluster offset: ${hashHex(start)}, ${l2Index})`;
  }
}

function runOf(kind: SubclusterKind, start: number, length: number, hostOffset: number): GuestRun {
  return isLocated(kind) ? { kind, start, length, hostOffset } : { kind, start, length };
}

function isLocated(kind: SubclusterKind): kind is LocatedKind {
  return kind === 'normal' || kind === 'zero-allocated' || kind === 'unallocated-allocated';
}
