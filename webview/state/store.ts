import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { ChainAnswer } from '../../src/protocol/chain.js';
import type { Layer, View } from '../../src/core/picture/layer.js';
import { isMapLayer } from '../../src/core/picture/mapLayers.js';
import type { Shell } from '../../src/core/shell.js';
import { windowOf } from '../../src/core/picture/windowNumber.js';
import type { FileStatus } from '../../src/protocol/imageService.js';
import type { HeatmapSettings, ToWebview } from '../../src/protocol/webviewMessages.js';
import { DiagnosisState } from './diagnosisState.js';
import type { Host } from './host.js';
import { HostActions } from './hostActions.js';
import type { HoverPoint } from './hoverPlace.js';
import type { InView, Isolation } from './inView.js';
import { WindowSight } from './windowSight.js';
import { Selection } from './selection.js';
import { LinkState } from './linkState.js';
import type { MapCommands } from './mapCommands.js';
import { GuestSide, isolationOf, type MapSide, type Seen } from './mapSide.js';
import { MappedState } from './referredTo.js';
import { Navigation } from './navigation.js';
import { OverlapState } from './overlapState.js';
import { layersWorthSeeing, PictureState } from './pictureState.js';
import { Rpc } from './rpc.js';
import { asksRange, RangeState, type ClusterRange } from './rangeState.js';
import type { Scan } from './scan.js';
import { SimulationState } from './simulationState.js';
import { SweepState } from './sweepState.js';
import { readViewState, type KeptCamera, type Tab, type ViewState } from './viewState.js';
import type { GeometryFacts, ImageFacts } from '../../src/core/qcow2/facts.js';
import type { GuestCluster, HostCluster } from '../../src/core/units.js';

/** The unit of lengths in QEMU's block layer. */
const SECTOR = 512;

/** Tabs that show what is selected on the map, each in its way. */
const FOLLOWING: ReadonlySet<string> = new Set(['cluster', 'overlap']);

/** A file of which nothing has been told yet. */
export const UNTOUCHED: FileStatus = { changed: 'no', use: 'unknown' };

/**
 * All that the webview knows, as signals; what it says to the host; what survives its hiding. Its
 * own side is the map that is always there: where there are two, that of the file.
 */
