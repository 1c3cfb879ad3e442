import { guestMap } from '../guest/guestMap.js';
import type { MappableImage } from '../qcow2/image.js';
import { CLUSTER_SIZES, type DataBySize, DataClusters } from './newImage.js';

/** What the disk of an image holds. */
export interface DiskContents {
  readonly data: DataBySize;
  /** Bytes of the disk that are compressed in the file. */
  readonly compressed: number;
}

/** Runs that are looked at in one go; one may take the reading of an L2 table. */
const RUNS_AT_ONCE = 64;

/** Adds up what a disk holds. */
export class DiskSum {
  readonly #data = CLUSTER_SIZES.map((clusterSize) => new DataClusters(clusterSize));
  #compressed = 0;

  /** Data in bytes of the disk; to be told in ascending order. */
  add(start: number, length: number, isCompressed: boolean): void {
    if (isCompressed) this.#compressed += length;
    for (const clusters of this.#data) clusters.add(start, length);
  }

  get contents(): DiskContents {
    return { data: this.#data.map(({ bytes }) => bytes), compressed: this.#compressed };
  }
}

/**
 * What an image itself holds of its disk; undefined where some of its metadata are damaged. Yields the
 * part done. Throws on I/O errors.
 */
export function* diskContents(
  image: MappableImage,
): Generator<number, DiskContents | undefined, void> {
  const sum = new DiskSum();
  const size = Number(image.geometry.virtualSize);
  let runs = 0;
  // Runs go by the place in the file: of the disk, millions of them may be one stretch.
  let [from, end, isCompressed] = [0, 0, false];
  for (const { kind, start, length } of guestMap(image)) {
    if (kind === 'damaged') return undefined;
    if (kind === 'normal' || kind === 'compressed') {
      if (start !== end || (kind === 'compressed') !== isCompressed) {
        sum.add(from, end - from, isCompressed);
        from = start;
        isCompressed = kind === 'compressed';
      }
      end = start + length;
    }
    if (++runs % RUNS_AT_ONCE === 0) yield start / size;
  }
  sum.add(from, end - from, isCompressed);
  return sum.contents;
}
