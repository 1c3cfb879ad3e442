import { maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { COPIED, compressedSpan, l2EntryKind } from '../qcow2/l2Entry.js';
import type { Geometry } from '../qcow2/geometry.js';
import { isUniform, subclusterKind } from '../qcow2/subclusters.js';
import { GUEST } from './guestKinds.js';
import { isDamaged } from './damage.js';
import { L2EntryRuns } from '../qcow2/l2EntryRuns.js';
import { L2Tables } from '../qcow2/l2Reader.js';

/** Clusters of the guest's disk, the last one perhaps partial. */
export const guestClusters = ({ virtualSize, clusterSize }: Geometry): number =>
  Math.ceil(Number(virtualSize) / clusterSize);

/** The `kind` of stretches: those of GUEST but `shared`, which takes a look at the refcounts. */
export type StretchKind = Exclude<(typeof GUEST)[keyof typeof GUEST], typeof GUEST.shared>;

/**
 * What one L2 table of the active layer makes of its part of the guest's disk, as stretches of
 * clusters. Reused from table to table.
 */
export class GuestTable {
  /** Part of the whole disk's tables done with this one, 0 … 1. */
  done = 0;
  count = 0;
  /** By stretch: its first guest cluster, and how many they are. */
  readonly starts: Float64Array;
  readonly lengths: Int32Array;
  /** By stretch: StretchKind. */
  readonly kinds: Uint8Array;
  /**
   * By stretch: the clusters [from, to) of the file that they lie in, side by side but for
   * compressed ones; -1 and 0 when they have none. They may lie past the end of the file.
   */
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** By stretch: 1 when the entries have the COPIED flag. */
  readonly copied: Uint8Array;
  readonly #geometry: Geometry;
  readonly #runs: L2EntryRuns;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.#runs = new L2EntryRuns(geometry);
    const most = geometry.l2Entries;
    this.starts = new Float64Array(most);
    this.lengths = new Int32Array(most);
    this.kinds = new Uint8Array(most);
    this.from = new Float64Array(most);
    this.to = new Float64Array(most);
    this.copied = new Uint8Array(most);
  }

  /** Decodes the table in `view` that maps `entries` clusters from guest cluster `first` on. */
  decode(view: DataView, first: number, entries: number): void {
    const runs = this.#runs;
    const { clusterSize } = this.#geometry;
    runs.decode(view, entries);
    this.count = runs.count;
    for (let run = 0; run < runs.count; run++) {
      const high = runs.highs[run];
      const low = runs.lows[run];
      const start = first + runs.indexes[run];
      const kind = this.#kind(run, start);
      this.starts[run] = start;
      this.lengths[run] = runs.lengths[run];
      this.kinds[run] = kind;
      this.copied[run] = high & COPIED ? 1 : 0;
      this.from[run] = -1;
      this.to[run] = 0;
      if (kind === GUEST.compressed) {
        const { offset, length } = compressedSpan(high, low, this.#geometry);
        this.from[run] = Math.floor(offset / clusterSize);
        this.to[run] = Math.floor((offset + length - 1) / clusterSize) + 1;
      } else if (hasPlace(kind)) {
        this.from[run] = maskedOffset(high, low) / clusterSize;
        this.to[run] = this.from[run] + runs.lengths[run];
      }
      if (kind === GUEST.partial && maskedOffset(high, low) === 0) this.from[run] = -1;
    }
  }

  /** Nothing is there, as before the table was made. */
  damaged(first: number, entries: number): void {
    this.count = 1;
    this.starts[0] = first;
    this.lengths[0] = entries;
    this.kinds[0] = GUEST.damaged;
    this.from[0] = -1;
    this.to[0] = 0;
    this.copied[0] = 0;
  }

  #kind(run: number, start: number): StretchKind {
    const geometry = this.#geometry;
    const { highs, lows, zeroes, allocated } = this.#runs;
    const kind = l2EntryKind(highs[run], lows[run], geometry);
    const bitmap =
      geometry.extendedL2 && kind !== 'compressed'
        ? { zeroes: zeroes[run], allocated: allocated[run] }
        : undefined;
    const guestOffset = start * geometry.clusterSize;
    if (isDamaged(geometry, highs[run], lows[run], kind, bitmap, guestOffset)) return GUEST.damaged;
    if (bitmap && !isUniform(bitmap)) return GUEST.partial;
    switch (bitmap ? subclusterKind(kind === 'normal', bitmap, 0) : kind) {
      case 'unallocated':
        return GUEST.unallocated;
      case 'zero-plain':
        return GUEST.zeroPlain;
      case 'zero-allocated':
        return GUEST.zeroAllocated;
      case 'normal':
        return GUEST.normal;
      case 'compressed':
        return GUEST.compressed;
      case 'unallocated-allocated':
        return GUEST.preallocated;
    }
  }
}

const hasPlace = (kind: StretchKind): boolean =>
  kind === GUEST.normal ||
  kind === GUEST.zeroAllocated ||
  kind === GUEST.partial ||
  kind === GUEST.preallocated;

/**
 * The L2 tables of the active layer, in the order of the guest's disk; what is between them is
 * unallocated. Of a part of the disk: those that map some of the guest clusters [from, to). The
 * table yielded is good until the next one. Throws on I/O errors.
 */
export function* guestTables(
  image: MappableImage,
  from = 0,
  to = Infinity,
): Generator<GuestTable, void, void> {
  const { geometry, l1 } = image;
  const tables = new L2Tables(image);
  const table = new GuestTable(geometry);
  const clusters = guestClusters(geometry);
  const begin = Math.floor(from / geometry.l2Entries);
  const last = Math.ceil(to / geometry.l2Entries);
  const end = Math.min(l1.present, geometry.l1DiskEntries, last);
  for (let index = begin; index < end; index++) {
    const offset = maskedOffset(l1.high(index), l1.low(index));
    const onGrid = offset % geometry.clusterSize === 0;
    // What lies past the end of the file reads as zeros, as a table it is empty.
    if (offset === 0 || (onGrid && offset >= geometry.fileSize)) continue;
    const first = index * geometry.l2Entries;
    const entries = Math.min(geometry.l2Entries, clusters - first);
    if (onGrid) table.decode(tables.read(l1, index, offset), first, entries);
    else table.damaged(first, entries);
    table.done = (index - begin) / (end - begin);
    yield table;
  }
}
