import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Explanation } from '../src/core/layout/explain.js';
import type { FindingCode } from '../src/core/layout/finding.js';
import type { KindName } from '../src/core/layout/kinds.js';
import type { Rectangle } from '../src/core/picture/stretch.js';
import { glyphOfKind, maskOfKind } from '../src/core/picture/tile.js';
import { windowOf } from '../src/core/picture/windowGrid.js';
import type {
  ClusterDetail,
  Geometry,
  ImageEvent,
  ImageFacts,
  ScanSummary,
} from '../src/protocol/imageService.js';
import type { OverlapOptions } from '../src/protocol/overlap.js';
import type {
  HeatmapSettings,
  MapCommand,
  PictureFormat,
  ToWebview,
  ViewCommand,
} from '../src/protocol/webviewMessages.js';
import type { Place } from './heatmap/place.js';
import type { Isolation } from './heatmap/renderer.js';
import type { Host } from './host.js';
import { MappedState } from './mapped.js';
import { Navigation } from './navigation.js';
import { OverlapState } from './overlapState.js';
import { RangeList } from './rangeList.js';
import { Rpc } from './rpc.js';
import { SimulationState } from './simulationState.js';
import { takePicture } from './picture/takePicture.js';
import { StructureTree } from './structureTree.js';
import { FRESH, readViewState, type KeptCamera, type Tab, type ViewState } from './viewState.js';
import { WindowStates } from './windowStates.js';

export type Scan =
  | { readonly state: 'scanning'; readonly phase: string; readonly done: number }
  | { readonly state: 'scanned'; readonly summary: ScanSummary }
  | { readonly state: 'cancelled' };

export type Detail =
  | { readonly state: 'none' }
  | { readonly state: 'loading'; readonly cluster: number }
  | { readonly state: 'known'; readonly detail: ClusterDetail }
  | { readonly state: 'failed'; readonly cluster: number; readonly error: string };

/** A place in the view that the pointer or the cell cursor is at, in CSS pixels. */
export interface Pointed {
  readonly place: Place;
  /** The very cluster there, however many the place stands for; undefined past the file's end. */
  readonly cluster: number | undefined;
  readonly x: number;
  readonly y: number;
  /** On which side of it there is room for a line of text. */
  readonly room: { readonly left: boolean; readonly below: boolean };
}

/** What the map does when it is told to. */
export interface MapCommands {
  run(command: MapCommand): void;
  reveal(cluster: number): void;
  /** Looks at a cluster from close by. */
  lookAt(cluster: number): void;
  /** Shows a cluster for the time being; undefined goes back to where one was. */
  preview(cluster: number | undefined): void;
  /** The view as a picture, with its legend. */
  picture(format: PictureFormat): Promise<Blob>;
}

/** Tabs that show what is selected on the map, each in its way. */
const FOLLOWING: ReadonlySet<string> = new Set(['cluster', 'overlap']);
const NONE_REACHED: readonly number[] = [];

