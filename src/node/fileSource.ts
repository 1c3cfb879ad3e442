import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  statSync,
  type StatsBase,
} from 'node:fs';
import type { ByteSource } from '../core/byteSource.js';

/** The file cannot be used as an image: one line, for people. */
export class FileError extends Error {}

/** Blocks of the file system, as stat counts them. */
const STAT_BLOCK = 512;

/** What differs in a file that has been written to, cut, or replaced. */
const TELLING = ['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const;

/** A file on this machine, opened for reading only, until `close`. */
export class FileSource implements ByteSource {
  /** Bytes, at the time of opening; a file that grows or shrinks meanwhile keeps this size. */
  readonly size: number;
  /** Bytes of disk that it takes, without its holes. */
  readonly allocatedBytes: number;
  readonly #path: string;
  readonly #descriptor: number;
  readonly #opened: BigIntStats;

  private constructor(path: string, descriptor: number, opened: BigIntStats) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#opened = opened;
    this.size = Number(opened.size);
    this.allocatedBytes = Number(opened.blocks) * STAT_BLOCK;
  }

  /** Throws FileError when there is no regular file at `path`, or it may not be read. */
  static open(path: string): FileSource {
    // Opening some devices has effects of its own, so look before opening.
    const found = explained(path, 'look up', () => statSync(path));
    if (!found.isFile()) throw notRegular(path, found);
    // Should a named pipe have taken the file's place since: do not wait for its writer.
    const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
    const descriptor = explained(path, 'open', () => openSync(path, flags));
    try {
      const opened = fstatSync(descriptor, { bigint: true });
      if (!opened.isFile()) throw notRegular(path, opened);
      return new FileSource(path, descriptor, opened);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Throws FileError on an I/O error. */
  readInto(target: Uint8Array, offset: number): void {
    let done = 0;
    // Node's reads know no offset beyond the exact numbers, and no file reaches there.
    if (offset >= Number.MAX_SAFE_INTEGER) {
      target.fill(0);
      return;
    }
    // A read may end early for reasons of the file system's own; only 0 bytes mean the end.
    while (done < target.length) {
      const read = explained(this.#path, `read ${place(offset + done)} of`, () =>
        readSync(this.#descriptor, target, done, target.length - done, offset + done),
      );
      if (read === 0) break;
      done += read;
    }
    target.fill(0, done);
  }

  /** Whether the file, or what lies under its name by now, is not what was opened. */
  hasChanged(): boolean {
    const differs = (now: BigIntStats): boolean =>
      TELLING.some((field) => now[field] !== this.#opened[field]);
    try {
      return (
        differs(fstatSync(this.#descriptor, { bigint: true })) ||
        differs(statSync(this.#path, { bigint: true }))
      );
    } catch {
      return true;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

const place = (offset: number): string => `offset 0x${offset.toString(16)}`;

function notRegular(path: string, stats: StatsBase<number | bigint>): FileError {
  const what = stats.isDirectory()
    ? 'a directory'
    : stats.isFIFO()
      ? 'a named pipe'
      : stats.isSocket()
        ? 'a socket'
        : stats.isBlockDevice() || stats.isCharacterDevice()
          ? 'a device'
          : 'something else';
  return new FileError(`'${path}': expected a regular file, found ${what}`);
}

/** Runs a call of node:fs and puts its failure into one line without the call's internals. */
function explained<T>(path: string, verb: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // "ENOENT: no such file or directory, stat '/a/b'"
    const reason = /^[A-Z][A-Z0-9]*: (.*?)(?:, [a-z]+(?: '.*')?)?$/s.exec(error.message);
    throw new FileError(`Cannot ${verb} '${path}': ${reason?.[1] ?? error.message}`, {
      cause: error,
    });
  }
}
