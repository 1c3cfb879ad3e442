import { hex, viewOf } from '../bytes.js';
import type { MappableImage } from '../qcow2/image.js';
import { kindsOf, REFERENCES_SHIFT, referencesOf, storedOf } from '../map/cell.js';
import { CHUNK, type ClusterMap } from '../map/clusterMap.js';
import type { Comparison } from './comparison.js';
import type { FindingList } from './findingList.js';
import { BIT, KIND_TEXT, kindNames } from '../map/kinds.js';
import type { L2Place } from './tablePlace.js';
import { dangerText, repairDanger } from './repairDanger.js';
import type { TableTally } from './tableTally.js';
import type { StoredRefcounts } from './storedRefcounts.js';
import type { HostOffset } from '../units.js';

/** Metadata that no overlap check guards. */
const UNGUARDED = BIT.bitmapTable | BIT.bitmapData | BIT.cryptoHeader | BIT.vmState;
/** Leaked clusters looked into for a lost L2 table. */
const LEAKS_READ = 4096;
/** Fewer entries than this do not make a table. */
const FEW_ENTRIES = 4;

/** A table of which most entries are wrong is hardly one. */
export function noticeTable(
  notices: FindingList,
  tally: TableTally,
  place: L2Place,
  clusterSize: number,
  entryOffset: HostOffset,
): void {
  if (tally.used < FEW_ENTRIES || tally.faulty * 2 <= tally.used) return;
  notices.add({
    severity: 'notice',
    code: 'not-a-table',
    offset: place.offset,
    cluster: Math.floor(place.offset / clusterSize),
    message: `The cluster at ${hex(place.offset)} does not look like an L2 table: ${tally.faulty} of its ${tally.used} entries in use are invalid`,
    owner: { type: 'l2-table', l1Index: place.l1Index, entryOffset, ...place.of },
  });
}

/** What `qemu-img check` cannot see, found on the finished map. Yields after a while of work. */
export function* findNotices(
  image: MappableImage,
  map: ClusterMap,
  stored: StoredRefcounts,
  comparison: Comparison,
  notices: FindingList,
): Generator<undefined> {
  const { clusterSize, l1DiskEntries } = image.geometry;
  const danger = repairDanger(image);
  if (danger)
    notices.add({
      severity: 'notice',
      code: 'repair-deletes-snapshots',
      offset: 0,
      cluster: 0,
      message: dangerText(danger),
      owner: undefined,
    });
  const { clusters, first } = stored.pastEnd;
  if (clusters > 0)
    notices.add({
      severity: 'notice',
      code: 'refcount-past-end',
      offset: first * clusterSize,
      cluster: first,
      message: `${clusters} clusters past the end of the file have a refcount, the first one cluster ${first}`,
      owner: undefined,
    });
  for (const bitmap of image.bitmaps?.bitmaps ?? [])
    if (bitmap.inUse)
      notices.add({
        severity: 'notice',
        code: 'bitmap-in-use',
        offset: bitmap.offset,
        cluster: Math.floor(bitmap.offset / clusterSize),
        message: `Bitmap '${bitmap.name}' was left in use: what it says is lost`,
        owner: { type: 'bitmap-directory' },
      });
  let leaksLeft = LEAKS_READ;
  // Other differences may be millions, and would be put into words for nothing.
  for (const { code, cluster } of comparison.leaks > 0 ? comparison.findings() : []) {
    if (code !== 'leak' || map.cell(cluster) >>> REFERENCES_SHIFT !== 0) continue;
    if (leaksLeft-- === 0) break;
    noticeLostTable(image, map, notices, cluster);
    yield;
  }
  const vmState = image.l1.length > l1DiskEntries || image.snapshotTable.snapshots.length > 0;
  if (image.bitmaps || image.crypto || vmState) yield* findOverlaps(image, map, notices);
}

/** Clusters with unguarded metadata and something else. */
function* findOverlaps(
  image: MappableImage,
  map: ClusterMap,
  notices: FindingList,
): Generator<undefined> {
  const { clusterSize, hostClusters } = image.geometry;
  const unguarded = UNGUARDED;
  for (let index = 0; index < map.chunkCount; index++) {
    const chunk = map.chunk(index);
    if (typeof chunk === 'number' && (kindsOf(chunk) & unguarded) === 0) continue;
    const end = Math.min(CHUNK, hostClusters - index * CHUNK);
    for (let i = 0; i < end; i++) {
      const kinds = kindsOf(typeof chunk === 'number' ? chunk : chunk[i]);
      if ((kinds & unguarded) !== 0 && (kinds & (kinds - 1)) !== 0)
        noticeOverlap(notices, index * CHUNK + i, kinds, clusterSize);
    }
    if ((index & 63) === 63) yield;
  }
}

function noticeOverlap(
  notices: FindingList,
  cluster: number,
  kinds: number,
  clusterSize: number,
): void {
  notices.add({
    severity: 'notice',
    code: 'unguarded-overlap',
    offset: cluster * clusterSize,
    cluster,
    message: `Cluster ${cluster} holds ${kindNames(kinds)
      .map((kind) => KIND_TEXT[kind])
      .join(' and ')}: no overlap check guards it`,
    owner: undefined,
  });
}

/** Whether a leaked cluster holds entries that point at other leaked clusters: a table somebody lost. */
function noticeLostTable(
  image: MappableImage,
  map: ClusterMap,
  notices: FindingList,
  cluster: number,
): void {
  const { clusterSize, clusterBits, l2EntrySize, hostClusters } = image.geometry;
  const bytes = new Uint8Array(clusterSize);
  image.source.readInto(bytes, cluster * clusterSize);
  const view = viewOf(bytes);
  let used = 0;
  let leaked = 0;
  for (let at = 0; at < clusterSize; at += l2EntrySize) {
    const high = view.getUint32(at);
    const low = view.getUint32(at + 4);
    if ((high & 0x7fffffff) === 0 && low <= 1) continue;
    used++;
    const target = (high & 0x00ffffff) * 2 ** (32 - clusterBits) + (low >>> clusterBits);
    if ((high & 0x7f000000) !== 0 || (low & (clusterSize - 1)) !== 0 || target >= hostClusters)
      return;
    const cell = map.cell(target);
    if (referencesOf(cell) < storedOf(cell)) leaked++;
  }
  if (used < FEW_ENTRIES || leaked * 2 < used) return;
  notices.add({
    severity: 'notice',
    code: 'lost-l2-table',
    offset: cluster * clusterSize,
    cluster,
    message: `Leaked cluster ${cluster} looks like an L2 table that was lost: ${leaked} of its ${used} entries point at leaked clusters`,
    owner: undefined,
  });
}
