import * as v from 'valibot';
import { isFindingCode } from '../core/check/explanations.js';
import type { FindingCode } from '../core/check/finding.js';
import { SEVERITIES } from '../core/check/finding.js';
import type { GuestClusterDetail } from '../core/guest/clusterDetail.js';
import type { ClusterDetail, FindingsPage } from '../core/inspect/inspection.js';
import type { PlaceFound } from '../core/inspect/locate.js';
import type { TableReferences } from '../core/inspect/referredTo.js';
import { KINDS } from '../core/map/kinds.js';
import { OVERLAP_HAPPENINGS } from '../core/overlap/happening.js';
import { WINDOW_COLUMNS } from '../core/overlap/windowOrder.js';
import type { TreePage, TreePlace } from '../core/tree/node.js';
import type { CachesAnswer } from './caches.js';
import type { DiagnosisAnswer } from './diagnosis.js';
import type { LayerAnswer, Strip, Tile } from './imageService.js';
import type { DamageAnswer, LostTablesAnswer } from './lost.js';
import { MAX_FILM, MAX_OPERATIONS, MAX_PEEK, MAX_RANGES, MAX_TREE_PAGE } from './limits.js';
import type {
  CellCounts,
  Hit,
  MixedCells,
  RangeAnswer,
  RangesPage,
  TableRange,
} from './navigation.js';
import type {
  OpenedWindow,
  OverlapAdvice,
  OverlapAnswer,
  OverlapEventsPage,
  OverlapTimeline,
  OverlapWindowsPage,
  SlotFilm,
} from './overlap.js';
import type { RepairsAnswer } from './repair.js';
import type { SpaceAnswer } from './space.js';
import {
  CACHE_MODES,
  cacheOptions,
  count,
  curve,
  ENGINES,
  guestCluster,
  guestOffset,
  hostCluster,
  hostOffset,
  overlapOptions,
  page,
  picture,
  upTo,
} from './shapes.js';
import type {
  DifferenceAnswer,
  MarksAnswer,
  SimulateAnswer,
  SimulatedOverlap,
  StepsPage,
  SweepAnswer,
  VerdictAnswer,
} from './simulation.js';

/** Above every tile pyramid: 2^31 clusters in one row. */
const MAX_LEVEL = 31;
/** Rows of the tallest screen. */
const MAX_ROWS = 8192;
/** Above every picture's clusters. */
const MAX_CLUSTERS = 2 ** 31;
/** Blocks along an edge of any picture. */
const MAX_BLOCK = 2 ** 26;
/** That a qcow2 image can have. */
const MAX_SNAPSHOTS = 65536;
/** The longest path names an entry of a snapshot's L2 table. */
const MAX_PATH = 200;
/** Words that say what a workload is. */
const MAX_WORKLOAD = 400;
const MAX_FILE_NAME = 4096;
/** A line of an operation names at most a snapshot. */
const MAX_OPERATION = 1200;

/** What is asked, and how a stranger's value is read as that; and, as a type alone, the answer. */
interface Exchange<Q extends v.GenericSchema, A> {
  readonly query: Q;
  /** Never there. */
  readonly answer?: () => A;
}

const exchange =
  <A>() =>
  <Q extends v.GenericSchema>(query: Q): Exchange<Q, A> => ({ query });

/** A block of BLOCK_EDGE × BLOCK_EDGE cells of the picture: its column and row. */
const block = v.object({ curve, x: upTo(MAX_BLOCK - 1), y: upTo(MAX_BLOCK - 1) });

const runTarget = [
  v.object({ type: v.literal('kind'), kind: v.picklist([...KINDS, 'unallocated']) }),
  v.object({ type: v.literal('claimed-twice') }),
  v.object({ type: v.literal('leak') }),
  v.object({ type: v.literal('too-low') }),
  v.object({ type: v.literal('wrong') }),
] as const;
const target = v.variant('type', [...runTarget, v.object({ type: v.literal('corruption') })]);

/** Where a place is; an entry of the L2 table that is selected, or refers to the cluster that is. */
const place = v.variant('type', [
  v.object({ type: v.literal('cluster'), cluster: hostCluster }),
  v.object({ type: v.literal('host'), offset: hostOffset }),
  v.object({ type: v.literal('guest'), offset: guestOffset }),
  v.object({ type: v.literal('l1'), l1Index: count }),
  v.object({ type: v.literal('l2'), l1Index: count, l2Index: count }),
  v.object({ type: v.literal('selected-l2'), l2Index: count, selected: hostCluster }),
]);

/** Structures under these settings, after so many operations; without a position, after all. */
const overlapFields = { options: overlapOptions, position: v.optional(count) };
const overlap = v.object(overlapFields);

/** How the simulated copy is opened. Settings as a user wrote them: the worker reads them as QEMU would. */
const simulateOptions = v.object({
  overlap: overlapOptions,
  caches: cacheOptions,
  engine: v.picklist(ENGINES),
  cache: v.picklist(CACHE_MODES),
  discardNoUnref: v.boolean(),
});

