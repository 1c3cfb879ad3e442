import type { PictureFormat } from '../../src/protocol/webviewMessages.js';
import type { Heatmap } from '../heatmap/heatmap.js';
import type { MapSide } from '../state/mapSide.js';
import type { Store } from '../state/store.js';
import { captionOf } from './caption.js';
import { pngOf } from './png.js';
import { svgOf } from './svg.js';

/** The view as a picture with its title and legend. */
export function pictureOf(
  store: Store,
  side: MapSide,
  heatmap: Heatmap,
  format: PictureFormat,
): Promise<Blob> {
  const caption = captionOf(store, side);
  const { sight } = heatmap;
  return format === 'svg'
    ? svgOf(sight, caption)
    : pngOf(heatmap.drawn(), sight.viewport.size, caption);
}
