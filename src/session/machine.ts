import type { Surroundings } from '../core/simulate/copy/surroundings.js';
import type { WorkloadBytes } from '../core/workload/fileWorkload.js';

/** A workload's file that has been opened to be read. */
export interface OpenedWorkloadFile extends WorkloadBytes {
  /** Bytes, where the file has a length. */
  readonly size: number | undefined;
  close(): void;
}

/** What a session needs of the machine that it runs on. */
export interface Machine extends Surroundings {
  /** Raw deflate, quick rather than small; the bytes share their memory with nothing else. */
  readonly deflate: (bytes: Uint8Array) => Uint8Array;
  /** Why the backing file of this name cannot be opened, in QEMU's words; undefined when it may. */
  readonly backingRefusal?: (name: string) => string | undefined;
  /** Opens a workload that the user has chosen, to be read alone. Throws on I/O errors. */
  readonly openWorkloadFile?: (path: string) => OpenedWorkloadFile;
}
