import { readBytes } from '../byteSource.js';
import type { MappableImage } from '../qcow2/image.js';
import { refcountReader } from '../qcow2/refcountEntry.js';
import { type Branch, type Children, indexOf } from './branch.js';
import { lineOf } from './entryLines.js';
import { Listing } from './listing.js';
import { countText } from '../numbers.js';

/**
 * The refcount block at a host offset: clusters that follow one another with the same refcount, in
 * a line.
 *
 * @param first the host cluster that its first refcount is about
 */
export function refcountRuns(image: MappableImage, offset: number, first: number): Children {
  const { geometry, source } = image;
  const { refcountBits, refcountsPerBlock, clusterSize, hostClusters } = geometry;
  const refcount = refcountReader(readBytes(source, offset, clusterSize), refcountBits);
  const startsRun = (index: number): boolean =>
    index === 0 || refcount(index) !== refcount(index - 1);
  const nextStart = (from: number): number => {
    for (let index = from; index < refcountsPerBlock; index++) if (startsRun(index)) return index;
    return -1;
  };
  const listing = new Listing(nextStart);
  const line = (index: number): Branch => {
    const next = nextStart(index + 1);
    const end = next < 0 ? refcountsPerBlock : next;
    const [from, to] = [first + index, first + end - 1];
    const value = refcount(index);
    const free = Number(value) === 0;
    const at = Math.floor((index * refcountBits) / 8);
    return {
      key: String(index),
      label:
        from === to ? `cluster ${countText(from)}` : `clusters ${countText(from)}–${countText(to)}`,
      value: free ? 'free' : `refcount ${countText(value)}`,
      offset: offset + at,
      size: Math.ceil((end * refcountBits) / 8) - at,
      target: from < hostClusters ? from * clusterSize : undefined,
      trouble: !free && to >= hostClusters ? 'refcounts past the end of the file' : undefined,
    };
  };
  return {
    total: listing.total,
    page: (from, count) => listing.page(from, count).map(line),
    find: (key) => {
      const index = indexOf(key, refcountsPerBlock);
      return index === undefined || !startsRun(index) ? undefined : line(index);
    },
    position: (key) => lineOf(listing, indexOf(key, refcountsPerBlock)),
    positionAt: (at) => {
      let index = Math.floor(((at - offset) * 8) / refcountBits);
      if (index < 0 || index >= refcountsPerBlock) return undefined;
      while (!startsRun(index)) index--;
      return listing.lineOf(index);
    },
  };
}