/** Operations, one a line as core/simulate/copy/operation.ts reads them, one after the other on a copy. */
const simulateFields = {
  operations: v.pipe(
    v.array(v.pipe(v.string(), v.maxLength(MAX_OPERATION))),
    v.maxLength(MAX_OPERATIONS),
    v.readonly(),
  ),
  options: simulateOptions,
};
const simulate = v.object(simulateFields);

/** A pattern as `qcow2-lens caches --workload` has it, or a file that the user has chosen. */
const workload = v.variant('kind', [
  v.object({ kind: v.literal('pattern'), text: v.pipe(v.string(), v.maxLength(MAX_WORKLOAD)) }),
  v.object({
    kind: v.literal('file'),
    file: v.pipe(v.string(), v.maxLength(MAX_FILE_NAME)),
    /** As `--workload-format`; undefined: guessed. */
    format: v.optional(v.pipe(v.string(), v.maxLength(MAX_WORKLOAD))),
    volume: v.optional(v.pipe(v.string(), v.maxLength(MAX_WORKLOAD))),
  }),
]);
/** `operation`: its place in the list. */
const operationFields = { ...simulateFields, operation: count };

/**
 * What can be asked of one open image, and what is answered; every value survives a structured
 * clone. A new question is a line here, its answer in a session, and its use in a pane.
 */
