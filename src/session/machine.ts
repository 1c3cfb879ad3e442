import type { Surroundings } from '../core/simulate/copy/surroundings.js';

/** What a session needs of the machine that it runs on. */
export interface Machine extends Surroundings {
  /** Raw deflate, quick rather than small; the bytes share their memory with nothing else. */
  readonly deflate: (bytes: Uint8Array) => Uint8Array;
  /** Why the backing file of this name cannot be opened, in QEMU's words; undefined when it may. */
  readonly backingRefusal?: (name: string) => string | undefined;
}
