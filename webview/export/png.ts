import type { Extent } from '../../src/core/picture/curve.js';
import { GAP, PADDING, placeEntries, SWATCH, TITLE_HEIGHT, type Caption } from './caption.js';

/** What is on the screen, with title and legend. `view` in CSS pixels. */
export function pngOf(
  drawn: readonly HTMLCanvasElement[],
  view: Extent,
  caption: Caption,
): Promise<Blob> {
  const ratio = devicePixelRatio;
  const { placed, height } = placeEntries(caption, view.width);
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(view.width * ratio);
  canvas.height = Math.round((TITLE_HEIGHT + view.height + height) * ratio);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  context.fillStyle = caption.background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  // They may be larger than the view.
  const [wide, high] = [canvas.width, Math.round(view.height * ratio)];
  for (const layer of drawn)
    context.drawImage(layer, 0, 0, wide, high, 0, Math.round(TITLE_HEIGHT * ratio), wide, high);
  context.scale(ratio, ratio);
  context.font = caption.font;
  context.textBaseline = 'middle';
  context.fillStyle = caption.foreground;
  context.fillText(caption.title, PADDING, TITLE_HEIGHT / 2);
  const top = TITLE_HEIGHT + view.height;
  for (const { entry, x, y } of placed) {
    context.fillStyle = context.strokeStyle = entry.colour;
    if (entry.isTrouble) context.strokeRect(x + 1, top + y + 1, SWATCH - 2, SWATCH - 2);
    else context.fillRect(x, top + y, SWATCH, SWATCH);
    context.fillStyle = caption.foreground;
    context.fillText(entry.text, x + SWATCH + GAP, top + y + SWATCH / 2 + 0.5);
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error('the picture is too large'));
    }, 'image/png');
  });
}
