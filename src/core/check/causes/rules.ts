import { bitmapDirectory, bitmapInUse } from './bitmaps.js';
import { brokenEntries, cutOff, strayPointer } from './cutOff.js';
import { flagBits } from './flagBits.js';
import { largerThanDisk } from './largerThanDisk.js';
import { lostL2 } from './lostL2.js';
import { markedCorrupt, onlyCompressed, refcountTableLarge } from './notes.js';
import { overwrittenL1, overwrittenL2 } from './overwrittenTables.js';
import { copiedFlags, dirtyLazy, leaks, refcountsLow, refcountsZero } from './refcounts.js';
import type { CauseRule } from './rule.js';
import { repairDeletesSnapshots, snapshotTable } from './snapshots.js';
import { twoOwners } from './twoOwners.js';
import { twoWriters } from './twoWriters.js';
import { ownBackingFile, unreadable } from './unreadable.js';
import { wrongCompression } from './wrongCompression.js';

/** Every cause that is known, in the order in which they claim findings and clusters. */
export const causeRules = (fileName: string): readonly CauseRule[] => [
  unreadable,
  ownBackingFile(fileName),
  overwrittenL1,
  overwrittenL2,
  snapshotTable,
  lostL2,
  dirtyLazy,
  twoWriters,
  twoOwners,
  refcountsZero,
  refcountsLow,
  flagBits,
  cutOff,
  strayPointer,
  brokenEntries,
  bitmapDirectory,
  wrongCompression,
  repairDeletesSnapshots,
  markedCorrupt,
  bitmapInUse,
  leaks,
  copiedFlags,
  largerThanDisk,
  refcountTableLarge,
  onlyCompressed,
];