/** All that the webview knows, as signals; what it says to the host; what survives its hiding. */
export class Store {
  readonly facts = signal<ImageFacts | undefined>(undefined);
  /** Why the file cannot be read. */
  readonly failure = signal<string | undefined>(undefined);
  readonly scan = signal<Scan>({ state: 'scanning', phase: '', done: 0 });
  readonly generation = signal(0);
  readonly settings = signal<HeatmapSettings | undefined>(undefined);
  readonly changedOnDisk = signal(false);
  readonly selected: Signal<number | undefined>;
  readonly detail = signal<Detail>({ state: 'none' });
  readonly pointed = signal<Pointed | undefined>(undefined);
  /** What the live region says. */
  readonly spoken = signal('');
  readonly isolated = signal<KindName | undefined>(undefined);
  readonly zoom = signal(1);
  /** The part of the picture's plane that is in view, in cells. */
  readonly area = signal<Rectangle | undefined>(undefined);
  /** Whether cells are wide enough to carry the letters of their kinds. */
  readonly lettered = signal(false);
  readonly camera: Signal<KeptCamera | undefined>;
  readonly pane: Signal<ViewState['pane']>;
  readonly geometry: ReadonlySignal<Geometry | undefined> = computed(
    () => this.facts.value?.geometry,
  );
  readonly isolation: ReadonlySignal<Isolation | undefined> = computed(() => {
    const kind = this.isolated.value;
    return kind && { mask: maskOfKind(kind), dominant: glyphOfKind(kind) };
  });
  /** The overlap windows, if they are to be shown and there are any: also those after a simulation. */
  readonly windows: ReadonlySignal<WindowStates | undefined> = computed(() => {
    const answer = this.simulation.structures.value ?? this.overlap.answer.value;
    return this.overlap.shown.value && answer?.state === 'built'
      ? new WindowStates(answer)
      : undefined;
  });
  /** The windows that the last step reached, while somebody steps through the opening. */
  readonly reachedWindows: ReadonlySignal<readonly number[]> = computed(() => {
    const answer = this.overlap.answer.value;
    if (this.overlap.position.value === undefined || answer?.state !== 'built') return NONE_REACHED;
    return answer.last?.windows ?? NONE_REACHED;
  });
  readonly rpc: Rpc;
  readonly structures: StructureTree;
  readonly overlap: OverlapState;
  readonly simulation: SimulationState;
  readonly mapped: MappedState;
  readonly ranges: RangeList;
  readonly navigation: Navigation;
  map: MapCommands | undefined;
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
    this.rpc = new Rpc((request) => {
      host.post({ type: 'request', request });
    });
    this.structures = new StructureTree((query) => this.rpc.ask('structure', query));
    this.overlap = new OverlapState((query) => this.rpc.ask('overlap', query));
    this.mapped = new MappedState((cluster) => this.rpc.ask('mapped', { cluster }));
    this.ranges = new RangeList((query) => this.rpc.ask('ranges', query));
    const kept = readViewState(host.keptState());
    this.simulation = new SimulationState(this.rpc, this.overlap, kept.simulation);
    this.navigation = new Navigation(this, kept.history);
    this.camera = signal(kept.camera);
    this.selected = signal(kept.selected);
    this.pane = signal(kept.pane);
    this.overlap.shown.value = kept.windows;
    effect(() => {
      const [camera, selected, pane] = [this.camera.value, this.selected.value, this.pane.value];
      const simulation = this.simulation.kept.value;
      const windows = this.overlap.shown.value;
      const history = this.navigation.history.value;
      const { version } = FRESH;
      const state: ViewState = { version, camera, selected, history, pane, simulation, windows };
      host.keepState(state);
    });
    effect(() => {
      const { open, tab } = this.pane.value;
      this.simulation.active.value = open && tab === 'simulate';
    });
    effect(() => {
      this.mapped.point(this.pointed.value?.place);
    });
    effect(() => {
      const { canGoBack, canGoForward } = this.navigation;
      host.post({ type: 'history', back: canGoBack.value, forward: canGoForward.value });
    });
    host.listen((message) => {
      batch(() => {
        this.#receive(message);
      });
    });
    host.post({ type: 'ready' });
    // A host that has just been started does not know what was selected before.
    if (kept.selected !== undefined) host.post({ type: 'selected', cluster: kept.selected });
  }

  get clusterSize(): number {
    return 2 ** (this.geometry.value?.clusterBits ?? 16);
  }

  select(cluster: number | undefined): void {
    if (cluster !== undefined) this.navigation.visit(cluster);
    this.#setSelected(cluster);
  }

  /** Selects a cluster that was chosen on the map, and the window it is in, if windows are shown. */
  selectOnMap(cluster: number | undefined): void {
    batch(() => {
      this.select(cluster);
      if (this.windows.value)
        this.overlap.selectedWindow.value = cluster === undefined ? undefined : windowOf(cluster);
      if (cluster !== undefined && !FOLLOWING.has(this.pane.value.tab)) this.showTab('cluster');
    });
  }

  toggleWindows(): void {
    this.overlap.shown.value = !this.overlap.shown.value;
  }

  /** What a kind of finding means; undefined while the scan has not found it. */
  explain(code: FindingCode): Explanation | undefined {
    const scan = this.scan.value;
    return scan.state === 'scanned' ? scan.summary.explanations[code] : undefined;
  }

  /** Whether the file has such a cluster. */
  has(cluster: number): boolean {
    return cluster < (this.geometry.value?.hostClusters ?? 0);
  }

  /** Selects a cluster and brings it into view; nothing where the file has none. */
  reveal(cluster: number): void {
    if (!this.has(cluster)) return;
    this.showTab('cluster');
    this.goTo(cluster);
  }

  /** The same beside what is being read: the pane stays as it is. */
  goTo(cluster: number): void {
    this.select(cluster);
    this.map?.reveal(cluster);
  }

  /** The same on the way to somewhere: it is no place to come back to. */
  stepTo(cluster: number): void {
    this.#setSelected(cluster);
    this.map?.reveal(cluster);
  }

  /** A second time for the same kind: shows all again. */
  isolate(kind: KindName | undefined): void {
    this.isolated.value = this.isolated.value === kind ? undefined : kind;
  }

  showTab(tab: Tab): void {
    this.pane.value = { ...this.pane.value, open: true, tab };
  }

  togglePane(): void {
    this.pane.value = { ...this.pane.value, open: !this.pane.value.open };
  }

  setCurve(curve: HeatmapSettings['curve']): void {
    const settings = this.settings.value;
    if (settings) this.settings.value = { ...settings, curve };
    this.#host.post({ type: 'setCurve', curve });
  }

  /** Shows the structures under other settings at once, and has them written to VS Code's. */
  setOverlap(changes: Partial<OverlapOptions>): void {
    const before = this.overlap.options.value;
    if (!before) return;
    const options = { ...before, ...changes };
    this.overlap.setOptions(options);
    this.#host.post({ type: 'setOverlap', options });
  }

  copy(text: string): void {
    this.#host.post({ type: 'copy', text });
  }

  saveFile(format: PictureFormat, bytes: Uint8Array): void {
    this.#host.post({ type: 'saveFile', format, bytes });
  }

  openHex(offset: number): void {
    this.#host.post({ type: 'openHex', offset });
  }

  cancelScan(): void {
    this.#host.post({ type: 'cancelScan' });
  }

  /** Reads the file anew, from its header on. */
  reload(): void {
    this.changedOnDisk.value = false;
    this.#host.post({ type: 'reload' });
  }

  #setSelected(cluster: number | undefined): void {
    this.selected.value = cluster;
    this.#host.post({ type: 'selected', cluster });
    if (cluster === undefined) this.detail.value = { state: 'none' };
    else void this.#loadDetail(cluster);
  }

  #receive(message: ToWebview): void {
    switch (message.type) {
      case 'reply':
        this.rpc.receive(message);
        break;
      case 'event':
        this.#onEvent(message.event);
        break;
      case 'settings':
        this.settings.value = message.settings;
        break;
      case 'overlapOptions':
        this.overlap.setOptions(message.options);
        break;
      case 'cacheOptions':
        this.simulation.caches.value = message.options;
        break;
      case 'reveal':
        this.reveal(message.cluster);
        break;
      case 'preview':
        this.map?.preview(message.cluster);
        break;
      case 'search':
        this.navigation.search(message.search);
        break;
      case 'command':
        this.#run(message.command);
        break;
      case 'changedOnDisk':
        this.changedOnDisk.value = true;
        break;
    }
  }

  #run(command: ViewCommand): void {
    switch (command) {
      case 'clearIsolation':
        this.isolated.value = undefined;
        break;
      case 'toggleWindows':
        this.toggleWindows();
        break;
      case 'zoomIn':
      case 'zoomOut':
      case 'fit':
        this.map?.run(command);
        break;
      case 'copyPicture':
      case 'savePng':
      case 'saveSvg':
        void takePicture(this, command);
        break;
      default:
        this.navigation.run(command);
    }
  }

  #onEvent(event: ImageEvent): void {
    switch (event.type) {
      case 'facts':
        this.facts.value = event.facts;
        this.structures.reset();
        this.mapped.reset();
        this.ranges.reset();
        this.overlap.reset();
        this.simulation.reset();
        this.failure.value = undefined;
        this.changedOnDisk.value = false;
        this.generation.value = 0;
        this.scan.value = { state: 'scanning', phase: '', done: 0 };
        this.#dropSelectionOutside(event.facts.geometry);
        break;
      case 'progress':
        this.generation.value = event.generation;
        this.scan.value = { state: 'scanning', phase: event.phase, done: event.done };
        break;
      case 'scanned':
        this.generation.value = event.generation;
        this.scan.value = { state: 'scanned', summary: event.summary };
        this.mapped.reset();
        this.ranges.reset();
        this.overlap.ready.value = true;
        this.#refreshDetail();
        break;
      case 'cancelled':
        this.generation.value = event.generation;
        this.scan.value = { state: 'cancelled' };
        this.#refreshDetail();
        break;
      case 'operations':
        this.simulation.follow(event.operations);
        break;
      case 'failed':
        this.failure.value = event.message;
        break;
    }
  }

  #dropSelectionOutside(geometry: Geometry | undefined): void {
    const selected = this.selected.value;
    if (selected !== undefined && selected >= (geometry?.hostClusters ?? 0)) this.select(undefined);
    else this.#refreshDetail();
  }

  #refreshDetail(): void {
    const selected = this.selected.value;
    if (selected !== undefined) void this.#loadDetail(selected);
  }

  /** What is shown of the cluster stays until the answer is there, unless it is about another. */
  async #loadDetail(cluster: number): Promise<void> {
    const before = this.detail.value;
    if (before.state !== 'known' || before.detail.cluster !== cluster) {
      this.detail.value = { state: 'loading', cluster };
    }
    const next = await this.rpc.ask('cluster', { cluster }).then(
      (detail): Detail => ({ state: 'known', detail }),
      (error: unknown): Detail => ({ state: 'failed', cluster, error: String(error) }),
    );
    if (this.selected.value === cluster) this.detail.value = next;
  }
}
