import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { imageArguments, runQemu } from '../qemu.js';
import { IMAGE_NAME } from '../slot.js';

const RAW = 'view.raw';
const PIECE = 2 ** 16;

/** A disk as QEMU reads it, as a raw file; what cannot be read is zeros there. */
export class GuestView {
  readonly size: number;
  readonly #path: string;
  readonly #handle: number;

  private constructor(path: string) {
    this.#path = path;
    this.#handle = openSync(path, 'r');
    this.size = fstatSync(this.#handle).size;
  }

  /** Undefined when QEMU does not open the image, or the snapshot. `snapshot`: its ID. */
  static async of(
    folder: string,
    snapshot: string | undefined,
    isEncrypted: boolean,
  ): Promise<GuestView | undefined> {
    const path = join(folder, RAW);
    rmSync(path, { force: true });
    const from = snapshot === undefined ? [] : ['-l', `snapshot.id=${snapshot}`];
    const args = ['convert', '--salvage', '-O', 'raw', ...from];
    const { exitCode } = await runQemu(
      'qemu-img',
      [...args, ...imageArguments(IMAGE_NAME, isEncrypted), RAW],
      folder,
    );
    if (exitCode === 0 && existsSync(path)) return new GuestView(path);
    rmSync(path, { force: true });
    return undefined;
  }

  read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    readSync(this.#handle, bytes, 0, length, offset);
    return bytes;
  }

  /** Where two views differ first in [from, to); undefined when they do not. */
  differsFrom(other: GuestView, from: number, to: number): number | undefined {
    for (let at = from; at < to; at += PIECE) {
      const length = Math.min(PIECE, to - at);
      const [a, b] = [this.read(at, length), other.read(at, length)];
      if (!a.equals(b)) return at + a.findIndex((byte, i) => byte !== b[i]);
    }
    return undefined;
  }

  isZero(from: number, to: number): boolean {
    for (let at = from; at < to; at += PIECE)
      if (this.read(at, Math.min(PIECE, to - at)).some((byte) => byte !== 0)) return false;
    return true;
  }

  close(): void {
    closeSync(this.#handle);
    rmSync(this.#path, { force: true });
  }
}
