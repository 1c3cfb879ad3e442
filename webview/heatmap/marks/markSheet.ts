/** A small opaque picture, as a canvas and as its pixels. */
export interface Stamp {
  readonly canvas: HTMLCanvasElement;
  /** Device pixels. */
  readonly side: number;
  /** Row by row, as a palette packs them. */
  readonly pixels: Uint32Array;
}

/** Fewer are quicker one by one. */
const MANY = 256;
const OPAQUE = 0xff000000;

/** Draws small things: thousands of them as one picture, for a call of the canvas each would take a frame. */
export class MarkSheet {
  #canvas: HTMLCanvasElement | undefined;
  #image: ImageData | undefined;
  #pixels = new Uint32Array(0);
  #onto: CanvasRenderingContext2D | undefined;
  #isOne = false;
  /** Of the canvas: asking it takes longer than a mark. */
  #width = 0;
  #height = 0;

  /** What comes up to `end` is for this canvas. `atMost`: how many. */
  begin(onto: CanvasRenderingContext2D, atMost: number): void {
    this.#onto = onto;
    this.#isOne = atMost >= MANY;
    if (!this.#isOne) return;
    const { width, height } = onto.canvas;
    this.#width = width;
    this.#height = height;
    if (this.#image?.width === width && this.#image.height === height) this.#pixels.fill(0);
    else {
      this.#image = new ImageData(width, height);
      this.#pixels = new Uint32Array(this.#image.data.buffer);
    }
  }

  /** @param colour as a palette packs it */
  dot(left: number, top: number, side: number, colour: number): void {
    const onto = this.#onto;
    if (!onto) return;
    if (!this.#isOne) {
      onto.fillStyle = `rgb(${colour & 0xff}, ${(colour >>> 8) & 0xff}, ${(colour >>> 16) & 0xff})`;
      onto.fillRect(left, top, side, side);
      return;
    }
    const [pixels, width] = [this.#pixels, this.#width];
    const start = Math.max(0, left);
    const end = Math.min(left + side, width);
    const below = Math.min(top + side, this.#height);
    const packed = (colour | OPAQUE) >>> 0;
    for (let y = Math.max(0, top); y < below; y++)
      for (let x = start; x < end; x++) pixels[y * width + x] = packed;
  }

  stamp({ canvas, side, pixels }: Stamp, left: number, top: number): void {
    const onto = this.#onto;
    if (!onto) return;
    if (!this.#isOne) {
      onto.drawImage(canvas, left, top);
      return;
    }
    const [onSheet, width] = [this.#pixels, this.#width];
    const start = Math.max(0, left);
    const end = Math.min(left + side, width);
    const below = Math.min(top + side, this.#height);
    for (let y = Math.max(0, top); y < below; y++)
      for (let x = start; x < end; x++)
        onSheet[y * width + x] = pixels[(y - top) * side + x - left];
  }

  end(): void {
    const onto = this.#onto;
    this.#onto = undefined;
    const image = this.#image;
    if (!onto || !this.#isOne || !image) return;
    const canvas = (this.#canvas ??= document.createElement('canvas'));
    const into = canvas.getContext('2d');
    if (!into) throw new Error('no 2D canvas');
    if (canvas.width !== image.width || canvas.height !== image.height) {
      canvas.width = image.width;
      canvas.height = image.height;
    }
    into.putImageData(image, 0, 0);
    onto.drawImage(canvas, 0, 0);
  }
}
