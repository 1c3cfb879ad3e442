import { viewOf } from '../bytes.js';
import { finish, type Work } from '../work.js';
import { maskedOffset } from '../qcow2/entryTable.js';
import { COMPRESSED, compressedSpan, l2EntryKind } from '../qcow2/l2Entry.js';
import { kindsOf } from '../map/cell.js';
import { GUEST_DATA } from '../map/kinds.js';
import { l2EntryOwner } from '../check/tablePlace.js';
import type { Owner } from '../map/owner.js';
import type { Scan } from '../check/scan.js';
import { type Claim, metadataClaims } from './metadataClaims.js';
import { hostCluster, type HostCluster } from '../units.js';

/** Owners of one cluster: all are counted, some are told. */
export interface ClusterOwners {
  readonly owners: readonly Owner[];
  readonly total: number;
}

/** Owners told of each cluster, and of each when many clusters have so many. */
const MAX_OWNERS = 100;
const FEW_OWNERS = 4;
/** Owners told of all clusters together before those of each become few. */
const MANY_OWNERS = 2 ** 17;

/** Everything that refers to one host cluster, found by a second pass over what may. */
export function* ownersOf(scan: Scan, cluster: HostCluster): Generator<Owner> {
  const wanted = new Set([cluster]);
  for (const { owners } of metadataClaims(scan, wanted)) yield* owners;
  if ((kindsOf(scan.map.cell(cluster)) & GUEST_DATA) === 0) return;
  const bytes = new Uint8Array(scan.image.geometry.clusterSize);
  for (const table of scan.tables.referringTo(cluster, cluster)) {
    scan.image.source.readInto(bytes, scan.tables.offset(table));
    const isPlain = scan.tables.isPlain(table);
    if (isPlain && !mentions(bytes, cluster * scan.image.geometry.clusterSize)) continue;
    for (const { owners } of l2EntryClaims(scan, table, wanted, bytes)) yield* owners;
  }
}

/** Whether the lower half of some entry of a plain table is that of this offset. */
function mentions(table: Uint8Array, offset: number): boolean {
  const words = new Int32Array(table.buffer, table.byteOffset, table.length >>> 2);
  const raw = new Uint8Array(4);
  viewOf(raw).setUint32(0, offset % 2 ** 32);
  // Both sides are read in the machine's own order, so that nothing has to be swapped.
  const [wanted] = new Int32Array(raw.buffer);
  // Four entries at a time, which a click on a large image feels.
  for (let i = 1; i < words.length; i += 8)
    if (
      words[i] === wanted ||
      words[i + 2] === wanted ||
      words[i + 4] === wanted ||
      words[i + 6] === wanted
    )
      return true;
  return false;
}

/** The same for many clusters, in one pass over the L2 tables. */
export function ownersOfAll(
  scan: Scan,
  clusters: ReadonlySet<HostCluster>,
): Map<HostCluster, ClusterOwners> {
  return finish(findOwners(scan, clusters));
}

/** The same in steps, one for each table that is read. */
export function* findOwners(
  scan: Scan,
  clusters: ReadonlySet<HostCluster>,
): Work<Map<HostCluster, ClusterOwners>> {
  const found = new FoundOwners();
  const inMap = new Set<HostCluster>();
  const wanted = new Set<HostCluster>();
  let lowest = Infinity;
  let highest = -1;
  for (const cluster of clusters) {
    if (cluster > scan.map.clusters) continue;
    inMap.add(cluster);
    found.expect(cluster);
    if ((kindsOf(scan.map.cell(cluster)) & GUEST_DATA) === 0) continue;
    wanted.add(cluster);
    lowest = Math.min(lowest, cluster);
    highest = Math.max(highest, cluster);
  }
  for (const claim of metadataClaims(scan, inMap)) found.add(claim);
  const bytes = new Uint8Array(scan.image.geometry.clusterSize);
  for (const table of scan.tables.referringTo(lowest, highest)) {
    scan.image.source.readInto(bytes, scan.tables.offset(table));
    for (const claim of l2EntryClaims(scan, table, wanted, bytes)) found.add(claim);
    yield;
  }
  return found.owners;
}

/** Owners of many clusters, as many as there is room for. */
class FoundOwners {
  readonly owners = new Map<HostCluster, { owners: Owner[]; total: number }>();
  #told = 0;

  expect(cluster: HostCluster): void {
    this.owners.set(cluster, { owners: [], total: 0 });
  }

  add(claim: Claim): void {
    const of = this.owners.get(claim.cluster);
    if (!of) return;
    of.total += claim.count;
    const most = this.#told < MANY_OWNERS ? MAX_OWNERS : FEW_OWNERS;
    if (of.owners.length >= most) return;
    for (const owner of claim.owners) {
      of.owners.push(owner);
      this.#told++;
      if (of.owners.length >= most) break;
    }
  }
}

/** The entries of one table, whose bytes are these, that refer to clusters wanted. */
function* l2EntryClaims(
  scan: Scan,
  table: number,
  wanted: ReadonlySet<number>,
  bytes: Uint8Array,
): Generator<Claim> {
  const { geometry } = scan.image;
  const view = viewOf(bytes);
  const { l2EntrySize, clusterSize, clusterBits } = geometry;
  const highShift = 32 - clusterBits;
  const lowMask = clusterSize - 1;
  // With one cluster wanted a comparison of integers does; that is what a click asks for.
  const only = wanted.size === 1 ? wanted.values().next().value : undefined;
  let count: number | undefined;
  for (let at = 0; at < clusterSize; at += l2EntrySize) {
    const high = view.getUint32(at);
    const low = view.getUint32(at + 4);
    if ((high & COMPRESSED) === 0 && (low & lowMask & ~511) === 0) {
      const cluster = ((high & 0x00ffffff) << highShift) | (low >>> clusterBits);
      if (only === undefined ? !wanted.has(cluster) : cluster !== only) continue;
    }
    const span = spanOf(scan, high, low);
    if (!span) continue;
    count ??= scan.tables.placeCount(table);
    const last = Math.floor((span.offset + span.length - 1) / clusterSize);
    for (let cluster = Math.floor(span.offset / clusterSize); cluster <= last; cluster++)
      if (wanted.has(cluster))
        yield {
          cluster: hostCluster(cluster),
          count,
          owners: l2EntryOwners(scan, table, at / l2EntrySize, high, low),
        };
  }
}

/** An entry as an owner, once for every place of its table. */
function* l2EntryOwners(
  scan: Scan,
  table: number,
  index: number,
  high: number,
  low: number,
): Generator<Owner> {
  for (const place of scan.tables.places(table))
    yield l2EntryOwner(scan.image.geometry, place, index, high, low);
}

/** The bytes of the file that an entry refers to. */
function spanOf(
  scan: Scan,
  high: number,
  low: number,
): { offset: number; length: number } | undefined {
  const { geometry } = scan.image;
  const kind = l2EntryKind(high, low, geometry);
  if (kind === 'unallocated' || kind === 'zero-plain' || geometry.externalData) return undefined;
  return kind === 'compressed'
    ? compressedSpan(high, low, geometry)
    : { offset: maskedOffset(high, low), length: geometry.clusterSize };
}
