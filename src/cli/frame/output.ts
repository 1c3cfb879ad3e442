import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { type Printable, t } from './printable.js';

/** Where a command's words go. */
export interface Output {
  /** Standard output. Throws OutputError when it cannot be written. */
  print(text: Printable): void;
  /** Standard error, which is tried: there is nobody to tell that it cannot be written. */
  complain(text: Printable): void;
}

/** Standard output could not be written. */
export class OutputError extends Error {
  /** What to say of it; nothing when the reader has seen enough (`| head`). */
  readonly line: Printable;

  constructor(cause: Error) {
    const [, reason = cause.message] =
      /^[A-Z][A-Z0-9]*: (.*?)(?:, [a-z]+)?$/s.exec(cause.message) ?? [];
    super(`Cannot write the output: ${reason}`, { cause });
    const isReaderGone = codeOf(cause) === 'EPIPE' || codeOf(cause) === 'EOF';
    this.line = isReaderGone ? t`` : t`qcow2-lens: ${this.message}\n`;
  }
}

const codeOf = (error: Error): unknown => ('code' in error ? error.code : undefined);

/** The process's own output: written at once, so that a failure ends the work that made it. */
export const processOutput: Output = {
  print(text) {
    failing(() => {
      writeAll(1, text.text);
    });
  },
  complain(text) {
    try {
      writeAll(2, text.text);
    } catch {
      // Nobody hears it.
    }
  },
};

/** A file that is written anew. Throws OutputError when it cannot be. */
export class FileOutput {
  readonly #descriptor: number;

  constructor(path: string) {
    this.#descriptor = failing(() => openSync(path, 'w'));
  }

  print(text: Printable): void {
    failing(() => {
      writeAll(this.#descriptor, text.text);
    });
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** A file that was not there before, written here and there. Throws OutputError when it cannot be. */
export class NewFile {
  readonly #descriptor: number;

  constructor(path: string) {
    this.#descriptor = failing(() => openSync(path, 'wx'));
  }

  write(bytes: Uint8Array, offset: number): void {
    failing(() => {
      for (let done = 0; done < bytes.length;)
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, offset + done);
    });
  }

  /** Cuts it, or makes it longer by a hole. */
  setLength(length: number): void {
    failing(() => {
      ftruncateSync(this.#descriptor, length);
    });
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function failing<T>(part: () => T): T {
  try {
    return part();
  } catch (error) {
    throw error instanceof Error ? new OutputError(error) : error;
  }
}

/** Milliseconds between two looks at a pipe that is full and does not block. */
const FULL_PIPE_PAUSE = 5;

function writeAll(descriptor: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if (!(error instanceof Error) || codeOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_PAUSE);
    }
  }
}
