import { readBytes } from '../../byteSource.js';
import { viewOf } from '../../bytes.js';
import { ClusterBits } from '../../map/clusterSet.js';
import { kindsOf, referencesOf, storedOf } from '../../map/cell.js';
import { BIT } from '../../map/kinds.js';
import { maskedOffset } from '../../qcow2/entryTable.js';
import { COMPATIBLE, INCOMPATIBLE } from '../../qcow2/features.js';
import type { MappableImage } from '../../qcow2/image.js';
import { COMPRESSED, compressedSpan } from '../../qcow2/l2Entry.js';
import type { Finding, FindingCode } from '../finding.js';
import type { Scan } from '../scan.js';
import { type EntryFault, EntryJudge } from './entryFault.js';
import { type Excess, excessOf } from './excess.js';
import { CellGroup, PairGroup, sortCells, type TroubledCells } from './troubledCells.js';

/** Tables of garbage that are looked into. */
const MAX_GARBAGE = 1024;
/** Compressed clusters whose first bytes are looked at. */
const SAMPLES = 64;
/** L2 tables searched for them. */
const MAX_TABLES = 256;
/** First bytes of a Zstandard frame (RFC 8878, 3.1.1). */
const ZSTD_MAGIC = 0x28b52ffd;

/** Codes of findings about one entry of an L1 or L2 table. */
const ENTRY_CODES: ReadonlySet<FindingCode> = new Set([
  'l1-reserved-bits',
  'l1-unaligned',
  'l2-reserved-bits',
  'l2-unaligned',
  'l2-preallocated-unaligned',
  'compressed-with-data-file',
  'compressed-with-subclusters',
  'subclusters-contradict',
  'subclusters-unallocated',
  'past-end',
  'copied-data',
  'copied-l2-table',
]);

/** An entry that is right but for one bit. */
export interface StrayBit {
  readonly entryOffset: number;
  readonly bit: number;
  readonly finding: Finding;
}

/** A leaked cluster that was an L2 table. */
export interface LostTable {
  readonly cluster: number;
  /** Entries that point to leaked clusters. */
  readonly entries: number;
}

/** All that the rules go by. */
export interface Evidence {
  readonly scan: Scan;
  readonly image: MappableImage;
  readonly cells: TroubledCells;
  readonly judge: EntryJudge;
  /** L2 tables that are none, by host offset. */
  readonly garbage: ReadonlySet<number>;
  /** The active L1 table is no table. */
  readonly isL1Garbage: boolean;
  /** Clusters that only garbage makes seem claimed twice. */
  readonly disturbed: CellGroup;
  /** Who else claims the clusters of garbage. */
  readonly garbagePairs: readonly PairGroup[];
  readonly lostTables: readonly LostTable[];
  readonly lostLeaks: CellGroup;
  readonly strayBits: readonly StrayBit[];
  readonly strayLeaks: CellGroup;
  /** Leaks that nothing explains so far. */
  readonly leaks: CellGroup;
  readonly pairs: readonly PairGroup[];
  readonly zero: CellGroup;
  readonly low: CellGroup;
  readonly faults: ReadonlyMap<EntryFault, number>;
  readonly compressedSamples: { readonly looked: number; readonly zstd: number };
  /** Of a file that is larger than its disk. */
  readonly excess: Excess | undefined;
  readonly dirty: boolean;
  readonly corrupt: boolean;
  readonly lazyRefcounts: boolean;
}

