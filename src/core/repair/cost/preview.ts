import { sortCells } from '../../check/causes/troubledCells.js';
import { DEFAULT_MEMORY, type Scan, scanned } from '../../check/scan.js';
import { type Image, isMappable, openImage } from '../../qcow2/image.js';
import { Unpredictable } from '../../simulate/copy/failure.js';
import type { Work } from '../../work.js';
import { repair, type Repair, type RepairOptions } from '../repair.js';
import { type RepairCost, repairCost } from './cost.js';
import { type RepairLeft, type RepairVerdict, verdictOf } from './verdict.js';

/** A simulated repair with what it costs, what it leaves, and a verdict. */
export interface RepairPreview {
  readonly repair: Repair;
  /** Undefined when nobody can say. */
  readonly cost: RepairCost | undefined;
  readonly left: RepairLeft;
  readonly verdict: RepairVerdict;
}

/**
 * Simulates a repair and weighs it. Throws on I/O errors, and BudgetError.
 *
 * @param owners how many clusters of the image have two owners, where a scan has told: without any, the
 *   repaired file has none that it did not make itself
 */
export function* previewRepair(
  image: Image,
  options: RepairOptions,
  owners?: number,
): Work<RepairPreview> {
  const done = yield* repair(image, options);
  const { counts } = done;
  let cost: RepairCost | undefined;
  let left = owners ?? 0;
  try {
    cost = yield* repairCost(image, done);
    if (owners !== 0) left = yield* twoOwnersOf(done.after, options.memory);
  } catch (error) {
    if (!(error instanceof Unpredictable)) throw error;
  }
  const remains: RepairLeft = {
    corruptions: counts?.corruptions,
    leaks: counts?.leaks,
    checkErrors: counts?.checkErrors,
    twoOwners: left,
  };
  return { repair: done, cost, left: remains, verdict: verdictOf(done, cost, remains) };
}

function* twoOwnersOf(source: Repair['after'], memory = DEFAULT_MEMORY): Work<number> {
  const image = openImage(source);
  if (!isMappable(image)) return 0;
  return (yield* ownersOf(yield* scanned(image, memory))).clusters;
}

/** Clusters that two owners claim who cannot both be right. */
export interface TwoOwners {
  readonly clusters: number;
  readonly first: number | undefined;
}

export function* ownersOf(finished: Scan): Work<TwoOwners> {
  const { pairs } = yield* sortCells(finished);
  return {
    clusters: pairs.reduce((sum, { clusters }) => sum + clusters.clusters, 0),
    first: pairs.at(0)?.clusters.first,
  };
}
