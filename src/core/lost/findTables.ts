import type { ByteSource } from '../byteSource.js';
import { hex } from '../bytes.js';
import { readPartitions } from '../guest/partitions.js';
import { plural, shareText, sizeText } from '../numbers.js';
import { type AssumedHeader, assumeHeader } from '../qcow2/assumedHeader.js';
import { isMappable, openImage } from '../qcow2/image.js';
import type { Snapshot } from '../qcow2/snapshotTable.js';
import type { HostOffset } from '../units.js';
import { hostOffset } from '../units.js';
import type { Work } from '../work.js';
import { type L1Candidate, l1Candidates } from './l1Candidates.js';
import { guessRefcounts, type RefcountGuess } from './refcountGuess.js';
import { snapshotTableAt } from './snapshotEntries.js';
import { type Layout, type TableCluster, tableClusters, targetsOf } from './tableClusters.js';
import { likelyClusterBits, type TableSectors, tableSectors } from './tableSectors.js';

/** A table that may be one, found by its contents. */
export interface TableCandidate {
  readonly kind: 'l1' | 'l2' | 'refcount-table' | 'snapshot-table';
  readonly offset: HostOffset;
  /** Bytes up to its last entry. */
  readonly length: number;
  /** Entries that say something. */
  readonly entries: number;
  /** How likely it is one, 0 … 1. */
  readonly score: number;
  /** Why, in words. */
  readonly reasons: readonly string[];
  /** Of an L1 table: the snapshots that have it. Hostile text. */
  readonly snapshots: readonly string[];
  /** The header names it, or another table does. */
  readonly isKnown: boolean;
  /** What would have to be assumed to use it; undefined for an L2 table, whose place on the disk nobody knows. */
  readonly assume: AssumedHeader | undefined;
}

export interface FoundTables {
  /** The best first, by kind. */
  readonly candidates: readonly TableCandidate[];
  /** What a header would say that fits best; undefined when there is no L1 table to be named. */
  readonly header: AssumedHeader | undefined;
  /** Why it says so. */
  readonly reasons: readonly string[];
  /** The header of the file says how it is laid out. */
  readonly hasHeader: boolean;
  /** There are more places than were looked at. */
  readonly isPartial: boolean;
}

/** L2 tables that are told one by one. */
const MAX_L2 = 1000;
/** Clusters in use of which the refcounts are asked. */
const MAX_USED = 4096;
const SECTOR = 512;

/** What a look at a file with one layout gives. */
interface Structure {
  readonly layout: Layout;
  readonly tables: ReadonlyMap<number, TableCluster>;
  readonly refcounts: RefcountGuess | undefined;
  readonly snapshots: readonly { readonly offset: number; readonly entries: readonly Snapshot[] }[];
  readonly l1s: readonly L1Candidate[];
}

/**
 * Finds tables by their contents alone: by entries that fit, by what they refer to, by refcounts that agree.
 * Reads the whole file; yields the part done, 0 … 1. Throws on I/O errors.
 *
 * @param isClaimed whether somebody refers to a cluster already, where a scan has told
 */
export function* findTables(
  source: ByteSource,
  isClaimed: (cluster: number) => boolean = () => false,
): Generator<number, FoundTables, void> {
  const sectors = yield* tableSectors(source);
  const image = openImage(source);
  const { geometry } = image;
  const layouts: Layout[] = geometry
    ? [{ clusterBits: geometry.clusterBits, extendedL2: geometry.extendedL2 }]
    : likelyLayouts(sectors);
  let best: Structure | undefined;
  for (const layout of layouts) {
    const structure = yield* quietly(structureOf(source, sectors, layout));
    if (!best || worthOf(structure) > worthOf(best)) best = structure;
  }
  if (!best)
    return {
      candidates: [],
      header: undefined,
      reasons: ['no part of the file looks like a table'],
      hasHeader: geometry !== undefined,
      isPartial: sectors.isPartial,
    };
  return told(source, best, sectors, isClaimed);
}

function likelyLayouts(sectors: TableSectors): Layout[] {
  const extendedL2 = sectors.paired > sectors.sectors / 2;
  return likelyClusterBits(sectors)
    .filter((clusterBits) => !extendedL2 || clusterBits >= 14)
    .map((clusterBits) => ({ clusterBits, extendedL2 }));
}

