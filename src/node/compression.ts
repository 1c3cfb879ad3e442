import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
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

/** Speed matters here, not size: runs shrink a hundredfold at any level. */
const DEFLATE_LEVEL = 1;

/** Packs the cells of a tile for the way to the webview. */
export const deflate = (bytes: Uint8Array): Uint8Array =>
  // A Buffer may be a view of a pool; the copy ships its own bytes and nothing else.
  new Uint8Array(deflateRawSync(bytes, { level: DEFLATE_LEVEL }));
