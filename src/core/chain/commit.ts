import { roundUp } from '../bytes.js';
import { type GuestLayer, layeredMap } from '../guest/backingChain.js';
import type { GuestRun } from '../guest/guestRun.js';
import { CommitTarget } from './commitTarget.js';
import { isData } from './layerBytes.js';

/** What `qemu-img commit` would do to a base. Bytes of the guest's disk. */
export interface Commit {
  /** Data written to the base. */
  readonly written: number;
  /** Of clusters that the base takes anew for that, in whole clusters. */
  readonly added: number;
  /** Of clusters of the base that are written in place. */
  readonly overwritten: number;
  /** Of data clusters of the base that become zeros, and that it gives free. */
  readonly zeroed: number;
  /** By which the base's disk grows. */
  readonly grows: number;
}

/** The base of a commit. */
export interface CommitBase {
  readonly layer: GuestLayer;
  /** Bytes; undefined for a plain file. */
  readonly clusterSize: number | undefined;
}

/** The mirror job copies in pieces of the target's clusters, within these bounds (bdrv_get_default_bitmap_granularity). */
const SMALLEST_PIECE = 4096;
const LARGEST_PIECE = 65536;

/**
 * Tells what committing `uppers`, the top one first, into the base below them would do. What the
 * base shares with snapshots of its own is copied first: then more is added than is said here.
 * Throws on I/O errors.
 */
export function commit(
  uppers: readonly GuestLayer[],
  { layer, clusterSize = LARGEST_PIECE }: CommitBase,
): Commit {
  const piece = Math.min(LARGEST_PIECE, Math.max(SMALLEST_PIECE, clusterSize));
  const size = uppers[0]?.size ?? 0;
  const target = new CommitTarget(layer, clusterSize);
  let written = 0;
  /** The end of what has been copied: two runs may fall into one piece. */
  let copied = 0;
  const copy = (from: number, to: number): void => {
    const start = Math.max(copied, from - (from % piece));
    const end = Math.min(size, roundUp(to, piece));
    if (end <= start) return;
    written += end - start;
    copied = end;
    target.write(start, end);
  };
  for (const { run, depth } of layeredMap(uppers)) {
    const end = run.start + run.length;
    if (isData(run)) copy(run.start, end);
    // What only the last layer leaves open is the base's; past the end of a shorter one are zeros.
    else if (isZero(run) || depth < uppers.length - 1) {
      // The job is told of zeros by the tables of each layer that it looks through (bdrv_block_status_above).
      const told = Math.min(...uppers.slice(0, depth + 1).map(({ step }) => step));
      for (const { from, to, isWhole } of zeroPieces(run.start, end, piece, told, clusterSize))
        if (isWhole) target.zero(from, to);
        else copy(from, to);
    }
  }
  const { added, overwritten, zeroed } = target;
  return { written, added, overwritten, zeroed, grows: Math.max(0, size - layer.size) };
}

const isZero = ({ kind }: GuestRun): boolean => kind === 'zero-plain' || kind === 'zero-allocated';

/**
 * Zeros cut into what the target makes zeros and what is copied: a piece is copied if it is not zeros
 * from its start to its end, or is no whole cluster of the target (mirror_iteration).
 */
function* zeroPieces(
  start: number,
  end: number,
  piece: number,
  told: number,
  clusterSize: number,
): Generator<{ readonly from: number; readonly to: number; readonly isWhole: boolean }> {
  if (told < Math.max(piece, clusterSize)) {
    yield { from: start, to: end, isWhole: false };
    return;
  }
  for (let from = start; from < end;) {
    const to = Math.min(end, from - (from % told) + told);
    const first = Math.min(to, roundUp(from, piece));
    const last = Math.max(first, to - (to % piece));
    const isWhole = first % clusterSize === 0 && last % clusterSize === 0;
    if (from < first) yield { from, to: first, isWhole: false };
    if (first < last) yield { from: first, to: last, isWhole };
    if (last < to) yield { from: last, to, isWhole: false };
    from = to;
  }
}
