import { memorySource } from '../../src/core/byteSource.js';
import { type Scan, scan } from '../../src/core/check/scan.js';
import {
  type Image,
  isMappable,
  type MappableImage,
  openImage,
} from '../../src/core/qcow2/image.js';
import { ImageBuilder, type ImageOptions } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { fileBytes, type SparseFile } from '../images/pieces.js';

/** Opens a file in memory. */
export function opened(file: SparseFile): Image {
  return openImage(memorySource(fileBytes(file)));
}

/** The same for an image that has a layout. */
export function openedMappable(file: SparseFile): MappableImage {
  const image = opened(file);
  if (!isMappable(image)) throw new Error('the image has no layout');
  return image;
}

/** A fresh image with these options. */
export function mappableImage(options: ImageOptions): MappableImage {
  return openedMappable(layOut(new ImageBuilder(options)));
}

export function scanned(file: SparseFile): Scan {
  const steps = scan(openedMappable(file));
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
