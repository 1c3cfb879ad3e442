/** A dot in device pixels: its left upper corner, and its colour as a palette packs it. */
export interface Dot {
  readonly left: number;
  readonly top: number;
  readonly colour: number;
}

/** Fewer are quicker one by one. */
const MANY = 256;
const OPAQUE = 0xff000000;

/** Draws dots: thousands of them as one picture, for a call of the canvas each would take a frame. */
export class DotSheet {
  #canvas: HTMLCanvasElement | undefined;
  #image: ImageData | undefined;
  #pixels = new Uint32Array(0);

  /** @param side device pixels of a dot */
  draw(context: CanvasRenderingContext2D, dots: readonly Dot[], side: number): void {
    if (dots.length < MANY) {
      for (const { left, top, colour } of dots) {
        context.fillStyle = `rgb(${colour & 0xff}, ${(colour >>> 8) & 0xff}, ${(colour >>> 16) & 0xff})`;
        context.fillRect(left, top, side, side);
      }
      return;
    }
    const { width, height } = context.canvas;
    const sheet = this.#sheet(width, height);
    const pixels = this.#pixels;
    pixels.fill(0);
    for (const { left, top, colour } of dots) {
      const [right, bottom] = [Math.min(left + side, width), Math.min(top + side, height)];
      for (let y = Math.max(0, top); y < bottom; y++)
        pixels.fill((colour | OPAQUE) >>> 0, y * width + Math.max(0, left), y * width + right);
    }
    sheet.into.putImageData(sheet.image, 0, 0);
    context.drawImage(sheet.canvas, 0, 0);
  }

  #sheet(width: number, height: number) {
    const canvas = (this.#canvas ??= document.createElement('canvas'));
    const into = canvas.getContext('2d');
    if (!into) throw new Error('no 2D canvas');
    let image = this.#image;
    if (image?.width !== width || image.height !== height) {
      canvas.width = width;
      canvas.height = height;
      image = this.#image = new ImageData(width, height);
      this.#pixels = new Uint32Array(image.data.buffer);
    }
    return { canvas, into, image };
  }
}
