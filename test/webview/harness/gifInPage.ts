// Runs in a page, where pictures can be decoded; see animation.ts.
import { applyPalette, GIFEncoder, quantize } from 'gifenc';

declare global {
  interface Window {
    encodeGif(frames: readonly EncodedFrame[]): Promise<string>;
    inFewColours(png: string): Promise<FewColours>;
  }
}

export interface EncodedFrame {
  /** A PNG. */
  readonly base64: string;
  readonly milliseconds: number;
}

/** A picture of 256 colours at most. */
export interface FewColours {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each. */
  readonly palette: readonly (readonly number[])[];
  /** A byte for each pixel, in base64. */
  readonly indices: string;
}

const COLOURS = 255;
/** A pixel that is as it was before costs nothing. */
const UNCHANGED = 255;
/** Of so many pixels one is looked at for the palette. */
const SAMPLE = 7;

window.encodeGif = async (frames) => {
  const pictures: ImageData[] = [];
  for (const { base64 } of frames) pictures.push(await decode(base64));
  const palette = quantize(sampled(pictures), COLOURS);
  while (palette.length <= UNCHANGED) palette.push([0, 0, 0]);
  const encoder = GIFEncoder();
  let before: Uint8Array | undefined;
  pictures.forEach(({ data, width, height }, index) => {
    const now = applyPalette(data, palette.slice(0, COLOURS));
    const last = before;
    const shown = last ? now.map((colour, i) => (colour === last[i] ? UNCHANGED : colour)) : now;
    encoder.writeFrame(shown, width, height, {
      ...(index === 0 ? { palette } : {}),
      delay: frames[index].milliseconds,
      transparent: true,
      transparentIndex: UNCHANGED,
      dispose: 1,
    });
    before = now;
  });
  encoder.finish();
  return base64Of(encoder.bytes());
};

window.inFewColours = async (png) => {
  const { data, width, height } = await decode(png);
  const palette = quantize(data, 256);
  return { width, height, palette, indices: base64Of(applyPalette(data, palette)) };
};

async function decode(base64: string): Promise<ImageData> {
  const image = new Image();
  image.src = `data:image/png;base64,${base64}`;
  await image.decode();
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height);
}

function sampled(pictures: readonly ImageData[]): Uint8ClampedArray {
  const words = pictures.map(({ data }) => new Uint32Array(data.buffer));
  const sample = new Uint32Array(
    words.reduce((sum, { length }) => sum + Math.ceil(length / SAMPLE), 0),
  );
  let to = 0;
  for (const picture of words)
    for (let from = 0; from < picture.length; from += SAMPLE) sample[to++] = picture[from];
  return new Uint8ClampedArray(sample.buffer);
}

function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += 2 ** 15)
    text += String.fromCharCode(...bytes.subarray(start, start + 2 ** 15));
  return btoa(text);
}
