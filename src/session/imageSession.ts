import type { ClusterMap } from '../core/map/clusterMap.js';
import type { Located } from '../core/inspect/locate.js';
import type { Mapped } from '../core/inspect/referredTo.js';
import { Inspection } from '../core/inspect/inspection.js';
import {
  checkGuestCluster,
  guestCluster,
  type GuestClusterDetail,
} from '../core/guest/clusterDetail.js';
import { scan, type Scan, type ScanProgress } from '../core/check/scan.js';
import { imageFacts } from '../core/qcow2/facts.js';
import type { Picture } from '../core/picture/layer.js';
import { WindowLayer } from '../core/picture/windowLayer.js';
import { isLaidOut, openImage, type Image, type LaidOutImage } from '../core/qcow2/image.js';
import { Structures } from '../core/tree/formatTree.js';
import type { ByteSource } from '../core/byteSource.js';
import type {
  ClusterDetail,
  ClusterQuery,
  FindingsPage,
  FindingsQuery,
  GuestClusterQuery,
  ImageEvent,
  ImageService,
  Strip,
  StripQuery,
  LayerAnswer,
  StructurePage,
  StructureQuery,
  Tile,
  TileQuery,
} from '../protocol/imageService.js';
import type {
  CellCounts,
  CellsQuery,
  Hit,
  LocateQuery,
  MixedCells,
  NextQuery,
  RangesPage,
  RangesQuery,
} from '../protocol/navigation.js';
import type { DiagnosisAnswer } from '../protocol/diagnosis.js';
import type {
  OpenedWindow,
  OverlapAdvice,
  OverlapAnswer,
  OverlapEventsPage,
  OverlapEventsQuery,
  OverlapQuery,
  OverlapTimeline,
  OverlapWindowQuery,
  OverlapWindowsPage,
  OverlapWindowsQuery,
} from '../protocol/overlap.js';
import type {
  DifferenceAnswer,
  MarksAnswer,
  MarksQuery,
  SimulateAnswer,
  SimulatedOverlap,
  SimulateQuery,
  StepsPage,
  StepsQuery,
  SweepAnswer,
  SweepQuery,
  VerdictAnswer,
} from '../protocol/simulation.js';
import { DiagnosisSession } from './diagnosisSession.js';
import { glimpse } from './glimpse.js';
import type { Machine } from './machine.js';
import { mixedCells } from './mixedCells.js';
import { Navigator } from './navigator.js';
import { OverlapSession } from './overlapSession.js';
import { Pictures } from './pictures.js';
import { ScanPace } from './scanPace.js';
import { SimulateSession } from './simulateSession.js';
import { SweepSession } from './sweepSession.js';

const NO_MAP = 'there is no map of this image';

type State =
  | { readonly type: 'idle' }
  | { readonly type: 'scanning'; readonly steps: Generator<ScanProgress, Scan, void> }
  | { readonly type: 'cancelled' }
  | { readonly type: 'scanned'; readonly inspection: Inspection; readonly scan: Scan };

/**
 * One image being scanned, which answers questions about it at any time with what is known by
 * then. It does not run by itself: whoever owns it calls `advance` until that says false.
 */
export class ImageSession implements ImageService {
  readonly #image: Image;
  readonly #structures: Structures;
  readonly #fileName: string;
  readonly #machine: Machine;
  readonly #emit: (event: ImageEvent) => void;
  #state: State = { type: 'idle' };
  #pictures: Pictures | undefined;
  #navigator: Navigator | undefined;
  #overlap: OverlapSession | undefined;
  #simulate: SimulateSession | undefined;
  #sweep: SweepSession | undefined;
  readonly #diagnosis: DiagnosisSession;
  /** How far the scan is, 0 … 1. */
  #done = 0;
  #map: ClusterMap | undefined;
  #generation = 0;
  #started = 0;
  readonly #pace = new ScanPace();

  /** Throws on an I/O error, as all methods do. */
  constructor(
    source: ByteSource,
    fileName: string,
    emit: (event: ImageEvent) => void,
    machine: Machine,
  ) {
    this.#machine = machine;
    this.#image = openImage(source);
    this.#structures = new Structures(this.#image);
    this.#fileName = fileName;
    this.#diagnosis = new DiagnosisSession(this.#image, fileName);
    this.#emit = emit;
  }

