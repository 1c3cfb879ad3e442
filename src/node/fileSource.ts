import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import type { ByteSource } from '../core/byteSource.js';
import { type FileState, fileState, hasChanged } from './fileState.js';
import { hex } from '../core/bytes.js';

/** The file cannot be used as an image: one line, for people. */
export class FileError extends Error {}

/** How files are opened: those that a user named, and those that images name. */
export type OpenFile = (path: string) => FileSource;

/** Blocks of the file system, as stat counts them. */
const STAT_BLOCK = 512;

/** A file on this machine, opened for reading only, until `close`. */
export class FileSource implements ByteSource {
  /** Bytes, at the time of opening; a file that grows or shrinks meanwhile keeps this size. */
  readonly size: number;
  /** Bytes of disk that it takes, without its holes. */
  readonly allocatedBytes: number;
  /** As it was opened. */
  readonly state: FileState;
  readonly #path: string;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number, { size, blocks }: Stats) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.size = size;
    this.allocatedBytes = blocks * STAT_BLOCK;
    this.state = fileState(descriptor);
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
      const opened = fstatSync(descriptor);
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

  /** Whether it has been written, cut, replaced or removed since it was opened. */
  hasChanged(): boolean {
    return (
      hasChanged(this.state, fileState(this.#descriptor)) ||
      hasChanged(this.state, fileState(this.#path))
    );
  }

  /** Whether both are one file, by whatever names. */
  isSameFile({ state }: FileSource): boolean {
    return state.device === this.state.device && state.inode === this.state.inode;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

const place = (offset: number): string => `offset ${hex(offset)}`;

function notRegular(path: string, stats: Stats): FileError {
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
