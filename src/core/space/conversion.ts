import type { MappableImage } from '../qcow2/image.js';
import { bitmapsInNewImage } from './bitmapRoom.js';
import type { DiskContents } from './diskContents.js';
import { dataInClusters, fullSize, requiredSize, USUAL_IMAGE } from './newImage.js';

/** What `qemu-img measure` says of a new image, in bytes. */
export interface Conversion {
  /** Undefined where what the disk holds is not known. */
  readonly required: number | undefined;
  readonly fullyAllocated: number;
  /** Undefined where `measure` says nothing of bitmaps. */
  readonly bitmaps: number | undefined;
}

/** `contents`: of the whole disk, through the backing chain. */
export function conversion(image: MappableImage, contents: DiskContents | undefined): Conversion {
  const diskSize = Number(image.geometry.virtualSize);
  // What QEMU does not open, it does not measure.
  const known = image.refusal.open === undefined ? contents : undefined;
  const data = known && dataInClusters(known.data, USUAL_IMAGE.clusterSize);
  return {
    required: data === undefined ? undefined : requiredSize(diskSize, data, USUAL_IMAGE),
    fullyAllocated: fullSize(diskSize, USUAL_IMAGE),
    bitmaps: bitmapsInNewImage(image, USUAL_IMAGE),
  };
}
