import type { CheckFailure } from '../qcow2/checkFailure.js';

/** Why QEMU's check stops in the midst of its reference count. The scan itself goes on. */
export interface ScanFailure extends CheckFailure {
  /** Findings that QEMU has told by then. */
  readonly after: number;
}
