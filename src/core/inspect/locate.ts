import { readBytes } from '../byteSource.js';
import { viewOf } from '../bytes.js';
import { maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { compressedSpan, type L2EntryKind, l2EntryKind } from '../qcow2/l2Entry.js';
import {
  clusterOf,
  guestCluster,
  type GuestOffset,
  hostCluster,
  type HostCluster,
  type HostOffset,
  offsetOf,
} from '../units.js';

/** A place as people name it. */
export type Place =
  | { readonly type: 'cluster'; readonly cluster: HostCluster }
  | { readonly type: 'host'; readonly offset: HostOffset }
  | { readonly type: 'guest'; readonly offset: GuestOffset }
  /** An entry of the active L1 table. */
  | { readonly type: 'l1'; readonly l1Index: number }
  /** An entry of the L2 table that an entry of the active L1 table points to. */
  | { readonly type: 'l2'; readonly l1Index: number; readonly l2Index: number };

/** Where a place is. */
export type PlaceFound =
  | {
      readonly type: 'found';
      /** The host cluster to show: what the entry points to, else the one that the entry lies in. */
      readonly cluster: HostCluster;
      readonly entry: LocatedEntry | undefined;
    }
  /** There is no such thing; `last` is the greatest one that there is. */
  | {
      readonly type: 'none';
      readonly what: 'cluster' | 'guest-offset' | 'l1-entry' | 'l2-entry';
      readonly last: number;
    };

/** The entry of a table that a place was found by. */
export interface LocatedEntry {
  readonly l1Index: number;
  /** Undefined for an entry of the L1 table itself, or when there is no L2 table. */
  readonly l2Index: number | undefined;
  /** Of the first cluster that the entry maps. */
  readonly guestOffset: GuestOffset;
  readonly state: EntryState;
}

export type EntryState =
  | L2EntryKind
  /** The L1 entry points to an L2 table. */
  | 'table'
  | 'no-table'
  /** The data lies in another file. */
  | 'external'
  /** It points off the grid or past the end of the file. */
  | 'unusable';

/** Finds the host cluster of a place. Throws on I/O errors. */
export function locate(image: MappableImage, place: Place): PlaceFound {
  const { geometry } = image;
  switch (place.type) {
    case 'cluster':
      return inFile(image, place.cluster);
    case 'host':
      return inFile(image, clusterOf(place.offset, geometry));
    case 'guest': {
      const last = Number(geometry.virtualSize) - 1;
      if (place.offset > last) return { type: 'none', what: 'guest-offset', last };
      const cluster = clusterOf(place.offset, geometry);
      const l1Index = Math.floor(cluster / geometry.l2Entries);
      // The L1 table of a damaged image may be shorter than its disk.
      if (l1Index >= image.l1.length)
        return { type: 'none', what: 'l1-entry', last: image.l1.length - 1 };
      return locateEntry(image, l1Index, cluster % geometry.l2Entries);
    }
    case 'l1':
    case 'l2': {
      const { l1Index } = place;
      if (l1Index >= image.l1.length)
        return { type: 'none', what: 'l1-entry', last: image.l1.length - 1 };
      if (place.type === 'l1') return locateEntry(image, l1Index, undefined);
      return place.l2Index < geometry.l2Entries
        ? locateEntry(image, l1Index, place.l2Index)
        : { type: 'none', what: 'l2-entry', last: geometry.l2Entries - 1 };
    }
  }
}

function inFile({ geometry }: MappableImage, cluster: HostCluster): PlaceFound {
  return cluster < geometry.hostClusters
    ? { type: 'found', cluster, entry: undefined }
    : { type: 'none', what: 'cluster', last: geometry.hostClusters - 1 };
}

function locateEntry(
  image: MappableImage,
  l1Index: number,
  l2Index: number | undefined,
): PlaceFound {
  const { geometry, l1 } = image;
  const { clusterSize, hostClusters } = geometry;
  const first = guestCluster(l1Index * geometry.l2Entries + (l2Index ?? 0));
  const found = (offset: number, index: number | undefined, state: EntryState): PlaceFound => ({
    type: 'found',
    cluster: hostCluster(Math.min(Math.floor(offset / clusterSize), hostClusters - 1)),
    entry: { l1Index, l2Index: index, guestOffset: offsetOf(first, geometry), state },
  });
  const isUsable = (offset: number): boolean =>
    offset % clusterSize === 0 && offset < hostClusters * clusterSize;

  const table = maskedOffset(l1.high(l1Index), l1.low(l1Index));
  if (table === 0) return found(l1.entryOffset(l1Index), undefined, 'no-table');
  if (!isUsable(table)) return found(l1.entryOffset(l1Index), undefined, 'unusable');
  if (l2Index === undefined) return found(table, undefined, 'table');

  const entryOffset = table + l2Index * geometry.l2EntrySize;
  const view = viewOf(readBytes(image.source, entryOffset, 8));
  const [high, low] = [view.getUint32(0), view.getUint32(4)];
  const kind = l2EntryKind(high, low, geometry);
  switch (kind) {
    case 'unallocated':
    case 'zero-plain':
      return found(entryOffset, l2Index, kind);
    case 'compressed': {
      const { offset } = compressedSpan(high, low, geometry);
      const isInFile = offset < hostClusters * clusterSize;
      return found(isInFile ? offset : entryOffset, l2Index, isInFile ? kind : 'unusable');
    }
    case 'normal':
    case 'zero-allocated': {
      if (geometry.externalData) return found(entryOffset, l2Index, 'external');
      const offset = maskedOffset(high, low);
      return isUsable(offset)
        ? found(offset, l2Index, kind)
        : found(entryOffset, l2Index, 'unusable');
    }
  }
}