  /** Says what the header says, and begins the scan if the header allows one. */
  start(): void {
    this.#emit({ type: 'facts', facts: imageFacts(this.#image, this.#fileName) });
    if (!isLaidOut(this.#image)) return;
    this.#started = performance.now();
    this.#pictures = new Pictures(this.#image, this.#machine.deflate);
    this.#state = { type: 'scanning', steps: scan(this.#image) };
    // From the first step on there is a map to show.
    this.advance(0);
  }

  /**
   * Scans on for about `milliseconds`, or computes pictures that have been asked for; false when
   * there is nothing left to do.
   */
  advance(milliseconds: number): boolean {
    if (this.#state.type !== 'scanning') {
      const isBusy = this.#diagnosis.advance(milliseconds);
      return isBusy || (this.#pictures?.advance(milliseconds) ?? false);
    }
    const { steps } = this.#state;
    const end = performance.now() + milliseconds;
    for (;;) {
      const step = steps.next();
      const now = performance.now();
      if (step.done) {
        this.#finish(step.value, now);
        return true;
      }
      this.#done = step.value.done;
      this.#show(step.value.map);
      if (this.#pace.isProgressDue(now)) this.#report(step.value, now);
      if (now >= end) return true;
    }
  }

  /** Stops the scan; what is known so far stays answerable. */
  cancel(): void {
    if (this.#state.type !== 'scanning') return;
    this.abandon();
    this.#emit({ type: 'cancelled', generation: this.#nextGeneration(performance.now()) });
  }

  /** Stops for good without a word, after an error that the owner has reported. */
  abandon(): void {
    if (this.#state.type === 'scanning') this.#state = { type: 'cancelled' };
    this.#pictures?.cancelled();
  }

  tile(query: TileQuery): Tile {
    return this.#draw((pictures) => pictures.tile(query));
  }

  layer(query: Picture): LayerAnswer {
    return this.#shown().layer(query);
  }

  strip({ rows }: StripQuery): Strip {
    return this.#draw((pictures) => pictures.strip(rows));
  }

  cluster({ cluster }: ClusterQuery): ClusterDetail {
    const map = this.#map;
    if (!map) throw new Error(NO_MAP);
    if (cluster >= map.clusters) {
      throw new Error(
        `cluster ${cluster}: expected one below ${map.clusters}, the end of the file`,
      );
    }
    return this.#state.type === 'scanned'
      ? this.#state.inspection.cluster(cluster)
      : glimpse(map, cluster, this.#laidOut().layout.clusterSize);
  }

  guestCluster({ cluster }: GuestClusterQuery): GuestClusterDetail {
    const image = this.#laidOut();
    checkGuestCluster(image, cluster);
    const stored = this.#state.type === 'scanned' ? this.#state.scan.stored : undefined;
    return guestCluster(image, stored, cluster);
  }

  findings(query: FindingsQuery): FindingsPage {
    return this.#state.type === 'scanned'
      ? this.#state.inspection.findings(query)
      : { total: 0, findings: [] };
  }

  diagnosis(): DiagnosisAnswer {
    switch (this.#state.type) {
      case 'scanning':
        return this.#diagnosis.scanning(this.#done);
      case 'scanned':
        return this.#diagnosis.answer(this.#state.scan);
      case 'cancelled':
        return { state: 'failed', message: 'the scan was stopped' };
      case 'idle':
        // One that can be scanned is about to be.
        return isLaidOut(this.#image)
          ? this.#diagnosis.scanning(0)
          : this.#diagnosis.answer(undefined);
    }
  }

  structure(query: StructureQuery): StructurePage {
    return this.#structures.page(query);
  }

  next(query: NextQuery): Hit | undefined {
    return this.#navigation().next(query);
  }

  cells(query: CellsQuery): CellCounts {
    return { generation: this.#generation, runs: this.#navigation().cells(query) };
  }

  subclusters(query: CellsQuery): MixedCells {
    return mixedCells(this.#laidOut(), query);
  }

  mapped({ cluster }: ClusterQuery): Mapped {
    return this.#navigation().mapped(cluster);
  }

  ranges(query: RangesQuery): RangesPage {
    return this.#navigation().ranges(query);
  }

  locate(query: LocateQuery): Located {
    return this.#navigation().locate(this.#laidOut(), query);
  }

  overlap(query: OverlapQuery): OverlapAnswer {
    const answer = this.#overlapSession().state(query);
    this.#shown().setWindows(this.#windowLayer(answer));
    return answer;
  }

  overlapTimeline(query: OverlapQuery): OverlapTimeline {
    return this.#overlapSession().timeline(query);
  }

  overlapWindows(query: OverlapWindowsQuery): OverlapWindowsPage {
    return this.#overlapSession().windows(query);
  }

  overlapWindow(query: OverlapWindowQuery): OpenedWindow | undefined {
    return this.#overlapSession().window(query);
  }

  overlapEvents(query: OverlapEventsQuery): OverlapEventsPage {
    return this.#overlapSession().events(query);
  }

  overlapAdvice(query: OverlapQuery): OverlapAdvice {
    return this.#overlapSession().advice(query);
  }

  simulate(query: SimulateQuery): SimulateAnswer {
    return this.#simulateSession().simulate(query);
  }

  simulateVerdict(query: SimulateQuery): VerdictAnswer {
    return this.#simulateSession().verdict(query);
  }

  simulateSteps(query: StepsQuery): StepsPage {
    return this.#simulateSession().steps(query);
  }

  simulateMarks(query: MarksQuery): MarksAnswer {
    return this.#simulateSession().marks(query);
  }

  simulateDifference(query: SimulateQuery): DifferenceAnswer {
    return this.#simulateSession().difference(query);
  }

  simulateSweep(query: SweepQuery): SweepAnswer {
    if (this.#state.type !== 'scanned') throw new Error('the image has not been scanned');
    const task = this.#simulateSession().settingsOf(query.options);
    if (!task.ok) return { state: 'refused', message: task.message };
    this.#sweep ??= new SweepSession(this.#state.scan, (disk) => {
      this.#shown().setOutcomes(disk);
    });
    return this.#sweep.sweep(task.value.key, task.value.settings);
  }

  simulateOverlap(query: SimulateQuery): SimulatedOverlap {
    return this.#simulateSession().overlap(query);
  }

  #simulateSession(): SimulateSession {
    return (this.#simulate ??= new SimulateSession(
      this.#laidOut(),
      this.#machine,
      () => (this.#state.type === 'scanned' ? this.#state.scan : undefined),
      (operations) => {
        this.#emit({ type: 'operations', operations });
      },
    ));
  }

  #navigation(): Navigator {
    if (!this.#navigator) throw new Error(NO_MAP);
    return this.#navigator;
  }

  /** Made when first asked for: it reads the snapshots' L1 tables if those are guarded. */
  #overlapSession(): OverlapSession {
    return (this.#overlap ??= new OverlapSession(this.#laidOut()));
  }

  /** The windows as a picture, or why there is none. */
  #windowLayer(answer: OverlapAnswer): WindowLayer | string {
    switch (answer.state) {
      case 'none':
        return 'nothing is guarded';
      case 'failed':
        return answer.message;
      case 'built':
        return new WindowLayer(this.#laidOut().layout.hostClusters, answer.marks);
    }
  }

  #laidOut(): LaidOutImage {
    if (!isLaidOut(this.#image)) throw new Error(NO_MAP);
    return this.#image;
  }

  #shown(): Pictures {
    if (!this.#pictures) throw new Error(NO_MAP);
    return this.#pictures;
  }

  #finish(result: Scan, now: number): void {
    const inspection = new Inspection(result);
    this.#map = result.map;
    this.#state = { type: 'scanned', inspection, scan: result };
    this.#navigator = new Navigator(result.map, result);
    const summary = inspection.summary(now - this.#started);
    const generation = this.#nextGeneration(now);
    this.#pictures?.scanned(result);
    this.#emit({ type: 'scanned', generation, summary });
  }

  #show(map: ClusterMap): void {
    if (this.#map === map) return;
    this.#map = map;
    this.#navigator = new Navigator(map, undefined);
  }

  #draw<T>(draw: (pictures: Pictures) => T): T {
    const begin = performance.now();
    const drawn = draw(this.#shown());
    this.#pace.drew(performance.now() - begin);
    return drawn;
  }

  #report({ phase, done }: ScanProgress, now: number): void {
    this.#pace.progressed(now);
    const generation = this.#pace.affords(now) ? this.#nextGeneration(now) : this.#generation;
    this.#emit({ type: 'progress', generation, phase, done });
  }

  /** From here on, tiles show the map as it has become. */
  #nextGeneration(now: number): number {
    this.#pace.begin(now);
    this.#generation++;
    if (this.#map) this.#pictures?.mapChanged(this.#map, this.#generation);
    return this.#generation;
  }
}
