import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const READ_AT_ONCE = 2 ** 18;

/**
 * A workload's file, some bytes at a time; `-` is the standard input. Pipes are read too. The bytes
 * hold until the next are asked for. Throws on I/O errors.
 */
export class WorkloadFile {
  readonly #descriptor: number;
  readonly #buffer = new Uint8Array(READ_AT_ONCE);
  /** Bytes, where the file has a length. */
  readonly size: number | undefined;

  constructor(file: string) {
    this.#descriptor = file === '-' ? 0 : openSync(file, 'r');
    const stats = fstatSync(this.#descriptor);
    this.size = stats.isFile() ? stats.size : undefined;
  }

  /** Opens a file of a disk: a pipe would have a whole thread wait for it. */
  static ofDisk(file: string): WorkloadFile {
    if (!statSync(file).isFile()) throw new Error(`'${file}' is no regular file`);
    return new WorkloadFile(file);
  }

  /** The next bytes; none at the end. */
  next(): Uint8Array {
    return this.#buffer.subarray(0, readSync(this.#descriptor, this.#buffer));
  }

  close(): void {
    if (this.#descriptor !== 0) closeSync(this.#descriptor);
  }
}
