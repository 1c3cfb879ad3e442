import type { Work } from '../../work.js';

/** The errors that QEMU's functions return, with the text that it prints for each (strerror). */
const TEXTS = {
  EAGAIN: 'Resource temporarily unavailable',
  EEXIST: 'File exists',
  EFBIG: 'File too large',
  EINVAL: 'Invalid argument',
  EIO: 'Input/output error',
  ENOENT: 'No such file or directory',
  ENOMEDIUM: 'No medium found',
  ENOSPC: 'No space left on device',
  ENOTSUP: 'Operation not supported',
} as const;

export type Errno = keyof typeof TEXTS;

export const errnoText = (errno: Errno): string => TEXTS[errno];

/** A function of QEMU returns an error; it travels up to whoever cleans up. */
export class RequestError extends Error {
  readonly errno: Errno;

  constructor(errno: Errno) {
    super(TEXTS[errno]);
    this.errno = errno;
  }
}

/** An assertion of QEMU fails: the process ends with SIGABRT. */
export class ProcessAbort extends Error {}

/** What QEMU would do depends on something that nobody can know from the image. */
export class Unpredictable extends Error {}

/** Runs a part whose failure is dropped or looked at; undefined when it succeeds. */
export function failureOf(part: () => void): Errno | undefined {
  try {
    part();
    return undefined;
  } catch (error) {
    if (error instanceof RequestError) return error.errno;
    throw error;
  }
}

/** The same for a part that is work in steps. */
export function* failureOfWork(work: Work): Work<Errno | undefined> {
  try {
    yield* work;
    return undefined;
  } catch (error) {
    if (error instanceof RequestError) return error.errno;
    throw error;
  }
}

/** Runs a part, and its clean-up when a request fails in it; the failure goes on. */
export function cleaningUp<T>(part: () => T, cleanUp: () => void): T {
  try {
    return part();
  } catch (error) {
    if (error instanceof RequestError) cleanUp();
    throw error;
  }
}
