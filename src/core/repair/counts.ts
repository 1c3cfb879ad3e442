import { hostOffset, type HostOffset } from '../units.js';
import { type Errno, errnoText } from '../simulate/copy/failure.js';

/** What one pass of QEMU's check has counted (BdrvCheckResult). */
export interface Counts {
  checkErrors: number;
  corruptions: number;
  leaks: number;
  corruptionsFixed: number;
  leaksFixed: number;
  imageEndOffset: HostOffset;
  totalClusters: number;
  allocatedClusters: number;
  fragmentedClusters: number;
  compressedClusters: number;
}

export const noCounts = (): Counts => ({
  checkErrors: 0,
  corruptions: 0,
  leaks: 0,
  corruptionsFixed: 0,
  leaksFixed: 0,
  imageEndOffset: hostOffset(0),
  totalClusters: 0,
  allocatedClusters: 0,
  fragmentedClusters: 0,
  compressedClusters: 0,
});

/** Adds what another part of the check has counted (qcow2_add_check_result). */
export function addFaults(to: Counts, from: Counts): void {
  to.checkErrors += from.checkErrors;
  to.corruptions += from.corruptions;
  to.leaks += from.leaks;
  to.corruptionsFixed += from.corruptionsFixed;
  to.leaksFixed += from.leaksFixed;
}

/** The errors that end a pass, with QEMU's text: those of the driver, and want of memory. */
export type PassErrno = Errno | 'ENOMEM';

export const passErrnoText = (errno: PassErrno): string =>
  errno === 'ENOMEM' ? 'Cannot allocate memory' : errnoText(errno);

/** A pass of the check returns an error: it has no counts then. */
export class PassFailed extends Error {
  readonly errno: PassErrno;

  constructor(errno: PassErrno) {
    super(errno);
    this.errno = errno;
  }
}
