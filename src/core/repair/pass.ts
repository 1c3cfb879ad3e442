import { INCOMPATIBLE } from '../qcow2/features.js';
import { failureOf, RequestError } from '../simulate/copy/failure.js';
import type { Driver } from '../simulate/driver/driver.js';
import { hostOffset } from '../units.js';
import type { Work } from '../work.js';
import { compareRefcounts, type Compared } from './compareRefcounts.js';
import { checkCopied } from './copiedFlags.js';
import { countReferences } from './countReferences.js';
import { addFaults, type Counts, noCounts, PassFailed } from './counts.js';
import { FIX_NOTHING, type Fixing } from './mode.js';
import { rebuild } from './rebuild.js';
import { ReferenceCounts } from './referenceCounts.js';
import { nodeLength, type RepairState } from './repairState.js';
import { fixSnapshots, readSnapshots, type SnapshotEntry } from './snapshotEntries.js';

/** QEMU counts clusters in an int. */
const MAX_CLUSTERS = 2 ** 31 - 1;

/** What a pass came to. */
export interface Passed {
  readonly counts: Counts;
  readonly rebuilt: boolean;
}

/** One pass of the check over the image as it is now (qcow2_co_check_locked). Throws PassFailed. */
export function* checkOnce(state: RepairState, fixing: Fixing): Work<Passed> {
  const { driver } = state;
  if (driver.signal.dead) throw new PassFailed('ENOMEDIUM');
  const ofSnapshots = noCounts();
  const snapshots = readSnapshots(state, ofSnapshots, fixing);
  yield;
  const passed = yield* checkRefcounts(state, fixing, snapshots);
  const { counts } = passed;
  fixSnapshots(state, ofSnapshots, fixing);
  addFaults(counts, ofSnapshots);
  const fixes = fixing.leaks || fixing.errors;
  if (fixes && counts.checkErrors === 0 && counts.corruptions === 0) markSound(driver);
  return passed;
}

function* checkRefcounts(
  state: RepairState,
  fixing: Fixing,
  snapshots: readonly SnapshotEntry[],
): Work<Passed> {
  const { driver, recorder, budget } = state;
  const { sizes } = driver;
  const { clusterSize } = sizes;
  const counts = noCounts();
  const clusters = Math.ceil(nodeLength(state) / clusterSize);
  if (clusters > MAX_CLUSTERS) throw new PassFailed('EFBIG');
  const cluster = BigInt(clusterSize);
  counts.totalClusters = Number((sizes.virtualSize + cluster - 1n) / cluster);
  const references = new ReferenceCounts(clusters, sizes.refcountBits, budget);
  try {
    const fixes = fixing.leaks || fixing.errors;
    const counted = yield* countReferences(state, counts, fixing, references, snapshots);
    const before = { ...counts };
    let compared = yield* compareRefcounts(state, counts, FIX_NOTHING, references, !fixes);
    const isBroken = counted.rebuild || compared.rebuild;
    const rebuilds = isBroken && fixing.errors;
    if (rebuilds) compared = yield* rebuilt(state, counts, fixing, references, snapshots);
    else if (fixes && isBroken) {
      recorder.message('ERROR need to rebuild refcount structures');
      counts.checkErrors++;
      throw new PassFailed('EIO');
    } else if (fixes && (counts.leaks > 0 || counts.corruptions > 0)) {
      Object.assign(counts, before);
      compared = yield* compareRefcounts(state, counts, fixing, references, true);
    }
    const isSafe = counts.checkErrors === 0 && counts.corruptions === 0 && counts.leaks === 0;
    const mayRepair = fixing.errors || (fixing.leaks && isSafe);
    yield* checkCopied(state, counts, mayRepair, compared.allRead ? references : undefined);
    counts.imageEndOffset = hostOffset((compared.highest + 1) * clusterSize);
    return { counts, rebuilt: rebuilds };
  } finally {
    references.release();
  }
}

/** Builds new refcount structures, and gives the old ones free. */
function* rebuilt(
  state: RepairState,
  counts: Counts,
  fixing: Fixing,
  references: ReferenceCounts,
  snapshots: readonly SnapshotEntry[],
): Work<Compared> {
  const { recorder } = state;
  const { corruptions, leaks } = counts;
  recorder.message('Rebuilding refcount structure');
  yield* rebuild(state, counts, references);
  counts.corruptions = 0;
  counts.leaks = 0;
  references.clear();
  const counted = yield* countReferences(state, counts, FIX_NOTHING, references, snapshots);
  // What it finds are leaks that the rebuild itself has made: they are no merit.
  const own = noCounts();
  const fixLeaks = { leaks: fixing.leaks, errors: false };
  const compared = yield* compareRefcounts(state, own, fixLeaks, references, true);
  if (counted.rebuild || compared.rebuild)
    recorder.message('ERROR rebuilt refcount structure is still broken');
  counts.corruptionsFixed += Math.max(0, corruptions - counts.corruptions);
  counts.leaksFixed += Math.max(0, leaks - counts.leaks);
  counts.leaks += own.leaks;
  return compared;
}

/** Clears the dirty and the corrupt bit (qcow2_mark_clean, qcow2_mark_consistent). Throws PassFailed. */
function markSound(driver: Driver): void {
  const errno = failureOf(() => {
    if ((driver.header.incompatible & INCOMPATIBLE.dirty) !== 0n) {
      driver.header.incompatible &= ~INCOMPATIBLE.dirty;
      driver.writeCaches();
      updateHeader(driver);
    }
    if ((driver.header.incompatible & INCOMPATIBLE.corrupt) === 0n) return;
    driver.writeCaches();
    driver.header.incompatible &= ~INCOMPATIBLE.corrupt;
    updateHeader(driver);
  });
  if (errno !== undefined) throw new PassFailed(errno);
}

/** Writes the header anew, if its cluster has room for it. Throws RequestError. */
export function updateHeader(driver: Driver): void {
  if (driver.header.encode() === undefined) throw new RequestError('ENOSPC');
  driver.writeHeader();
}