export const QUESTIONS = {
  /** One tile of a picture. */
  tile: exchange<Tile>()(
    v.object({
      ...picture,
      ...{ curve, level: upTo(MAX_LEVEL), x: count, y: count },
      /** With the share of each cell that holds anything. */
      shares: v.optional(v.boolean()),
    }),
  ),
  /** All of a picture in so many rows of pixels, from its start to its end. */
  strip: exchange<Strip>()(v.object({ ...picture, rows: v.pipe(upTo(MAX_ROWS), v.minValue(1)) })),
  /** How far a picture is; asking sets it going. To be asked again while it is computing. */
  layer: exchange<LayerAnswer>()(v.object(picture)),
  /** Everything known about one host cluster, with every owner. */
  cluster: exchange<ClusterDetail>()(v.object({ cluster: hostCluster })),
  /** Everything known about one cluster of the guest's disk. */
  guestCluster: exchange<GuestClusterDetail>()(v.object({ cluster: guestCluster })),
  /** Bytes of the file, as hex digits: fewer at its end. */
  peek: exchange<string>()(v.object({ offset: hostOffset, length: upTo(MAX_PEEK) })),
  /** A page of findings, for a virtual list. */
  findings: exchange<FindingsPage>()(
    v.object({
      ...page(),
      severity: v.optional(v.picklist(SEVERITIES)),
      code: v.optional(v.custom<FindingCode>(isFindingCode)),
    }),
  ),
  /** What is wrong, in words. To be asked again while it is computing. */
  diagnosis: exchange<DiagnosisAnswer>()(v.record(v.string(), v.never())),
  /** What qemu-img check -r would do. To be asked again while it is computing. */
  repairs: exchange<RepairsAnswer>()(v.record(v.string(), v.never())),
  /** Where the bytes of the file go; `gone`, `bitmaps`: to be deleted, by their places in their tables. */
  space: exchange<SpaceAnswer>()(
    v.object({
      gone: v.pipe(v.array(count), v.maxLength(MAX_SNAPSHOTS)),
      bitmaps: v.pipe(v.array(count), v.maxLength(MAX_SNAPSHOTS)),
      leaks: v.boolean(),
    }),
  ),
  /** A page of what lies below a node of the file's tree. */
  tree: exchange<TreePage>()(
    v.object({ path: v.pipe(v.string(), v.maxLength(MAX_PATH)), ...page(MAX_TREE_PAGE) }),
  ),
  /** Where the tree says what has the byte at an offset; undefined where nothing is known to. */
  treePlace: exchange<TreePlace | undefined>()(v.object({ offset: hostOffset })),
  /**
   * The next run of clusters of a kind, or in trouble; undefined when there is none. Without a
   * `from`: from the end of the file that the direction starts at.
   */
  next: exchange<Hit | undefined>()(
    v.object({ target, from: v.optional(hostCluster), direction: v.picklist([1, -1]) }),
  ),
  /** Stored and counted refcounts of a block of the picture. */
  cells: exchange<CellCounts>()(block),
  /** The subclusters of a block of the guest's disk, where they differ within a cluster. */
  subclusters: exchange<MixedCells>()(block),
  /** The clusters that the tables in a cluster refer to. */
  mapped: exchange<TableReferences>()(v.object({ cluster: hostCluster })),
  /** What is in the clusters [first, end) of a view. To be asked again while it is computing. */
  range: exchange<RangeAnswer>()(
    v.object({ view: picture.view, first: upTo(MAX_CLUSTERS), end: upTo(MAX_CLUSTERS) }),
  ),
  /** The part of the guest's disk that the active L2 table in a cluster maps, if there is one. */
  tableRange: exchange<TableRange | undefined>()(
    v.variant('of', [
      v.object({ of: v.literal('host'), cluster: hostCluster }),
      v.object({ of: v.literal('guest'), cluster: guestCluster }),
    ]),
  ),
  /** Tables that nothing points to, found by their contents. To be asked again while it is computing. */
  lostTables: exchange<LostTablesAnswer>()(v.record(v.string(), v.never())),
  /** The damage of the guest's disks, as a file. To be asked again while it is computing. */
  damage: exchange<DamageAnswer>()(v.object({ format: v.picklist(['json', 'ddrescue']) })),
  /** A page of the runs that the file consists of; `at`: a cluster whose run is wanted too. */
  ranges: exchange<RangesPage>()(
    v.object({
      ...page(MAX_RANGES),
      filter: v.optional(v.variant('type', [...runTarget])),
      order: v.picklist(['place', 'size']),
      at: v.optional(hostCluster),
    }),
  ),
  /** Where a guest offset or an entry of a table leads to. */
  locate: exchange<PlaceFound>()(v.object({ place })),
  /** The overlap structures as opening leaves them, or on the way there. */
  overlap: exchange<OverlapAnswer>()(overlap),
  /** How they came to be. */
  overlapTimeline: exchange<OverlapTimeline>()(overlap),
  /** Their cache, operation by operation. */
  overlapFilm: exchange<SlotFilm>()(
    v.object({ options: overlapOptions, from: count, count: upTo(MAX_FILM) }),
  ),
  /** A page of their windows, sorted; `find`: one that is looked for, wherever it is. */
  overlapWindows: exchange<OverlapWindowsPage>()(
    v.object({
      ...overlapFields,
      ...page(),
      sort: v.picklist(WINDOW_COLUMNS),
      descending: v.boolean(),
      find: v.optional(count),
    }),
  ),
  /** One window, opened; undefined for one that was never touched. */
  overlapWindow: exchange<OpenedWindow | undefined>()(
    v.object({ ...overlapFields, window: count }),
  ),
  /** After how many operations the next of something has happened; undefined: there is no other. */
  overlapNext: exchange<number | undefined>()(
    v.object({ ...overlapFields, what: v.picklist(OVERLAP_HAPPENINGS) }),
  ),
  /** A page of memory-limit events. */
  overlapEvents: exchange<OverlapEventsPage>()(v.object({ options: overlapOptions, ...page() })),
  /** Which settings would be better. To be asked again while it is computing. */
  overlapAdvice: exchange<OverlapAdvice>()(overlap),
  /** What comes of a list of operations, which becomes that of all panels. */
  simulate: exchange<SimulateAnswer>()(simulate),
  /** What every check says of its last operation. To be asked again while it is computing. */
  simulateVerdict: exchange<VerdictAnswer>()(simulate),
  /** A page of what QEMU does in one of them. */
  simulateSteps: exchange<StepsPage>()(v.object({ ...operationFields, ...page() })),
  /** Where on the map that is. */
  simulateMarks: exchange<MarksAnswer>()(v.object(operationFields)),
  /** What is different in the file after the operations. */
  simulateDifference: exchange<DifferenceAnswer>()(simulate),
  /** The conflict map; it becomes a picture. To be asked again while it is computing. */
  simulateSweep: exchange<SweepAnswer>()(v.object({ options: simulateOptions })),
  /** The overlap structures after the operations. */
  simulateOverlap: exchange<SimulatedOverlap>()(simulate),
  /** What a workload does to the caches, and which sizes it needs. To be asked again while it is computing. */
  caches: exchange<CachesAnswer>()(
    v.object({
      workload,
      caches: cacheOptions,
      overlap: overlapOptions,
      cache: v.picklist(CACHE_MODES),
      /** Its look-ups are what the layers of heat show. */
      onMap: v.boolean(),
    }),
  ),
  /** What is being computed of these is not wanted any more. */
  stopCaches: exchange<undefined>()(v.record(v.string(), v.never())),
} as const;

type Questions = typeof QUESTIONS;
export type Method = keyof Questions;
export type Query<M extends Method> = v.InferOutput<Questions[M]['query']>;
export type Answer<M extends Method> =
  Questions[M] extends Exchange<v.GenericSchema, infer A> ? A : never;

/** Answers to some questions. */
export type Answers<M extends Method> = { readonly [K in M]: (query: Query<K>) => Answer<K> };
/** Those whose code is fetched when they are first asked. */
export type LateMethod = 'repairs' | 'lostTables' | 'damage' | 'space' | 'caches' | 'stopCaches';
type LateAnswers = { readonly [K in LateMethod]: (query: Query<K>) => Promise<Answer<K>> };
/** Answers to all of them: the service that a scan worker gives. */
export type ImageService = Answers<Exclude<Method, LateMethod>> & LateAnswers;

export type OverlapQuery = Query<'overlap'>;
export type SimulateOptions = v.InferOutput<typeof simulateOptions>;
export type SimulateQuery = Query<'simulate'>;
export type CachesQuery = Query<'caches'>;
export type Workload = CachesQuery['workload'];