/** Gathers it. Yields after a while of work. Throws on I/O errors. */
export function* gather(scan: Scan): Generator<undefined, Evidence> {
  const { image } = scan;
  const cells = yield* sortCells(scan);
  const judge = new EntryJudge(scan);
  const isL1Garbage = isGarbageL1(image, judge);
  const garbage = garbageTables(scan);
  const claimed = claimedBy(scan, garbage);
  const lost = lostTables(scan);
  const faults = new Map<EntryFault, number>();
  const strayBits: StrayBit[] = [];
  const strayTargets = new Set<number>();
  for (const finding of [...scan.findings.kept]) {
    const fault = faultOf(scan, judge, finding);
    if (fault === undefined || isInGarbage(image, garbage, finding)) continue;
    faults.set(fault, (faults.get(fault) ?? 0) + 1);
    const stray = fault === 'stray-bit' ? strayBitOf(scan, judge, finding) : undefined;
    if (!stray) continue;
    strayBits.push(stray);
    strayTargets.add(stray.target);
  }
  yield;
  const disturbed = new CellGroup();
  const lostLeaks = new CellGroup();
  const strayLeaks = new CellGroup();
  const leaks = new CellGroup();
  for (const cluster of cells.leaks.clusters.each())
    (lost.bits?.has(cluster) ? lostLeaks : strayTargets.has(cluster) ? strayLeaks : leaks).add(
      cluster,
    );
  const apart = <G extends CellGroup>(group: G, made: G): G => {
    if (!claimed && !isL1Garbage) return group;
    for (const cluster of group.clusters.each())
      (isL1Garbage || claimed?.has(cluster) ? disturbed : made).add(cluster);
    return made;
  };
  const ownPairs = cells.pairs.filter(
    ({ kinds, clusters }) =>
      (kinds[0] === 'active-l2' || kinds[0] === 'inactive-l2') &&
      [...garbage].some((offset) => clusters.has(Math.floor(offset / image.geometry.clusterSize))),
  );
  const pairs = cells.pairs
    .map((pair) => apart(pair, new PairGroup(pair.kinds)))
    .filter(({ clusters }) => clusters.clusters > 0);
  const { header } = image;
  const incompatible = header.value('incompatible_features');
  return {
    scan,
    image,
    cells,
    judge,
    garbage,
    isL1Garbage,
    disturbed,
    garbagePairs: ownPairs,
    lostTables: lost.tables,
    lostLeaks,
    strayBits,
    strayLeaks,
    leaks,
    pairs,
    zero: apart(cells.zero, new CellGroup()),
    low: apart(cells.low, new CellGroup()),
    faults,
    compressedSamples: yield* sampleCompressed(scan),
    excess: excessOf(scan, cells.clusters, cells.leaks.clusters.clusters),
    dirty: (incompatible & INCOMPATIBLE.dirty) !== 0n,
    corrupt: (incompatible & INCOMPATIBLE.corrupt) !== 0n,
    lazyRefcounts: (header.value('compatible_features') & COMPATIBLE.lazyRefcounts) !== 0n,
  };
}

/** Most entries in use of the active L1 table are no pointers to tables. */
function isGarbageL1({ l1 }: MappableImage, judge: EntryJudge): boolean {
  let used = 0;
  let faulty = 0;
  for (let index = 0; index < l1.present; index++) {
    const high = l1.high(index);
    const low = l1.low(index);
    if (high === 0 && low === 0) continue;
    used++;
    const fault = judge.l1(high, low);
    if (fault !== undefined && fault !== 'stray-bit' && fault !== 'cut-off') faulty++;
  }
  return used > 1 && faulty * 2 > used;
}

/** Host offsets of L2 tables whose contents are no table. */
function garbageTables({ notices }: Scan): Set<number> {
  const garbage = new Set<number>();
  for (const { code, offset } of notices.kept)
    if (code === 'not-a-table' && garbage.size < MAX_GARBAGE) garbage.add(offset);
  return garbage;
}

/** Clusters where garbage is taken for tables, and those that it points to. */
function claimedBy({ image, map }: Scan, garbage: ReadonlySet<number>): ClusterBits | undefined {
  if (garbage.size === 0) return undefined;
  const { geometry, source } = image;
  const claimed = new ClusterBits(map.clusters);
  const bytes = new Uint8Array(geometry.clusterSize);
  const view = viewOf(bytes);
  for (const offset of garbage) {
    const first = Math.floor(offset / geometry.clusterSize);
    for (
      let cluster = first;
      cluster * geometry.clusterSize < offset + geometry.clusterSize;
      cluster++
    )
      if (cluster < map.clusters) claimed.add(cluster);
    source.readInto(bytes, offset);
    for (let at = 0; at < geometry.clusterSize; at += geometry.l2EntrySize) {
      const high = view.getUint32(at);
      const low = view.getUint32(at + 4);
      const span =
        (high & COMPRESSED) !== 0
          ? compressedSpan(high, low, geometry)
          : { offset: maskedOffset(high, low), length: geometry.clusterSize };
      const last = Math.floor((span.offset + span.length - 1) / geometry.clusterSize);
      for (
        let cluster = Math.floor(span.offset / geometry.clusterSize);
        cluster <= last && cluster < map.clusters;
        cluster++
      )
        if (span.offset !== 0) claimed.add(cluster);
    }
  }
  return claimed;
}

