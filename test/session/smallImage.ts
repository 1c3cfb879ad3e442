import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut, type BuiltImage } from '../images/layOut.js';

/** An image of 16 MiB with 4 KiB clusters, of which 300 hold data; a few host clusters leak. */
export function smallImage(): BuiltImage {
  const image = new ImageBuilder({ virtualSize: 2 ** 24, clusterBits: 12 });
  return layOut(image.write(0, 300).leak(2));
}
