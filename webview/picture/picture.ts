import type { PictureFormat } from '../../src/protocol/webviewMessages.js';
import type { Heatmap } from '../heatmap/heatmap.js';
import type { Store } from '../store.js';
import { captionOf } from './caption.js';
import { pngOf } from './png.js';
import { svgOf } from './svg.js';

/** The view as a picture with its title and legend. */
export function pictureOf(store: Store, heatmap: Heatmap, format: PictureFormat): Promise<Blob> {
  const { scene } = heatmap;
  // The vectors are of whole cells.
  const caption = captionOf(store, format === 'png');
  return format === 'svg'
    ? svgOf(scene, caption)
    : pngOf(heatmap.drawn(), scene.viewport.size, caption);
}
