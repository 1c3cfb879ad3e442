import type { Content } from './overlay.js';

/** What the outside world adds to an image. */
export interface Surroundings {
  /** Bytes of disk that the file takes (stat's blocks); undefined if it has no holes. */
  readonly allocatedBytes: number | undefined;
  /**
   * Unpacks a cluster that is compressed with deflate, from bytes that may go on behind it. Without
   * it compressed clusters are taken to be sound.
   */
  readonly inflate: Inflate | undefined;
}

/** The contents of a cluster of so many bytes; 'failed' when the data make none. */
export type Inflate = (data: Uint8Array, clusterSize: number) => Content | 'failed';
