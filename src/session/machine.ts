import type { Surroundings } from '../core/simulate/copy/surroundings.js';

/** What a session needs of the machine that it runs on. */
export interface Machine extends Surroundings {
  /** Raw deflate, quick rather than small; the bytes share their memory with nothing else. */
  readonly deflate: (bytes: Uint8Array) => Uint8Array;
}