export class Store implements MapSide {
  readonly facts = signal<ImageFacts | undefined>(undefined);
  /** Why the file cannot be read. */
  readonly failure = signal<string | undefined>(undefined);
  readonly scan = signal<Scan>({ state: 'scanning', phase: '', done: 0 });
  readonly generation = signal(0);
  readonly settings = signal<HeatmapSettings | undefined>(undefined);
  /** How the file fares since it was opened. */
  readonly file = signal<FileStatus>(UNTOUCHED);
  /** What copied commands are quoted for. */
  readonly shell = signal<Shell>('bash');
  /** The workload's file that the user has chosen last. */
  readonly workloadFile = signal<Extract<ToWebview, { type: 'workload' }> | undefined>(undefined);
  readonly pointed = signal<HoverPoint | undefined>(undefined);
  /** What the live region says. */
  readonly spoken = signal('');
  /** The value that is shown alone. */
  readonly isolated = signal<number | undefined>(undefined);
  readonly isKeySheetOpen = signal(false);
  readonly zoom = signal(1);
  /** The backing chain, as far as the user has let it be read. */
  readonly chain = signal<ChainAnswer | undefined>(undefined);
  /** Cells show how much of them is taken. */
  readonly density = signal(false);
  /** The curve of the picture shown, and the part of its plane that is in view, in cells. */
  readonly sight = signal<Seen | undefined>(undefined);
  /** Whether cells are wide enough to carry the letters of their kinds. */
  readonly lettered = signal(false);
  /** Mask of the values of the subclusters that are drawn (see core/picture/tile.ts). */
  readonly subclusters = signal(0);
  /** What can be seen of the map, unless all can. */
  readonly inView = signal<InView | undefined>(undefined);
  readonly camera: Signal<KeptCamera | undefined>;
  /** The file and the disk stand side by side. */
  readonly beside: Signal<boolean>;
  /** See ViewState. */
  readonly lab: Signal<unknown>;
  readonly pane: Signal<ViewState['pane']>;
  readonly geometry: ReadonlySignal<GeometryFacts | undefined> = computed(
    () => this.facts.value?.geometry,
  );
  readonly isolation: ReadonlySignal<Isolation | undefined> = computed(() =>
    isolationOf(this.isolated.value),
  );
  /** There is a picture of the map, or a part of it: before, there is nothing that one could do. */
  readonly isDrawn: ReadonlySignal<boolean> = computed(
    () => this.generation.value > 0 || this.pictures.known.value !== undefined,
  );
  /** The maps that are shown. */
  readonly sides: ReadonlySignal<readonly MapSide[]> = computed(() =>
    this.beside.value ? [this, this.guestSide] : [this],
  );
  /** Layers that there is something to see in. */
  readonly layers: ReadonlySignal<readonly Layer[]> = computed(() =>
    layersWorthSeeing(this.geometry.value, this.pictures),
  );
  /** Clusters of the picture shown. */
  readonly clusters: ReadonlySignal<number> = computed(() =>
    this.pictures.shown.value.view === 'host'
      ? (this.geometry.value?.hostClusters ?? 0)
      : this.guestClusters,
  );
  /** Counts up as the picture shown changes. */
  readonly tileGeneration: ReadonlySignal<number> = computed(() =>
    Math.max(this.pictures.known.value?.generation ?? 0, this.#mapGeneration),
  );
  readonly rpc: Rpc;
  readonly pictures: PictureState;
  readonly selection: Selection;
  readonly actions: HostActions;
  readonly overlap: OverlapState;
  readonly simulation: SimulationState;
  readonly sweep: SweepState;
  readonly mapped: MappedState;
  readonly navigation: Navigation;
  /** The map of the disk, where it stands beside that of the file. */
  readonly guestSide: GuestSide;
  /** The range of clusters that is selected. */
  readonly range: RangeState;
  readonly links: LinkState;
  readonly diagnosis: DiagnosisState;
  readonly windows: WindowSight;
  /** The map that commands are for: the one that was used last. */
  readonly usedSide: Signal<MapSide>;
  map: MapCommands | undefined;
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
    this.rpc = new Rpc((request) => {
      host.post({ type: 'request', request });
    });
    this.overlap = new OverlapState((query) => this.rpc.ask('overlap', query));
    this.mapped = new MappedState((cluster) => this.rpc.ask('mapped', { cluster }));
    const kept = readViewState(host.keptState());
    this.simulation = new SimulationState(this.rpc, this.overlap, kept.simulation);
    this.sweep = new SweepState(
      (options) => this.rpc.ask('simulateSweep', { options }),
      () => {
        this.#changed('simulation');
      },
    );
    this.pictures = new PictureState((picture) => this.rpc.ask('layer', picture), kept.picture);
    this.selection = new Selection(this, kept);
    this.navigation = new Navigation(this, kept.history);
    this.actions = new HostActions(this, host);
    this.beside = signal(kept.beside);
    this.lab = signal(kept.lab);
    this.guestSide = new GuestSide(this.rpc, () => this.guestClusters);
    this.usedSide = signal<MapSide>(this);
    this.range = new RangeState(asksRange(this.rpc));
    this.diagnosis = new DiagnosisState(this);
    this.links = new LinkState(this.rpc, this.range);
    this.camera = signal(kept.camera);
    this.pane = signal(kept.pane);
    this.overlap.areWindowsShown.value = kept.windows;
    this.density.value = kept.density;
    this.windows = new WindowSight(this);
    effect(() => {
      const { open, tab } = this.pane.value;
      this.simulation.active.value = open && tab === 'simulate';
    });
    effect(() => {
      this.mapped.point(this.pointed.value?.place);
    });
    effect(() => {
      const { layer } = this.pictures.chosen.value;
      this.guestSide.follow(layer, this.beside.value ? this.pictures.stage.value : 'closed');
      if (!this.beside.value) this.usedSide.value = this;
    });
    effect(() => {
      const place = (this.pointed.value ?? this.guestSide.pointed.value)?.place;
      this.links.point(this.beside.value ? place : undefined);
    });
    effect(() => {
      const detail = this.selection.detail.value;
      const isTable = detail.state === 'known' && detail.detail.kinds.includes('active-l2');
      void this.links.select(isTable && this.beside.value ? detail.detail.cluster : undefined);
    });
    effect(() => {
      const { canGoBack, canGoForward } = this.navigation;
      host.post({ type: 'history', back: canGoBack.value, forward: canGoForward.value });
    });
    effect(() => {
      if (this.overlap.answer.value) this.#changed('windows');
    });
    // A value of one picture means nothing in another.
    for (const side of [this, this.guestSide])
      side.pictures.shown.subscribe(() => {
        side.isolated.value = undefined;
      });
  }

