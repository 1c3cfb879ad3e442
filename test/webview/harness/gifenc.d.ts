declare module 'gifenc' {
  export type Rgb = readonly [number, number, number];
  export interface Frame {
    readonly palette?: readonly Rgb[];
    /** Milliseconds. */
    readonly delay: number;
    readonly transparent?: boolean;
    readonly transparentIndex?: number;
    /** What becomes of it before the next: 1, it stays. */
    readonly dispose?: number;
  }
  export interface Encoder {
    writeFrame(indexes: Uint8Array, width: number, height: number, frame: Frame): void;
    finish(): void;
    bytes(): Uint8Array;
  }
  export function GIFEncoder(): Encoder;
  export function quantize(rgba: Uint8ClampedArray, colours: number): Rgb[];
  export function applyPalette(rgba: Uint8ClampedArray, palette: readonly Rgb[]): Uint8Array;
}