function lostTables({ image, map, notices }: Scan): {
  readonly tables: readonly LostTable[];
  readonly bits: ClusterBits | undefined;
} {
  const { geometry, source } = image;
  const tables: LostTable[] = [];
  let bits: ClusterBits | undefined;
  for (const { code, cluster } of notices.kept) {
    if (code !== 'lost-l2-table') continue;
    bits ??= new ClusterBits(map.clusters);
    bits.add(cluster);
    const view = viewOf(readBytes(source, cluster * geometry.clusterSize, geometry.clusterSize));
    let entries = 0;
    for (let at = 0; at < geometry.clusterSize; at += geometry.l2EntrySize) {
      const target =
        maskedOffset(view.getUint32(at), view.getUint32(at + 4)) / geometry.clusterSize;
      if (target === 0 || !Number.isInteger(target) || target >= map.clusters) continue;
      const cell = map.cell(target);
      if (referencesOf(cell) >= storedOf(cell)) continue;
      entries++;
      bits.add(target);
    }
    tables.push({ cluster, entries });
  }
  return { tables, bits };
}

/** Whether a finding is about an entry of a table that is none. */
export function isInGarbage(
  { geometry, source }: MappableImage,
  garbage: ReadonlySet<number>,
  { owner, code, offset }: Finding,
): boolean {
  if (garbage.size === 0) return false;
  if (code === 'not-a-table') return garbage.has(offset);
  if (owner?.type === 'l2-table') {
    const view = viewOf(readBytes(source, owner.entryOffset, 8));
    return garbage.has(maskedOffset(view.getUint32(0), view.getUint32(4)));
  }
  if (owner?.type !== 'l2-entry') return false;
  return garbage.has(owner.entryOffset - owner.l2Index * geometry.l2EntrySize);
}

/** What is wrong with the entry that a finding is about; undefined if it is about none. */
export function faultOf(scan: Scan, judge: EntryJudge, finding: Finding): EntryFault | undefined {
  if (!ENTRY_CODES.has(finding.code)) return undefined;
  const { owner } = finding;
  const { source, geometry } = scan.image;
  if (owner?.type === 'l2-table') {
    const view = viewOf(readBytes(source, owner.entryOffset, 8));
    return judge.l1(view.getUint32(0), view.getUint32(4));
  }
  if (owner?.type !== 'l2-entry') return undefined;
  const [high, low] = wordsOf(owner.entry);
  const view = geometry.extendedL2
    ? viewOf(readBytes(source, owner.entryOffset + 8, 8))
    : undefined;
  const bitmap =
    view && (high & COMPRESSED) === 0
      ? { zeroes: view.getUint32(0), allocated: view.getUint32(4) }
      : undefined;
  return judge.l2(high, low, bitmap, owner.guestOffset);
}

function wordsOf(entry: string): readonly [number, number] {
  const value = BigInt(entry);
  return [Number(value >> 32n), Number(value & 0xffffffffn)];
}

function strayBitOf(
  scan: Scan,
  judge: EntryJudge,
  finding: Finding,
): (StrayBit & { readonly target: number }) | undefined {
  const { owner } = finding;
  const { source, geometry } = scan.image;
  if (owner?.type !== 'l2-table' && owner?.type !== 'l2-entry') return undefined;
  const view = viewOf(readBytes(source, owner.entryOffset, 8));
  const bit = judge.strayBit(view.getUint32(0), view.getUint32(4));
  if (bit === undefined) return undefined;
  const right = view.getBigUint64(0) & ~(1n << BigInt(bit));
  const target =
    maskedOffset(Number(right >> 32n), Number(right & 0xffffffffn)) / geometry.clusterSize;
  return { entryOffset: owner.entryOffset, bit, finding, target };
}

/** Looks at the first bytes of some compressed clusters. */
function* sampleCompressed({ image, map, tables, statistics }: Scan) {
  const { geometry, source } = image;
  let looked = 0;
  let zstd = 0;
  if (statistics.compressed === 0) return { looked, zstd };
  const bytes = new Uint8Array(geometry.clusterSize);
  const view = viewOf(bytes);
  let read = 0;
  for (let table = 0; table < tables.length && read < MAX_TABLES; table++) {
    if (tables.isPlain(table) || tables.kindOf(table) !== BIT.data) continue;
    read++;
    source.readInto(bytes, tables.offset(table));
    for (let at = 0; at < bytes.length && looked < SAMPLES; at += geometry.l2EntrySize) {
      const high = view.getUint32(at);
      if ((high & COMPRESSED) === 0) continue;
      const { offset } = compressedSpan(high, view.getUint32(at + 4), geometry);
      const cluster = Math.floor(offset / geometry.clusterSize);
      if (cluster >= map.clusters || (kindsOf(map.cell(cluster)) & BIT.compressed) === 0) continue;
      looked++;
      if (viewOf(readBytes(source, offset, 4)).byteLength < 4) continue;
      if (viewOf(readBytes(source, offset, 4)).getUint32(0) === ZSTD_MAGIC) zstd++;
    }
    yield;
  }
  return { looked, zstd };
}
