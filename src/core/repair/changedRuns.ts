import type { ByteSource } from '../byteSource.js';
import type { Overlay } from '../simulate/copy/overlay.js';

/** Bytes that are different afterwards. */
export interface ChangedRun {
  /** Host offset. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Bytes that are compared at a time; no run is longer. */
const PIECE = 2 ** 16;
/** So many equal bytes between two different ones do not make two runs. */
const GAP = 16;

/** The runs of bytes in which a file with changes differs from what it was, in ascending order. */
export function* changedRuns(before: ByteSource, after: Overlay): Generator<ChangedRun> {
  const [old, now] = [new Uint8Array(PIECE), new Uint8Array(PIECE)];
  for (const { offset, length } of after.changes())
    for (let at = offset; at < offset + length; at += PIECE) {
      const size = Math.min(PIECE, offset + length - at);
      before.readInto(old.subarray(0, size), at);
      after.readInto(now.subarray(0, size), at);
      for (let i = firstDifference(old, now, 0, size); i < size;) {
        let end = i + 1;
        let next = firstDifference(old, now, end, size);
        for (; next < size && next - end < GAP; next = firstDifference(old, now, end, size))
          end = next + 1;
        yield { offset: at + i, bytes: now.slice(i, end) };
        i = next;
      }
    }
}

/** Where two pieces differ from `from` on; `end` if they do not. */
function firstDifference(a: Uint8Array, b: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && a[at] === b[at]) at++;
  return at;
}
