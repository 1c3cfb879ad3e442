import { fstatSync, statSync, type BigIntStats } from 'node:fs';

/** What tells whether a file is still the one that was read, and as it was: times in nanoseconds. */
export interface FileState {
  readonly size: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly device: bigint;
  readonly inode: bigint;
}

/**
 * The state of an open file or of what lies at a path; undefined when nothing can be found there.
 * An open file that has been replaced at its path looks the same for ever: ask the path too.
 */
export function fileState(file: number): FileState;
export function fileState(file: number | string): FileState | undefined;
export function fileState(file: number | string): FileState | undefined {
  if (typeof file === 'number') return stateOf(fstatSync(file, { bigint: true }));
  try {
    return stateOf(statSync(file, { bigint: true }));
  } catch {
    return undefined;
  }
}

/** Whether a file was written, cut, replaced or removed between two looks at it. */
export function hasChanged(before: FileState | undefined, after: FileState | undefined): boolean {
  if (!before || !after) return before !== after;
  return (
    before.size !== after.size ||
    before.mtime !== after.mtime ||
    before.ctime !== after.ctime ||
    before.device !== after.device ||
    before.inode !== after.inode
  );
}

const stateOf = ({ size, mtimeNs, ctimeNs, dev, ino }: BigIntStats): FileState => ({
  size,
  mtime: mtimeNs,
  ctime: ctimeNs,
  device: dev,
  inode: ino,
});
