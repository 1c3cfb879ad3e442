import { roundUp } from '../bytes.js';
import { EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import type { NewImage } from './newImage.js';

/** What a bitmap takes, and what its removal gives free. Bytes. */
export interface BitmapRoom {
  readonly name: string;
  /** Table and data, without the directory. */
  readonly bytes: number;
  /** With the part of the directory that goes with it (`qemu-img bitmap --remove`). */
  readonly freedBytes: number;
}

/** What the bitmaps of an image take, and what removing some of them gives free. */
export interface BitmapRooms {
  /** In the order of the directory. */
  readonly rooms: readonly BitmapRoom[];
  /** What removing bitmaps together gives free, by their places in the directory. */
  freedBy(indexes: readonly number[]): number;
}

/** The room of every bitmap of the directory. Throws on I/O errors. */
export function bitmapRooms(image: MappableImage): BitmapRooms {
  const bitmaps = image.bitmaps?.bitmaps ?? [];
  const { source } = image;
  const { clusterSize } = image.geometry;
  const inClusters = (bytes: number): number => roundUp(bytes, clusterSize);
  const directory = image.bitmaps?.size ?? 0;
  const directoryEnd = (image.bitmaps?.offset ?? 0) + directory;
  const own = bitmaps.map(({ tableOffset, tableSize }) => {
    const table = EntryTable.read(source, tableOffset, tableSize);
    const data = new Set<number>();
    for (let entry = 0; entry < table.present; entry++) {
      const offset = maskedOffset(table.high(entry), table.low(entry));
      if (offset !== 0) data.add(offset);
    }
    return inClusters(tableSize * 8) + data.size * clusterSize;
  });
  const entryBytes = bitmaps.map(
    ({ offset }, index) => (bitmaps.at(index + 1)?.offset ?? directoryEnd) - offset,
  );
  const sum = (of: readonly number[], gone: ReadonlySet<number>): number =>
    of.reduce((all, bytes, index) => all + (gone.has(index) ? bytes : 0), 0);
  const freedBy = (indexes: readonly number[]): number => {
    const gone = new Set(indexes);
    const rest = directory - sum(entryBytes, gone);
    return sum(own, gone) + inClusters(directory) - inClusters(rest);
  };
  return {
    rooms: bitmaps.map(({ name }, index) => ({
      name,
      bytes: own[index],
      freedBytes: freedBy([index]),
    })),
    freedBy,
  };
}

/**
 * Bytes that the bitmaps take in a new image if all of their bits are set, as `qemu-img measure` has
 * it (qcow2_get_persistent_dirty_bitmap_size); undefined where it says nothing of bitmaps.
 */
export function bitmapsInNewImage(
  { bitmaps, geometry }: MappableImage,
  { clusterSize }: NewImage,
): number | undefined {
  if (geometry.version < 3) return undefined;
  const list = bitmaps?.bitmaps ?? [];
  const rooms = list.map(({ granularityBits }) => {
    const bits = Math.ceil(Number(geometry.virtualSize) / 2 ** granularityBits);
    const clusters = Math.ceil(Math.ceil(bits / 8) / clusterSize);
    return clusters * clusterSize + roundUp(clusters * 8, clusterSize);
  });
  const directory = roundUp(bitmaps?.size ?? 0, clusterSize);
  return rooms.reduce((sum, bytes) => sum + bytes, directory);
}
