import { roundUp } from '../../../bytes.js';

/** Bytes of bits that are held of one bitmap. */
const MAX_BYTES = 64 * 2 ** 20;

/** The bits of a dirty bitmap, in parts of one host cluster; a part of zeros is not held. */
export class DirtyBits {
  readonly #granularity: number;
  readonly #chunkBytes: number;
  readonly #bits: number;
  readonly #chunks = new Map<number, Uint8Array>();

  /** @param granularity bytes of the disk that a bit stands for */
  constructor(granularity: number, chunkBytes: number, diskSize: number) {
    this.#granularity = granularity;
    this.#chunkBytes = chunkBytes;
    this.#bits = Math.ceil(diskSize / granularity);
  }

  get tooLarge(): boolean {
    return this.#chunks.size * this.#chunkBytes > MAX_BYTES;
  }

  /** The bits of one part as the image has them: the lowest bit of a byte first. */
  load(chunk: number, bytes: Uint8Array): void {
    if (this.tooLarge) return;
    const kept = bytes.slice();
    // QEMU takes whole words of 64 bits, also what lies past the disk's end in the last of them.
    kept.fill(0, Math.min(kept.length, this.#bytesFrom(chunk, roundUp(this.#bits, 64))));
    this.#chunks.set(chunk, kept);
  }

  /** All bits of one part. */
  fill(chunk: number): void {
    this.load(chunk, new Uint8Array(this.#chunkBytes).fill(0xff));
  }

  /** Sets the bits of a range of the disk. */
  set(offset: number, bytes: number): void {
    const last = Math.floor((offset + bytes - 1) / this.#granularity);
    const perChunk = this.#chunkBytes * 8;
    for (let bit = Math.floor(offset / this.#granularity); bit <= last; bit++) {
      const chunk = Math.floor(bit / perChunk);
      let part = this.#chunks.get(chunk);
      if (!part) this.#chunks.set(chunk, (part = new Uint8Array(this.#chunkBytes)));
      const at = bit - chunk * perChunk;
      part[at >>> 3] |= 1 << (at & 7);
    }
  }

  /** The parts in which a bit of the disk is set, in order. */
  *chunks(): Generator<readonly [chunk: number, bytes: Uint8Array]> {
    for (const chunk of [...this.#chunks.keys()].sort((a, b) => a - b)) {
      const bytes = this.#chunks.get(chunk);
      if (bytes && this.#isDirty(chunk, bytes)) yield [chunk, bytes];
    }
  }

  #isDirty(chunk: number, bytes: Uint8Array): boolean {
    const whole = this.#bytesFrom(chunk, this.#bits);
    if (bytes.subarray(0, whole).some((byte) => byte !== 0)) return true;
    return whole < bytes.length && (bytes[whole] & ((1 << (this.#bits & 7)) - 1)) !== 0;
  }

  /** How many whole bytes of a part come before a bit. */
  #bytesFrom(chunk: number, bit: number): number {
    return Math.max(0, Math.floor(bit / 8) - chunk * this.#chunkBytes);
  }
}