function* structureOf(
  source: ByteSource,
  { runs, snapshotTables }: TableSectors,
  layout: Layout,
): Work<Structure> {
  const { clusterBits } = layout;
  const size = 2 ** clusterBits;
  const tables = yield* tableClusters(source, runs, layout);
  const used = usedClusters(source, tables, clusterBits);
  const refcounts = guessRefcounts(source, tables, clusterBits, used);
  yield;
  const snapshots = snapshotTables
    .filter((offset) => offset % size === 0)
    .map((offset) => ({ offset, entries: snapshotTableAt(source, offset, size).snapshots }))
    .filter(({ entries }) => entries.length > 0);
  const named = new Map<number, Snapshot[]>();
  for (const snapshot of snapshots.flatMap(({ entries }) => entries)) {
    const cluster = Number(snapshot.l1Offset) / size;
    named.set(cluster, [...(named.get(cluster) ?? []), snapshot]);
  }
  const l1s = yield* l1Candidates(source, tables, clusterBits, refcounts, named);
  return { layout, tables, refcounts, snapshots, l1s };
}

/** Clusters that are tables, or that tables refer to, as many as are asked. */
function usedClusters(
  source: ByteSource,
  tables: ReadonlyMap<number, TableCluster>,
  clusterBits: number,
): number[] {
  const used = new Set<number>();
  for (const { cluster, isPaired } of tables.values()) {
    if (used.size >= MAX_USED) break;
    used.add(cluster);
    if (isPaired) continue;
    for (const target of targetsOf(source, cluster, 1, clusterBits).slice(0, 64))
      used.add(target.cluster);
  }
  return [...used].slice(0, MAX_USED);
}

/** Refcounts that agree say more of the size of clusters than all else. */
const worthOf = ({ refcounts, l1s }: Structure): number =>
  2 * (refcounts?.agreement ?? 0) + (l1s.at(0)?.score ?? 0);

function told(
  source: ByteSource,
  structure: Structure,
  sectors: TableSectors,
  isClaimed: (cluster: number) => boolean,
): FoundTables {
  const { layout, refcounts, snapshots, l1s } = structure;
  const size = 2 ** layout.clusterBits;
  const image = openImage(source);
  const hasHeader = image.geometry !== undefined;
  // A table that was given up may still lie there.
  const tables = snapshots
    .map(({ offset, entries }) => snapshotCandidate(structure, offset, entries))
    .sort((a, b) => b.score - a.score || b.entries - a.entries);
  const table = tables.at(0);
  const common: AssumedHeader = hasHeader
    ? {}
    : {
        clusterBits: layout.clusterBits,
        extendedL2: layout.extendedL2 || undefined,
        refcountTable: refcounts && refcounts.cluster * size,
        refcountTableClusters: refcounts?.clusters,
        refcountBits: refcounts?.bits,
        snapshots: table?.offset,
        snapshotCount: table?.entries,
      };
  const active = l1s.find(({ snapshots: of }) => of.length === 0) ?? l1s.at(0);
  const disk = active && diskSize(source, structure, active, common);
  const assumeL1 = (l1: L1Candidate): AssumedHeader => ({
    ...common,
    size: hasHeader ? undefined : disk?.size,
    l1: l1.cluster * size,
  });
  const base = hasHeader ? {} : active ? assumeL1(active) : common;
  const candidates: TableCandidate[] = l1s.map((l1) => ({
    kind: 'l1',
    offset: hostOffset(l1.cluster * size),
    length: l1.length * 8,
    entries: l1.entries,
    score: l1.score,
    reasons: l1.reasons,
    snapshots: l1.snapshots,
    isKnown: isClaimed(l1.cluster),
    assume: assumeL1(l1),
  }));
  if (refcounts)
    candidates.push({
      kind: 'refcount-table',
      offset: hostOffset(refcounts.cluster * size),
      length: refcounts.clusters * size,
      entries: refcounts.clusters * (size / 8),
      score: refcounts.agreement,
      reasons: [refcountReason(refcounts), 'it counts itself and its blocks'],
      snapshots: [],
      isKnown: isClaimed(refcounts.cluster),
      assume: {
        ...base,
        refcountTable: refcounts.cluster * size,
        refcountTableClusters: refcounts.clusters,
        refcountBits: refcounts.bits,
      },
    });
  for (const { offset, entries, ...each } of tables)
    candidates.push({
      ...each,
      offset,
      entries,
      assume: { ...base, snapshots: offset, snapshotCount: entries },
    });
  candidates.push(...l2Candidates(structure, isClaimed));
  return {
    candidates: candidates.map((each) => ({
      ...each,
      isKnown: isClaimed(Math.floor(each.offset / size)),
    })),
    header: active && assumeL1(active),
    reasons: [
      ...(hasHeader ? [] : [gridReason(sectors, layout)]),
      ...(disk ? [disk.reason] : []),
      ...(refcounts ? [refcountReason(refcounts)] : ['no refcounts agree with what is in use']),
      ...(active?.reasons ?? []),
    ],
    hasHeader,
    isPartial: sectors.isPartial,
  };
}

