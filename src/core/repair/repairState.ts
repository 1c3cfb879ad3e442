import type { Budget } from '../map/budget.js';
import type { Driver } from '../simulate/driver/driver.js';
import type { ChangeList } from './changes.js';
import type { RepairCopy } from './repairCopy.js';
import type { Recorder } from '../simulate/copy/recorder.js';

/** The file system under the image, as far as a repair depends on it. */
export interface FileSystem {
  /** Freed clusters are given back and read as zeros (fallocate, as on ext4, XFS, Btrfs, tmpfs). */
  readonly punchesHoles: boolean;
  /** No file may be longer, in bytes. */
  readonly longestFile: number;
}

/** ext4 with blocks of 4 KiB. */
export const LINUX_FILE_SYSTEM: FileSystem = { punchesHoles: true, longestFile: 2 ** 44 - 4096 };

/** What the parts of a repair work on. */
export interface RepairState {
  readonly driver: Driver;
  /** What the driver writes to. */
  readonly copy: RepairCopy;
  readonly recorder: Recorder;
  readonly changes: ChangeList;
  readonly budget: Budget;
  readonly fileSystem: FileSystem;
  /** The caches are used afterwards: look-ups that change nothing else are done, too. */
  readonly keepsCaches: boolean;
}

/** Length of the file as QEMU's block layer counts it, in whole sectors of 512 bytes. */
export const nodeLength = ({ driver }: RepairState): number =>
  Math.ceil(driver.file.overlay.size / 512) * 512;
