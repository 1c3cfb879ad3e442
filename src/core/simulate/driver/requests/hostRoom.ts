import { hashHex } from '../../../bytes.js';
import type { Driver } from '../driver.js';
import { ProcessAbort, RequestError } from '../../copy/failure.js';
import { intoCluster, startOfCluster } from '../../copy/sizes.js';
import type { L2Slice } from './l2Slice.js';
import { sliceForWriting, sliceIndex } from './l2Tables.js';
import { MAX_BYTES } from '../../copy/operation.js';
import { planWrite, type WritePlan } from './writePlan.js';

/** Room in the file for the first bytes of a write: one piece, old clusters or new. */
export interface HostRoom {
  /** Host offset of the first byte. */
  readonly host: number;
  readonly bytes: number;
}

/** How far one step got; undefined when the piece ends before it. */
interface Step {
  readonly host: number;
  readonly bytes: number;
}

/**
 * Finds where a write goes, allocating as needed, up to where the file's clusters are not adjacent
 * any more (qcow2_alloc_host_offset). Plans are put in front of `plans`, even if this fails: they
 * are the caller's to link or to undo.
 */
export function roomForWrite(
  driver: Driver,
  guest: number,
  bytes: number,
  plans: WritePlan[],
): HostRoom {
  let done = 0;
  let host: number | undefined;
  while (done < bytes) {
    const wanted = host === undefined ? undefined : host + done;
    const step =
      oldClusters(driver, guest + done, bytes - done, wanted, plans) ??
      newClusters(driver, guest + done, bytes - done, wanted, plans);
    if (step === 'elsewhere') break;
    host ??= step.host;
    done += step.bytes;
  }
  return { host: host ?? 0, bytes: done };
}

/** Clusters that can be written in place (handle_copied); undefined when the first one cannot. */
function oldClusters(
  driver: Driver,
  guest: number,
  bytes: number,
  wanted: number | undefined,
  plans: WritePlan[],
): Step | 'elsewhere' | undefined {
  const { sizes, signal } = driver;
  const most = clustersAtMost(driver, guest, bytes);
  const slice = sliceForWriting(driver, guest);
  try {
    const index = sliceIndex(driver, guest);
    if (slice.needsNew(index)) return undefined;
    const start = slice.offset(index);
    if (start % sizes.clusterSize !== 0) {
      const what = (slice.words(index).low & 1) !== 0 ? 'Preallocated zero' : 'Data';
      signal.fatal(
        `${what} cluster offset ${hashHex(start)} unaligned (guest offset: ${hashHex(guest)})`,
      );
      throw new RequestError('EIO');
    }
    if (wanted !== undefined && start !== wanted) return 'elsewhere';
    let clusters = 1;
    while (
      clusters < most &&
      !slice.needsNew(index + clusters) &&
      slice.offset(index + clusters) === start + clusters * sizes.clusterSize
    )
      clusters++;
    const into = intoCluster(sizes, guest);
    const length = Math.min(bytes, clusters * sizes.clusterSize - into);
    addPlan(plans, planWrite(driver, slice, start, guest, length, true));
    return { host: start + into, bytes: length };
  } finally {
    slice.release();
  }
}

/** New clusters where there are none, or none that may be written to (handle_alloc). */
function newClusters(
  driver: Driver,
  guest: number,
  bytes: number,
  wanted: number | undefined,
  plans: WritePlan[],
): Step | 'elsewhere' {
  const { sizes } = driver;
  const most = clustersAtMost(driver, guest, bytes);
  const slice = sliceForWriting(driver, guest);
  try {
    const clusters = countNew(slice, sliceIndex(driver, guest), most);
    const room = allocateData(driver, guest, clusters, wanted);
    if (room.clusters === 0) return 'elsewhere';
    if (!driver.dataFile) driver.allocated('data', room.start, room.clusters);
    const into = intoCluster(sizes, guest);
    const length = Math.min(bytes, room.clusters * sizes.clusterSize - into);
    addPlan(plans, planWrite(driver, slice, room.start, guest, length, false));
    return { host: room.start + into, bytes: length };
  } finally {
    slice.release();
  }
}

function allocateData(
  { dataFile, sizes, allocation }: Driver,
  guest: number,
  clusters: number,
  wanted: number | undefined,
): { readonly start: number; readonly clusters: number } {
  if (dataFile) {
    const start = startOfCluster(sizes, guest);
    if (wanted !== undefined && startOfCluster(sizes, wanted) !== start)
      throw new ProcessAbort(
        "do_alloc_cluster_offset: Assertion `*host_offset == INV_OFFSET || *host_offset == start_of_cluster(s, guest_offset)' failed: " +
          'the cluster before lies elsewhere in the data file than on the guest disk',
      );
    return { start, clusters };
  }
  if (wanted === undefined)
    return { start: allocation.allocate(clusters * sizes.clusterSize), clusters };
  const start = startOfCluster(sizes, wanted);
  return { start, clusters: allocation.allocateAt(start, clusters) };
}

/** Plans are linked last in, first out. */
function addPlan(plans: WritePlan[], plan: WritePlan | undefined): void {
  if (plan) plans.unshift(plan);
}

function countNew(slice: L2Slice, index: number, most: number): number {
  let clusters = 1;
  while (clusters < most && slice.needsNew(index + clusters)) clusters++;
  return clusters;
}

/** Clusters that one step may take: to the end of the request or of the slice. */
function clustersAtMost(driver: Driver, guest: number, bytes: number): number {
  const { sizes } = driver;
  return Math.min(
    Math.ceil((intoCluster(sizes, guest) + bytes) / sizes.clusterSize),
    sizes.sliceEntries - sliceIndex(driver, guest),
    Math.floor(MAX_BYTES / sizes.clusterSize),
  );
}