function snapshotCandidate(
  { l1s, refcounts, layout }: Structure,
  offset: number,
  entries: readonly Snapshot[],
): Omit<TableCandidate, 'assume'> {
  const size = 2 ** layout.clusterBits;
  const places = new Set(l1s.map(({ cluster }) => cluster * size));
  const fits = entries.filter(({ l1Offset }) => places.has(Number(l1Offset))).length;
  const counted = refcounts ? refcounts.count(offset / size) > 0 : false;
  const last = entries[entries.length - 1];
  return {
    kind: 'snapshot-table',
    offset: hostOffset(offset),
    length: last.offset + last.size - offset,
    entries: entries.length,
    score: fits / entries.length / (refcounts && !counted ? 2 : 1),
    reasons: [
      `${fits} of ${plural(entries.length, 'entry names', 'entries name')} an L1 table that is there`,
      ...(refcounts ? [counted ? 'its refcount is not 0' : 'its refcount is 0'] : []),
    ],
    snapshots: entries.map(({ name }) => name),
    isKnown: false,
  };
}

function gridReason({ aligned }: TableSectors, { clusterBits }: Layout): string {
  const all = aligned.reduce((sum, count) => sum + count, 0);
  const fit = aligned.slice(clusterBits).reduce((sum, count) => sum + count, 0);
  return `${shareText(fit, all)} of ${plural(all, 'offset')} in entries are multiples of ${sizeText(2 ** clusterBits)}`;
}

const refcountReason = ({ agreement, asked, bits }: RefcountGuess): string =>
  `refcounts of ${plural(bits, 'bit')}: ${shareText(agreement * asked, asked)} of ${plural(asked, 'cluster')} in use have one`;

/** Tables that nobody names: no L1 table among those found does, nor anybody that a scan knows. */
function l2Candidates(
  { tables, l1s, layout, refcounts }: Structure,
  isClaimed: (cluster: number) => boolean,
): TableCandidate[] {
  const size = 2 ** layout.clusterBits;
  const named = new Set<number>();
  for (const l1 of l1s) {
    for (let i = 0; i < Math.ceil((l1.length * 8) / size); i++) named.add(l1.cluster + i);
    for (const table of l1.tables) named.add(table);
  }
  for (let i = 0; refcounts && i < refcounts.clusters; i++) named.add(refcounts.cluster + i);
  const found: TableCandidate[] = [];
  for (const table of tables.values()) {
    const { cluster, located, copied, isPaired, length } = table;
    if (named.has(cluster) || isClaimed(cluster) || isPaired !== layout.extendedL2) continue;
    const stored = refcounts?.count(cluster);
    found.push({
      kind: 'l2',
      offset: hostOffset(cluster * size),
      length: length * (isPaired ? 16 : 8),
      entries: located,
      score: (stored === undefined || stored > 0 ? 0.5 : 0.3) + (0.5 * copied) / located,
      reasons: [
        `${plural(located, 'entry', 'entries')} of clusters in the file, ${copied} with COPIED`,
        ...(stored === undefined ? [] : [`its refcount is ${stored}`]),
      ],
      snapshots: [],
      isKnown: false,
      assume: undefined,
    });
  }
  return found.sort((a, b) => b.score - a.score || b.entries - a.entries).slice(0, MAX_L2);
}

/** How large the disk is, by whoever says it; else up to the last cluster that has data. */
function diskSize(
  source: ByteSource,
  { layout, snapshots, tables }: Structure,
  active: L1Candidate,
  common: AssumedHeader,
): { readonly size: number; readonly reason: string } | undefined {
  const own = openImage(source).geometry;
  if (own) return undefined;
  const perTable = 2 ** layout.clusterBits / (layout.extendedL2 ? 16 : 8);
  const last = tables.get(active.lastTable);
  const span = perTable * 2 ** layout.clusterBits;
  const mapped = (active.length - 1) * span + (last?.length ?? perTable) * 2 ** layout.clusterBits;
  for (const { diskSize: size, name } of snapshots.flatMap(({ entries }) => entries).reverse())
    if (size !== undefined && Number(size) >= mapped - span)
      return { size: Number(size), reason: `the disk of snapshot '${name}' has ${sizeText(size)}` };
  const image = openImage(
    assumeHeader(source, { ...common, size: mapped, l1: active.cluster * 2 ** layout.clusterBits }),
  );
  const partitions = isMappable(image) ? readPartitions(image) : [];
  const end = partitions.reduce((most, { start, length }) => Math.max(most, start + length), 0);
  // A disk of TiB behind a table of garbage would be nobody's.
  if (end > mapped && end < 64 * mapped + 2 ** 40)
    return {
      size: Math.ceil(end / SECTOR) * SECTOR,
      reason: `its last partition ends at ${sizeText(end)} (${hex(end)}): the disk may be larger`,
    };
  return {
    size: mapped,
    reason: `data reach up to ${sizeText(mapped)} (${hex(mapped)}): the disk may be larger`,
  };
}

function* quietly<T>(work: Work<T>): Generator<number, T, void> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    yield 1;
  }
}
