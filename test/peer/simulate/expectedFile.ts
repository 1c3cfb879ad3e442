import { type ByteSource, readBytes } from '../../../src/core/byteSource.js';
import { hex } from '../../../src/core/bytes.js';
import type { Overlay } from '../../../src/core/simulate/copy/overlay.js';

/**
 * The file as the simulator has left it. Of data whose contents it cannot know, such as the output
 * of a compressor, it says only where it lies: there the bytes are those of the real file.
 */
export function expectedFile(before: ByteSource, ours: Overlay, real: Uint8Array): Uint8Array {
  const bytes = readBytes(before, 0, ours.size);
  for (const { offset, length, content } of ours.changes()) {
    switch (content.kind) {
      case 'bytes':
        bytes.set(content.bytes, offset);
        break;
      case 'fill':
        bytes.fill(content.value, offset, offset + length);
        break;
      case 'packed':
      case 'unknown':
        bytes.set(real.subarray(offset, offset + length), offset);
    }
  }
  return bytes;
}

/** The clusters in which two files differ, a line each. */
export function differentClusters(
  before: ByteSource,
  qemu: Uint8Array,
  ours: Uint8Array,
  clusterSize: number,
): string[] {
  const lines: string[] = [];
  const size = Math.min(qemu.length, ours.length);
  for (let start = 0; start < size; start += clusterSize) {
    const end = Math.min(size, start + clusterSize);
    if (Buffer.compare(qemu.subarray(start, end), ours.subarray(start, end)) === 0) continue;
    let at = start;
    while (qemu[at] === ours[at]) at++;
    const near = (bytes: Uint8Array): string =>
      Buffer.from(bytes.subarray(at, at + 8)).toString('hex');
    lines.push(
      `cluster ${String(start / clusterSize)} from byte ${hex(at)} on: before ` +
        `${near(readBytes(before, at, 8).subarray(0))}, QEMU ${near(qemu)}, ours ${near(ours)}`,
    );
  }
  return lines;
}
