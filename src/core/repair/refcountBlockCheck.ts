import { bytes, hostOffset } from '../units.js';
import { blockOffset } from '../qcow2/entryTable.js';
import { MAX_NODE_LENGTH } from '../qcow2/limits.js';
import { hexWords } from '../bytes.js';
import { Unpredictable } from '../simulate/copy/failure.js';
import type { Work } from '../work.js';
import type { Counts } from './counts.js';
import { type Fixing, repairingOr } from './mode.js';
import type { RegionCount } from './regionCount.js';
import { nodeLength, type RepairState } from './repairState.js';

/** Refcount table entries that are looked at between two yields. */
const AT_ONCE = 4096;

/** Of more clusters QEMU's counts would take many GiB: whether it gets them is up to the machine. */
const MAX_CLUSTERS = 2 ** 31 - 1;

/**
 * Counts the refcount blocks, last of all (check_refblocks). A block past the end of the file makes
 * the file longer. The result is whether the refcount structures have to be built anew.
 */
export function* checkRefcountBlocks(
  state: RepairState,
  counts: Counts,
  fixing: Fixing,
  regions: RegionCount,
): Work<boolean> {
  const { driver, recorder } = state;
  const { clusterSize } = driver.sizes;
  const entries = driver.refcounts.table.entries;
  let rebuild = false;
  const corrupt = (message: () => string): void => {
    counts.corruptions++;
    recorder.tell(message);
  };
  for (let index = 0; index < entries.end; index++) {
    if (index % AT_ONCE === 0) yield;
    const [high, low] = [entries.high(index), entries.low(index)];
    if (high === 0 && low === 0) continue;
    if ((low & 0x1ff) !== 0) {
      corrupt(() => `ERROR refcount table entry ${index} has reserved bits set`);
      rebuild = true;
      continue;
    }
    if (low % clusterSize !== 0) {
      corrupt(
        () =>
          `ERROR refcount block ${index} is not cluster aligned; refcount table entry corrupted`,
      );
      rebuild = true;
      continue;
    }
    const offset = blockOffset(high, low);
    const cluster = offset / clusterSize;
    if (cluster >= regions.table.length) {
      corrupt(
        () => `${repairingOr(fixing.errors, 'ERROR')} refcount block ${index} is outside image`,
      );
      if (!fixing.errors) continue;
      if (!lengthen(state, BigInt(`0x${hexWords(high, low)}`), regions)) {
        rebuild = true;
        continue;
      }
      counts.corruptions--;
      counts.corruptionsFixed++;
      regions.count(offset, clusterSize);
      continue;
    }
    regions.count(offset, clusterSize);
    const references = regions.table.get(cluster);
    if (references !== 1) {
      corrupt(() => `ERROR refcount block ${index} refcount=${references}`);
      rebuild = true;
    }
  }
  return rebuild;
}

/** Makes the file so long that the block lies in it; false when the file cannot be so long. */
function lengthen(state: RepairState, block: bigint, { table }: RegionCount): boolean {
  const { driver, recorder, fileSystem, changes } = state;
  const { clusterSize } = driver.sizes;
  const { overlay } = driver.file;
  const length = block + BigInt(clusterSize);
  const failed = (text: string): false => {
    recorder.tell(() => `ERROR could not resize image: ${text}`);
    return false;
  };
  if (length > 2n ** 63n - 1n) return failed('Invalid argument');
  if (length > MAX_NODE_LENGTH) {
    recorder.tell(() => `qemu-img: offset(${length}) exceeds maximum(${MAX_NODE_LENGTH})`);
    return failed('Input/output error');
  }
  if (length > BigInt(fileSystem.longestFile)) {
    recorder.tell(() => 'qemu-img: Could not resize file: File too large');
    return failed('File too large');
  }
  const before = overlay.size;
  overlay.write(Number(length), []);
  recorder.grew(before, overlay.size);
  changes.add('file-length', () => ({
    offset: hostOffset(before),
    length: bytes(overlay.size - before),
    before: String(before),
    after: String(overlay.size),
  }));
  const clusters = Math.ceil(nodeLength(state) / clusterSize);
  if (clusters > MAX_CLUSTERS)
    throw new Unpredictable(
      `QEMU would make the file ${length} bytes long, and want memory for the counts of ${clusters} clusters`,
    );
  table.grow(clusters);
  return true;
}
