import { hashHex } from '../../../bytes.js';
import { compressedSpan } from '../../../qcow2/l2Entry.js';
import type { SubclusterKind } from '../../../qcow2/subclusters.js';
import type { Driver } from '../driver.js';
import { RequestError } from '../../copy/failure.js';
import { intoCluster } from '../../copy/sizes.js';
import type { L2Slice } from './l2Slice.js';
import { alignedL2Offset, l1Index, loadSlice, sliceIndex } from './l2Tables.js';
import { l2Offset } from '../state/memoryTable.js';

/** Where a stretch of the guest disk lies. */
export interface GuestStretch {
  /** Bytes from the offset that was asked for; at most as many as were asked for. */
  readonly bytes: number;
  readonly kind: SubclusterKind;
  /** Host offset of the first byte, where there is one; of the data of a compressed cluster. */
  readonly host: number;
  /** Bytes of the file that hold a compressed cluster. */
  readonly span: number;
}

/** Looks up where a guest offset lies, for reading (qcow2_get_host_offset). Failures are RequestError. */
export function lookUpGuest(driver: Driver, guest: number, bytes: number): GuestStretch {
  const { sizes, l1 } = driver;
  const into = intoCluster(sizes, guest);
  const index = sliceIndex(driver, guest);
  const needed = Math.min(bytes + into, (sizes.sliceEntries - index) * sizes.clusterSize);
  const table = l1Index(driver, guest);
  if (table >= l1.length || l2Offset(l1, table) === 0)
    return { bytes: needed - into, kind: 'unallocated', host: 0, span: 0 };
  const offset = alignedL2Offset(driver, table);
  const slice = loadSlice(driver, guest, offset);
  try {
    const clusters = Math.ceil(needed / sizes.clusterSize);
    const found = look(driver, slice, index, guest, offset, clusters);
    const available = Math.min(needed, found.end);
    return { ...found, bytes: available - into };
  } finally {
    slice.release();
  }
}

function look(
  driver: Driver,
  slice: L2Slice,
  index: number,
  guest: number,
  table: number,
  clusters: number,
): Omit<GuestStretch, 'bytes'> & { readonly end: number } {
  const { sizes, signal } = driver;
  const subcluster = Math.floor(intoCluster(sizes, guest) / sizes.subclusterSize);
  const corrupt = (message: string): RequestError => {
    signal.fatal(message);
    return new RequestError('EIO');
  };
  const where = (at: number): string => `(L2 offset: ${hashHex(table)}, L2 index: ${hashHex(at)})`;
  const kind = slice.pieceKind(index, subcluster);
  if (sizes.version < 3 && (kind === 'zero-plain' || kind === 'zero-allocated'))
    throw corrupt(`Zero cluster entry found in pre-v3 image ${where(index)}`);
  let host = 0;
  let span = 0;
  if (kind === 'compressed') {
    if (driver.dataFile)
      throw corrupt(
        `Compressed cluster entry found in image with external data file ${where(index)}`,
      );
    const { high, low } = slice.words(index);
    ({ offset: host, length: span } = compressedSpan(high, low, sizes));
  } else if (kind === 'normal' || kind === 'zero-allocated' || kind === 'unallocated-allocated') {
    const start = slice.offset(index);
    host = start + intoCluster(sizes, guest);
    if (start % sizes.clusterSize !== 0)
      throw corrupt(`Cluster allocation offset ${hashHex(start)} unaligned ${where(index)}`);
    if (driver.dataFile && host !== guest)
      throw corrupt(
        `External data file host cluster offset ${hashHex(start)} does not match guest cluster offset: ` +
          `${hashHex(guest - intoCluster(sizes, guest))}, L2 index: ${hashHex(index)})`,
      );
  }
  const counted = countAlike(driver, slice, index, subcluster, clusters);
  if (counted.invalid !== undefined || kind === 'invalid')
    throw corrupt(`Invalid cluster entry found  ${where(counted.invalid ?? index)}`);
  return {
    kind,
    host,
    span,
    end: (counted.subclusters + subcluster) * sizes.subclusterSize,
  };
}

/** Adjacent subclusters of one kind, and in one piece on the host (count_contiguous_subclusters). */
function countAlike(
  { sizes }: Driver,
  slice: L2Slice,
  index: number,
  subcluster: number,
  clusters: number,
): { readonly subclusters: number; readonly invalid: number | undefined } {
  const kind = slice.pieceKind(index, subcluster);
  if (kind === 'invalid') return { subclusters: 0, invalid: index };
  let count = slice.run(index, subcluster);
  if (kind === 'compressed' || subcluster + count < sizes.subclusters)
    return { subclusters: count, invalid: undefined };
  const placed = kind === 'normal' || kind === 'zero-allocated' || kind === 'unallocated-allocated';
  const start = slice.offset(index);
  for (let i = 1; i < clusters; i++) {
    const next = slice.pieceKind(index + i, 0);
    if (next === 'invalid') return { subclusters: 0, invalid: index + i };
    if (next !== kind) break;
    if (placed && slice.offset(index + i) !== start + i * sizes.clusterSize) break;
    const run = slice.run(index + i, 0);
    count += run;
    if (run < sizes.subclusters) break;
  }
  return { subclusters: count, invalid: undefined };
}