  /** Tells the host that this listens, and what was selected, which a fresh host does not know. */
  begin(): void {
    this.#host.post({ type: 'ready' });
    const { value: cluster } = this.selection.selected;
    const guest = this.selection.guestToKeep;
    if (cluster !== undefined || guest !== undefined) this.actions.tellSelected(cluster, guest);
  }

  get clusterSize(): number {
    return 2 ** (this.geometry.value?.clusterBits ?? 16);
  }

  /** Clusters of the guest's disk, which is made of whole sectors. */
  get guestClusters(): number {
    const bytes = this.geometry.value?.virtualSize ?? 0;
    return Math.ceil((bytes - (bytes % SECTOR)) / this.clusterSize);
  }

  /** The generation of the map as far as the picture shown depends on it alone. */
  get #mapGeneration(): number {
    const { view, layer } = this.pictures.shown.value;
    return view === 'host' && isMapLayer(layer) ? this.generation.value : 0;
  }

  /** Another workload's look-ups are on the map. */
  heated(): void {
    this.#changed('heat');
    this.#changed('windowHeat');
  }

  /** Repairs have been simulated. */
  repaired(): void {
    for (const mode of ['Leaks', 'All'] as const) {
      this.#changed(`repair${mode}`);
      this.#changed(`after${mode}`);
    }
  }

  #changed(layer: Layer): void {
    for (const { pictures } of [this, this.guestSide]) pictures.changed(layer);
  }

  /** Shows the file, the disk, or both side by side. */
  look(at: View | 'beside'): void {
    batch(() => {
      this.beside.value = at === 'beside';
      this.pictures.choose({ view: at === 'beside' ? 'host' : at });
    });
  }

  /** Brings a cluster into view: on the map that has it, else that is turned to it. */
  reveal(cluster: HostCluster, view: 'host'): void;
  reveal(cluster: GuestCluster, view: 'guest'): void;
  reveal(cluster: HostCluster | GuestCluster, view: View): void {
    if (!this.beside.value) this.pictures.choose({ view });
    const side = this.beside.value && view === 'guest' ? this.guestSide : this;
    side.map?.show(cluster, view);
  }

  /** Selects a range of clusters, in the place of one; undefined: none. */
  selectRange(range: ClusterRange | undefined): void {
    this.range.choose(range);
    if (range && this.pane.value.tab !== 'cluster') this.showTab('cluster');
  }

  /** Selects a cluster that was chosen on the map, and the window it is in, if windows are shown. */
  selectOnMap(cluster: HostCluster | undefined): void {
    batch(() => {
      this.selection.select(cluster);
      if (this.windows.shown.value)
        this.overlap.selectedWindow.value = cluster === undefined ? undefined : windowOf(cluster);
      if (cluster !== undefined && !FOLLOWING.has(this.pane.value.tab)) this.showTab('cluster');
    });
  }

  /** A second time for the same value: shows all again. */
  isolate(value: number | undefined): void {
    this.isolated.value = this.isolated.value === value ? undefined : value;
  }

  showTab(tab: Tab): void {
    this.pane.value = { ...this.pane.value, open: true, tab };
  }

  togglePane(): void {
    this.pane.value = { ...this.pane.value, open: !this.pane.value.open };
  }
}
