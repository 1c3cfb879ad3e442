import type { Recorder } from './recorder.js';

/** Notices that an image is corrupt, and what QEMU does then (qcow2_signal_corruption). */
export class Signal {
  /** The node has lost its driver: every later request fails. */
  dead = false;
  readonly #recorder: Recorder;
  readonly #markCorrupt: () => void;
  #signalled = false;
  #marked = false;

  /** @param markCorrupt sets the corrupt bit, and writes the header */
  constructor(recorder: Recorder, markCorrupt: () => void) {
    this.#recorder = recorder;
    this.#markCorrupt = markCorrupt;
  }

  /** The image is marked and the node dies. `write` is the one that was prevented. */
  fatal(message: string, write?: { readonly offset: number; readonly size: number }): void {
    if (this.#signalled && this.#marked) return;
    this.#recorder.message(
      `qcow2: Marking image as corrupt: ${message}; further corruption events will be suppressed`,
    );
    this.#recorder.corrupt({ message, offset: write?.offset, size: write?.size, fatal: true });
    this.#marked = true;
    this.#markCorrupt();
    this.dead = true;
    this.#signalled = true;
  }

  /** Said once; nothing else comes of it. */
  notFatal(message: string): void {
    if (this.#signalled) return;
    this.#recorder.message(
      `qcow2: Image is corrupt: ${message}; further non-fatal corruption events will be suppressed`,
    );
    this.#recorder.corrupt({ message, offset: undefined, size: undefined, fatal: false });
    this.#signalled = true;
  }
}
