import { inflateRawSync, constants } from 'node:zlib';
import type { Inflate } from '../core/simulate/copy/surroundings.js';

/** QEMU's window for deflate in qcow2 images. */
const WINDOW_BITS = 12;

/** Unpacks a compressed cluster as QEMU does: all of it, whatever follows (qcow2_zlib_decompress). */
export const inflate: Inflate = (data, clusterSize) => {
  try {
    const bytes = inflateRawSync(data, {
      windowBits: WINDOW_BITS,
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: clusterSize,
    });
    return bytes.length === clusterSize ? { kind: 'bytes', bytes } : 'failed';
  } catch (error) {
    // More than a cluster is no error to QEMU.
    if (error instanceof RangeError) return { kind: 'unknown' };
    return 'failed';
  }
};
