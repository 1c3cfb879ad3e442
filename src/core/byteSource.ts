/**
 * The only I/O seam of the core. Reads are synchronous: the core runs in a worker thread or in the
 * command line, never in the extension host, and QEMU's algorithms stay straight lines of code.
 */
export interface ByteSource {
  /** Length of the file in bytes. */
  readonly size: number;
  /**
   * Fills `target` with the bytes from `offset` on. What lies past the end of the file reads as
   * zeros, as it does for QEMU (bdrv_pread on a file node). Throws on an I/O error.
   */
  readInto(target: Uint8Array, offset: number): void;
}

/** `length` fresh bytes from `offset` on. The caller has bounded `length`. */
export function readBytes(source: ByteSource, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  source.readInto(bytes, offset);
  return bytes;
}

/** A source over bytes in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    readInto(target, offset) {
      target.fill(0);
      if (offset < bytes.length) target.set(bytes.subarray(offset, offset + target.length));
    },
  };
}
