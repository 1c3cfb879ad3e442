import type { MappableImage } from '../qcow2/image.js';
import { type CachedDisk, fullCoverage, usualEntries } from '../simulate/copy/cacheSlots.js';
import type { Work } from '../work.js';
import { KIND, RequestBatch } from '../workload/request.js';
import type { Requests } from './aroundKnee.js';
import { diskOf } from './rulesOfThumb.js';
import { StackDistances } from './stackDistances.js';

/**
 * What the L2 cache would have to be if the disk were laid out otherwise. It is computed, as if all
 * of the disk were allocated and each request took one look-up of each L2 slice that it touches. So
 * QEMU reads, and writes to what is there already; a write from one slice into the next may look once
 * more, which hits.
 */
export interface LayoutNeed {
  readonly clusterSize: number;
  readonly extendedL2: boolean;
  /** The image is laid out so. */
  readonly isPresent: boolean;
  readonly lookups: number;
  /** Look-ups that miss in a cache of the size that is set now. */
  readonly misses: number;
  /** Bytes that are enough for 99 % of the hits that there can be. */
  readonly enough: number;
  /** Bytes of the L2 tables of the whole disk. */
  readonly full: number;
  /** Bytes of the refcounts of all clusters of the disk, at the image's refcount width. */
  readonly refcounts: number;
}

/** The same clusters with refcounts of another width. */
export interface WidthNeed {
  readonly refcountBits: number;
  readonly isPresent: boolean;
  /** Bytes of the refcounts of all clusters of the disk. */
  readonly refcounts: number;
}

export interface OtherLayouts {
  readonly layouts: readonly LayoutNeed[];
  readonly widths: readonly WidthNeed[];
}

const CLUSTER_SIZES = [4096, 16_384, 65_536, 262_144, 1_048_576, 2_097_152];
/** Extended L2 entries need clusters of this size (the specification of the format). */
const LEAST_EXTENDED = 16_384;
const WIDTHS = [1, 4, 16, 64];
/** As in the advice. */
const ENOUGH = 0.99;
const LEAST_SLOTS = 2;
/** Look-ups between two steps. */
const STEP = 16_384;

/**
 * @param l2Bytes of the L2 cache now
 * @param most requests that are looked at
 */
export function* otherLayouts(
  image: MappableImage,
  l2Bytes: number,
  most: number,
  requests: Requests,
): Work<OtherLayouts> {
  const { refcountBits } = image.geometry;
  const disk = diskOf(image);
  const slices = layoutsOf(image).map((layout) => new LayoutSlices(layout));
  try {
    const batch = new RequestBatch();
    let left = most;
    while (left > 0 && requests.fill(batch)) {
      const size = Math.min(left, batch.size);
      for (const each of slices) yield* each.look(batch, size, disk.diskSize);
      left -= size;
      batch.clear();
    }
  } finally {
    requests.close();
  }
  const refcounts = (clusterSize: number, bits: number): number =>
    Math.ceil((Math.ceil(disk.diskSize / clusterSize) * bits) / 8);
  return {
    layouts: slices.map((each) => ({
      ...each.need(l2Bytes),
      refcounts: refcounts(each.layout.clusterSize, refcountBits),
    })),
    widths: [...new Set([...WIDTHS, refcountBits])]
      .sort((a, b) => a - b)
      .map((bits) => ({
        refcountBits: bits,
        isPresent: bits === refcountBits,
        refcounts: refcounts(disk.clusterSize, bits),
      })),
  };
}

interface Layout extends CachedDisk {
  readonly extendedL2: boolean;
  readonly isPresent: boolean;
}

/** The present one, larger and smaller clusters with entries as they are, and entries of the other kind. */
function layoutsOf(image: MappableImage): readonly Layout[] {
  const { diskSize, clusterSize, l2EntrySize } = diskOf(image);
  const isExtended = l2EntrySize === 16;
  const layout = (size: number, extendedL2: boolean): Layout => ({
    clusterSize: size,
    l2EntrySize: extendedL2 ? 16 : 8,
    diskSize,
    extendedL2,
    isPresent: size === clusterSize && extendedL2 === isExtended,
  });
  return [
    ...[...new Set([...CLUSTER_SIZES, clusterSize])]
      .sort((a, b) => a - b)
      .filter((size) => !isExtended || size >= LEAST_EXTENDED)
      .map((size) => layout(size, isExtended)),
    ...(clusterSize >= LEAST_EXTENDED ? [layout(clusterSize, !isExtended)] : []),
  ];
}

/** The look-ups of one layout. */
class LayoutSlices {
  readonly layout: Layout;
  readonly #slices = new StackDistances();
  readonly #tables = new Set<number>();
  readonly #sliceBytes: number;
  /** Bytes of the disk that a slice is about, and a table. */
  readonly #ofSlice: number;
  readonly #ofTable: number;
  #sinceStep = 0;

  constructor(layout: Layout) {
    const { clusterSize, l2EntrySize } = layout;
    this.layout = layout;
    [this.#sliceBytes] = usualEntries(clusterSize);
    this.#ofSlice = (this.#sliceBytes / l2EntrySize) * clusterSize;
    this.#ofTable = (clusterSize / l2EntrySize) * clusterSize;
  }

  *look({ kinds, offsets, lengths }: RequestBatch, size: number, diskSize: number): Work {
    for (let at = 0; at < size; at++) {
      const end = Math.min(diskSize, offsets[at] + lengths[at]);
      if (kinds[at] === KIND.flush || end <= offsets[at]) continue;
      const last = Math.floor((end - 1) / this.#ofSlice);
      for (let slice = Math.floor(offsets[at] / this.#ofSlice); slice <= last; slice++) {
        this.#slices.use(slice, 1);
        this.#tables.add(Math.floor((slice * this.#ofSlice) / this.#ofTable));
        if (++this.#sinceStep < STEP) continue;
        this.#sinceStep = 0;
        yield;
      }
    }
    yield;
  }

  need(l2Bytes: number): Omit<LayoutNeed, 'refcounts'> {
    const { clusterSize, extendedL2, isPresent } = this.layout;
    const full = fullCoverage(this.layout);
    const lookups = this.#slices.lookUps;
    const hits = this.#slices.hitsBySlots();
    const most = hits[hits.length - 1];
    const enough = hits.findIndex((found, slots) => slots >= LEAST_SLOTS && found >= ENOUGH * most);
    const slots = Math.max(LEAST_SLOTS, Math.floor(l2Bytes / this.#sliceBytes));
    // At full coverage QEMU takes whole tables: each is missed once.
    const found =
      l2Bytes >= full ? lookups - this.#tables.size : hits[Math.min(slots, hits.length - 1)];
    return {
      ...{ clusterSize, extendedL2, isPresent, lookups, full },
      misses: lookups - found,
      enough: Math.min(full, Math.max(LEAST_SLOTS, enough) * this.#sliceBytes),
    };
  }
}
