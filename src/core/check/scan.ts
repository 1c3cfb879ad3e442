import type { MappableImage } from '../qcow2/image.js';
import { Budget } from '../map/budget.js';
import { ClusterMap } from '../map/clusterMap.js';
import { baseBytes } from './mapNeed.js';
import { Comparison } from './comparison.js';
import { FindingList } from './findingList.js';
import { BIT } from '../map/kinds.js';
import { L1Walk } from './l1Walk.js';
import { findNotices } from './notices.js';
import { BitmapsCheck } from './bitmapsCheck.js';
import { RefcountBlocksCheck } from './refcountBlocksCheck.js';
import { countSmallTables } from './smallTables.js';
import { SnapshotTableCheck } from './snapshotTableCheck.js';
import { UnreadTables } from './unreadTables.js';
import { References } from './references.js';
import { StoredRefcounts } from './storedRefcounts.js';
import type { TableIndex } from './tableIndex.js';
import { UnreadClaims } from './unreadClaims.js';
import type { ScanFailure } from './finding.js';
import type { Work } from '../work.js';

export interface ScanProgress {
  /** What is being read, for people. */
  readonly phase: string;
  /** Part of the whole done, 0 … 1. */
  readonly done: number;
  readonly map: ClusterMap;
}

/** What one pass over the metadata found out. */
export interface Scan {
  readonly image: MappableImage;
  readonly map: ClusterMap;
  readonly references: References;
  /** Claims of pointers to what cannot be read. */
  readonly claims: UnreadClaims;
  readonly stored: StoredRefcounts;
  readonly comparison: Comparison;
  /** Findings of the reference count, in QEMU's order; those of the comparison follow. */
  readonly findings: FindingList;
  /** Findings of the COPIED pass, the last ones. */
  readonly copiedFindings: FindingList;
  /** What QEMU's check cannot see, outside its counts. */
  readonly notices: FindingList;
  readonly statistics: {
    readonly allocated: number;
    readonly fragmented: number;
    readonly compressed: number;
  };
  readonly tables: TableIndex;
  /** Why QEMU's check stops without counts, if it does. */
  readonly failure: ScanFailure | undefined;
}

/** Bytes that what is kept of an image may take, if nobody says otherwise. */
export const DEFAULT_MEMORY = 2 ** 30;

/** How much of the progress each phase takes. */
const PART = { stored: 0.2, l2: 0.65, compare: 0.1, notices: 0.05 } as const;

/**
 * Scans an image: one pass over its metadata into the cluster map, in QEMU's order, with every
 * finding on the way. Yields after every few milliseconds of work; whoever drives it may stop at
 * any time, and the map stays as it is. Throws on I/O errors, and BudgetError when more would have to
 * be kept than `memory` bytes.
 */
export function* scan(
  image: MappableImage,
  memory = DEFAULT_MEMORY,
): Generator<ScanProgress, Scan, void> {
  const { geometry } = image;
  const { snapshots } = image.snapshotTable;
  const budget = new Budget(memory);
  budget.take(baseBytes(geometry));
  const map = new ClusterMap(geometry.hostClusters, budget);
  const findings = new FindingList(budget);
  const copiedFindings = new FindingList(budget);
  const notices = new FindingList(budget);
  const references = new References(map, geometry, findings, budget);
  const claims = new UnreadClaims(references, geometry);
  const stored = new StoredRefcounts(image, geometry);
  const l1 = new L1Walk(
    image,
    { geometry, references, stored, findings, copiedFindings, notices },
    claims,
    budget,
  );
  const snapshotTable = new SnapshotTableCheck(image, findings);
  const bitmaps = new BitmapsCheck(image, references, claims, findings);
  const step = (phase: string, done: number): ScanProgress => ({ phase, done, map });

  for (const part of stored.load(map)) yield step('refcount blocks', part * PART.stored);
  snapshotTable.entries();
  references.count(0, geometry.clusterSize, BIT.mainHeader, () => ({ type: 'main-header' }));
  const walked = (tables: number, part: number) =>
    PART.stored + (PART.l2 * (tables + part)) / (1 + snapshots.length);
  for (const part of l1.active()) yield step('L2 tables', walked(0, part));
  snapshotTable.allowed();
  for (const snapshot of snapshots)
    for (const part of l1.snapshot(snapshot))
      yield step(
        `L2 tables of snapshot ${snapshot.index + 1} of ${snapshots.length}`,
        walked(1 + snapshot.index, part),
      );
  for (const part of l1.repeats())
    yield step('L2 tables shared by snapshots', walked(1 + snapshots.length, part - 1));
  countSmallTables(image, references);
  bitmaps.count();
  new RefcountBlocksCheck(image, references, claims, findings).count();
  new UnreadTables(image, claims).claim();

  const comparison = new Comparison(references, stored, geometry.clusterSize);
  for (const part of comparison.run())
    yield step('comparing refcounts', 1 - PART.notices - PART.compare * (1 - part));
  for (const _ of findNotices(image, map, stored, comparison, notices))
    yield step('looking further', 1 - PART.notices);
  const { allocated, fragmented, compressed } = l1.walk.tally;
  return {
    image,
    map,
    references,
    claims,
    stored,
    comparison,
    findings,
    copiedFindings,
    notices,
    statistics: { allocated, fragmented, compressed },
    tables: l1.tables,
    failure:
      (image.snapshotFailure && { after: 0, ...image.snapshotFailure }) ??
      l1.failure ??
      bitmaps.failure,
  };
}

/** The same for whoever does not ask how far it is. */
export function* scanned(image: MappableImage, memory = DEFAULT_MEMORY): Work<Scan> {
  const steps = scan(image, memory);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    yield;
  }
}
