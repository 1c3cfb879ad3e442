import { effect } from '@preact/signals';
import type { Point } from '../../src/core/picture/curve.js';
import type { View } from '../../src/core/picture/layer.js';
import type { ClusterMark } from '../../src/core/simulate/marks.js';
import { WindowGrid, windowOf } from '../../src/core/picture/windowGrid.js';
import { samePicture } from '../pictureState.js';
import type { Store } from '../store.js';
import { currentPalette, onThemeChange } from '../theme.js';
import { describeWindowOf } from '../windowText.js';
import type { Camera } from './camera.js';
import { CellCountStore } from './cellCounts.js';
import { descend, type CellPlace } from './descend.js';
import { Labels } from './labels.js';
import { countInView } from './inView.js';
import { Overlays, type Square } from './overlays.js';
import type { Palette } from './palette.js';
import { placeAt, speakPlace } from './place.js';
import type { Isolation } from './renderer.js';
import { RendererChoice } from './rendererChoice.js';
import { SimulationMarks } from './simulationMarks.js';
import { TileStore, type Shown } from './tileStore.js';
import type { KeptCamera } from '../viewState.js';
import { Viewport } from './viewport.js';
import type { ShownWindows } from './windowOverlay.js';

/** CSS pixels around a click in which a mark is meant. */
const REACH = 5;
/** Milliseconds of rest after which what is in view is counted. */
const REST = 150;
/** CSS pixels that the line of text below the pointer needs. */
const TOOLTIP = 48;

/**
 * The map: tiles, viewport, renderer and overlays behind the few things one can do with it. All
 * drawing happens in one animation frame, and only when something has changed.
 */
export class Heatmap {
  readonly #root: HTMLElement;
  readonly #store: Store;
  readonly #tiles: TileStore;
  readonly #viewport: Viewport;
  readonly #overlays: Overlays;
  readonly #counts: CellCountStore;
  readonly #labels: Labels;
  readonly #simulationMarks = new SimulationMarks();
  readonly #disposals: (() => void)[] = [];
  #renderer: RendererChoice | undefined;
  #palette: Palette | undefined;
  /** Where the pointer is, in CSS pixels. */
  #pointer: Point | undefined;
  /** The cell cursor of the keyboard, in cells of level 0; the pointer takes its place. */
  #cursor: Point | undefined;
  /** A cell shown for the time being, and where one was before. */
  #preview: { readonly cell: Point; readonly before: Camera | undefined } | undefined;
  /** Clusters that are selected, in each view. */
  #selection: Readonly<Record<View, readonly number[]>> = { host: [], guest: [] };
  /** Where the camera was when a view was left. */
  readonly #cameras = new Map<View, KeptCamera | undefined>();
  /** A cluster to show once its view is there. */
  #toReveal: { readonly cluster: number; readonly view: View } | undefined;
  #isolation: Isolation | undefined;
  #simulated: readonly ClusterMark[] | undefined;
  #windows: ShownWindows | undefined;
  /** The window that was last brought into view, or was selected on the map and so is in view. */
  #revealed: number | undefined;
  #frame = 0;
  /** There is a picture to draw. */
  #opened = false;
  #mapDirty = true;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement, store: Store) {
    this.#root = root;
    this.#store = store;
    this.#tiles = new TileStore((query) => store.rpc.ask('tile', query), this.#invalidate);
    this.#viewport = new Viewport(this.#tiles);
    this.#overlays = new Overlays(() => {
      this.#invalidateOverlays();
    });
    this.#counts = new CellCountStore((query) => store.rpc.ask('cells', query), this.#invalidate);
    const kept = store.camera.peek();
    if (kept) this.#cameras.set(kept.view, kept);
    root.append(this.#overlays.canvas);
    this.#labels = new Labels(root, this.#counts, () => {
      this.#invalidateOverlays();
    });
    root.append(this.#simulationMarks.canvas);
    this.#observeSize();
    this.#observeTheme();
    this.#observeStore();
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
    for (const dispose of this.#disposals) dispose();
    this.#renderer?.dispose();
    this.#overlays.canvas.remove();
    this.#labels.dispose();
    this.#simulationMarks.canvas.remove();
  }

  /** Zooms about a point of the view (CSS pixels). */
  zoomBy(factor: number, x: number, y: number): void {
    this.#viewport.zoomBy(factor, x, y);
    this.#moved();
  }

  /** To the next even scale. */
  zoomStep(direction: 1 | -1): void {
    this.#viewport.zoomStep(direction);
    this.#moved();
  }

  panBy(dx: number, dy: number): void {
    this.#viewport.panBy(dx, dy);
    this.#moved();
  }

  fit(): void {
    this.#viewport.fit();
    this.#moved();
  }

  /** Brings a cluster into view without changing more than needed; once its view is there. */
  reveal(cluster: number, view: View): void {
    this.#preview = undefined;
    const { curve, picture } = this.#tiles;
    this.#toReveal = picture.view === view ? undefined : { cluster, view };
    if (picture.view === view && cluster < curve.clusters) this.#show(curve.point(cluster));
  }

  /** What is shown are the clusters of the file. */
  get #inFile(): boolean {
    return this.#tiles.picture.view === 'host';
  }

  /** Looks at a cluster of the file from close enough that the rest of the file is out of view. */
  lookAt(cluster: number): void {
    if (this.#viewport.closed || !this.#inFile || cluster >= this.#tiles.curve.clusters) return;
    this.#viewport.lookAt(this.#tiles.curve.point(cluster));
    this.#moved();
  }

  toggleWindows(): void {
    this.#store.toggleWindows();
  }

  /** Shows a cluster of the file for the time being; undefined goes back to where one was. */
  preview(cluster: number | undefined): void {
    if (!this.#inFile) return;
    const { camera, fitted } = this.#viewport;
    const before = this.#preview ? this.#preview.before : fitted ? undefined : camera;
    if (cluster !== undefined && cluster < this.#tiles.curve.clusters) {
      this.#preview = { cell: this.#tiles.curve.point(cluster), before };
      this.#show(this.#preview.cell);
    } else if (this.#preview) {
      this.#preview = undefined;
      if (before) this.#viewport.moveTo(before);
      else this.#viewport.fit();
      this.#moved();
    }
  }

  /** The viewport with the tiles it looks at, for a picture of it. */
  get scene(): {
    readonly viewport: Viewport;
    readonly tiles: TileStore;
    readonly palette: Palette;
  } {
    return {
      viewport: this.#viewport,
      tiles: this.#tiles,
      palette: (this.#palette ??= currentPalette(this.#tiles.picture)),
    };
  }

  /** All canvases as they are now, from the lowest to the uppermost. */
  drawn(): readonly HTMLCanvasElement[] {
    this.#mapDirty = true;
    this.#draw();
    this.#labels.finish();
    const canvases = [...this.#root.querySelectorAll('canvas')];
    return canvases.filter(({ style }) => style.visibility !== 'hidden');
  }

  /** The pointer is over a point of the view, or has left. */
  pointAt(point: Point | undefined): void {
    this.#pointer = point;
    this.#cursor = undefined;
    this.#updatePointed();
    this.#invalidateOverlays();
  }

  /** Selects what lies at a point of the view: what is marked there, if anything is. */
  async selectAt(point: Point): Promise<void> {
    await this.#selectCell(this.#markedNear(point) ?? this.#viewport.cellAt(point));
  }

  /** Moves the cell cursor by cells as wide as they are drawn, or by views. */
  moveCursor(dx: number, dy: number, unit: 'cell' | 'view'): void {
    const { level, rows } = this.#viewport;
    const by = 2 ** level * (unit === 'cell' ? 1 : rows);
    const from = this.#cursor ?? this.#cursorStart();
    this.#putCursor({ x: from.x + dx * by, y: from.y + dy * by });
  }

  /** The cell cursor to the first or the last cluster. */
  moveCursorTo(end: 'first' | 'last'): void {
    const { curve } = this.#tiles;
    this.#putCursor(curve.point(end === 'first' ? 0 : curve.clusters - 1));
  }

  async selectCursor(): Promise<void> {
    const cursor = this.#cursor ?? this.#cursorStart();
    this.#putCursor(cursor);
    await this.#selectCell(this.#viewport.cellOf(cursor));
  }

  #observeSize(): void {
    const observer = new ResizeObserver(([{ contentRect }]) => {
      this.#viewport.resize({ width: contentRect.width, height: contentRect.height });
      this.#invalidate();
    });
    observer.observe(this.#root);
    this.#disposals.push(() => {
      observer.disconnect();
    });
  }

  #observeTheme(): void {
    this.#disposals.push(
      onThemeChange(() => {
        this.#palette = undefined;
        this.#invalidate();
      }),
    );
  }

  #observeStore(): void {
    const store = this.#store;
    this.#disposals.push(
      effect(() => {
        const curve = store.settings.value?.curve;
        const { view, layer } = store.pictures.shown.value;
        const clusters = store.clusters.value;
        if (curve && store.facts.value?.geometry) void this.#open({ view, layer, curve, clusters });
      }),
      effect(() => {
        const setting = store.settings.value?.renderer;
        if (setting) this.#useRenderer(new RendererChoice(setting, this.#mount, this.#invalidate));
      }),
      effect(() => {
        const generation = store.tileGeneration.value;
        if (!samePicture(store.pictures.shown.value, this.#tiles.picture)) return;
        this.#tiles.setGeneration(generation);
        this.#counts.setGeneration(generation);
        this.#invalidate();
      }),
      effect(() => {
        this.#isolation = store.isolation.value;
        this.#invalidate();
      }),
      effect(() => {
        const host = store.selected.value;
        this.#selection = {
          host: host === undefined ? [] : [host],
          guest: store.guest.clusters.value,
        };
        this.#invalidateOverlays();
      }),
      effect(() => {
        this.#simulated = store.simulation.onMap.value;
        this.#invalidateOverlays();
      }),
      effect(() => {
        this.#showWindows();
      }),
      effect(() => {
        this.#revealWindow(store.overlap.selectedWindow.value);
      }),
      store.mapped.shown.subscribe(() => {
        this.#invalidateOverlays();
      }),
    );
  }

  #showWindows(): void {
    const { windows, overlap, reachedWindows } = this.#store;
    const states = windows.value;
    const selected = overlap.selectedWindow.value;
    const reached = reachedWindows.value;
    this.#windows = states && { states, selected, reached };
    this.#invalidateOverlays();
  }

  /** A window that was selected elsewhere is brought into view. */
  #revealWindow(window: number | undefined): void {
    const known = this.#revealed;
    this.#revealed = window;
    if (window === undefined || window === known || this.#viewport.closed || !this.#inFile) return;
    const grid = new WindowGrid(this.#tiles.curve);
    if (window >= grid.windows) return;
    const before = this.#viewport.camera;
    this.#viewport.showRectangle(grid.bounds(window));
    if (this.#viewport.camera !== before) this.#moved();
  }

  #useRenderer(renderer: RendererChoice): void {
    this.#renderer?.dispose();
    this.#renderer = renderer;
    this.#mount();
    this.#invalidate();
  }

  readonly #mount = (): void => {
    if (this.#renderer) this.#root.prepend(this.#renderer.canvas);
  };

  /**
   * Another picture or curve, as soon as it can be drawn. The camera goes where it was left in this
   * view, or stays over the same cluster.
   */
  async #open(shown: Shown): Promise<void> {
    const first = await this.#tiles.first(shown);
    if (!first) return;
    const { view, curve: name, clusters } = shown;
    const { camera, fitted } = this.#viewport;
    const sameView = this.#tiles.picture.view === view;
    const middle = sameView
      ? this.#tiles.curve.cluster(Math.floor(camera.x), Math.floor(camera.y))
      : undefined;
    this.#tiles.reset(shown, first.tile);
    this.#opened = true;
    this.#tiles.setGeneration(this.#store.tileGeneration.peek());
    this.#counts.reset(name);
    this.#cursor = undefined;
    this.#preview = undefined;
    this.#palette = undefined;
    const kept = this.#cameras.get(view);
    if (kept?.curve === name) {
      this.#viewport.moveTo({ x: kept.x, y: kept.y, scale: kept.scale });
    } else if (!fitted && middle !== undefined && middle < clusters) {
      this.#viewport.moveTo({ ...camera, ...this.#tiles.curve.point(middle) });
    } else {
      this.#viewport.fit();
    }
    this.#moved();
    const [selected] = this.#selectedSquares();
    const reveal = this.#toReveal;
    this.#toReveal = undefined;
    if (reveal?.view === view) this.reveal(reveal.cluster, view);
    else if (!sameView && selected) this.#show(selected);
  }

  #moved(): void {
    const { fitted, camera } = this.#viewport;
    const curve = this.#tiles.curve.name;
    this.#store.area.value = this.#inFile ? this.#viewport.area : undefined;
    const { view } = this.#tiles.picture;
    const kept: KeptCamera | undefined = fitted ? undefined : { view, curve, ...camera };
    this.#cameras.set(view, kept);
    this.#store.camera.value = kept;
    this.#invalidate();
  }

  #show(cell: Point): void {
    if (this.#viewport.closed) return;
    const before = this.#viewport.camera;
    this.#viewport.show(cell);
    if (this.#viewport.camera !== before) this.#moved();
    else this.#invalidateOverlays();
  }

  #cursorStart(): Point {
    const [selected] = this.#selectedSquares();
    const { x, y } = this.#viewport.camera;
    return selected ?? { x: Math.floor(x), y: Math.floor(y) };
  }

  #putCursor({ x, y }: Point): void {
    const { width, height } = this.#viewport.picture;
    this.#pointer = undefined;
    this.#cursor = {
      x: Math.min(Math.max(x, 0), width - 1),
      y: Math.min(Math.max(y, 0), height - 1),
    };
    this.#show(this.#cursor);
    this.#updatePointed();
    const pointed = this.#store.pointed.value;
    const window = this.#inFile
      ? describeWindowOf(this.#windows?.states, pointed?.cluster)
      : undefined;
    const { names } = this.#store.pictures;
    this.#store.spoken.value = pointed
      ? speakPlace(pointed.place, this.#store.clusterSize, names.value) +
        (window ? `, ${window}` : '')
      : 'past the end of the file';
  }

  async #selectCell(cell: CellPlace): Promise<void> {
    const { curve } = this.#tiles;
    const at = await descend(this.#tiles, cell, this.#isolation?.mask ?? 0).catch(
      // The worker is gone or restarts: the corner of the cell is as good as any.
      () => ({ x: cell.x * 2 ** cell.level, y: cell.y * 2 ** cell.level }),
    );
    if (curve !== this.#tiles.curve) return;
    const cluster = curve.cluster(at.x, at.y);
    if (!this.#inFile && cluster !== undefined) {
      void this.#store.selectGuest(cluster);
      this.#store.showTab('cluster');
      return;
    }
    if (this.#windows && cluster !== undefined) this.#revealed = windowOf(cluster);
    this.#store.selectOnMap(cluster);
  }

  /** The cell of the nearest mark in reach of a point, while cells are smaller than marks. */
  #markedNear(point: Point): CellPlace | undefined {
    const { level, x, y } = this.#viewport.cellAt(point);
    const reach = Math.floor(REACH / (this.#viewport.camera.scale * 2 ** level));
    let nearest: CellPlace | undefined;
    let least = Infinity;
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const cell = { level, x: x + dx, y: y + dy };
        const trouble = placeAt(this.#tiles, cell)?.trouble ?? 0;
        // Of two at the same distance the worse is meant.
        const distance = Math.hypot(dx, dy) - trouble;
        if (trouble === 0 || distance >= least) continue;
        least = distance;
        nearest = cell;
      }
    }
    return nearest;
  }

  #updatePointed(): void {
    const cell = this.#pointedCell();
    const place = cell && placeAt(this.#tiles, cell);
    const at = this.#pointer ?? (this.#cursor && this.#viewport.toView(this.#cursor));
    const cluster = this.#pointedCluster();
    const { height } = this.#viewport.size;
    const { left } = this.#root.getBoundingClientRect();
    this.#store.pointed.value = place &&
      at && {
        place,
        cluster,
        ...at,
        room: { left: left + at.x > innerWidth / 2, below: at.y < height - TOOLTIP },
      };
  }

  #pointedCell(): CellPlace | undefined {
    if (this.#pointer) return this.#viewport.cellAt(this.#pointer);
    return this.#cursor && this.#viewport.cellOf(this.#cursor);
  }

  /** The very cluster under the pointer or the cursor, however many its cell stands for. */
  #pointedCluster(): number | undefined {
    const at = this.#pointer ? this.#viewport.toPicture(this.#pointer) : this.#cursor;
    return at && this.#tiles.curve.cluster(Math.floor(at.x), Math.floor(at.y));
  }

  /** All must be drawn again. */
  readonly #invalidate = (): void => {
    this.#mapDirty = true;
    this.#invalidateOverlays();
  };

  #invalidateOverlays(): void {
    this.#frame ||= requestAnimationFrame(this.#draw);
  }

  readonly #draw = (): void => {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const viewport = this.#viewport;
    if (viewport.closed || !this.#renderer || !this.#opened) return;
    this.#palette ??= currentPalette(this.#tiles.picture);
    const { camera, picture, size, level } = viewport;
    const ratio = devicePixelRatio;
    const visible = viewport.visible();
    const items = viewport.items(visible);
    if (this.#mapDirty) {
      this.#mapDirty = false;
      this.#store.zoom.value = viewport.zoom;
      this.#tiles.want([{ level: this.#tiles.top, x: 0, y: 0 }, ...visible]);
      this.#updatePointed();
      const frame = {
        width: Math.round(size.width * ratio),
        height: Math.round(size.height * ratio),
        items,
        palette: this.#palette,
        isolation: this.#isolation,
      };
      this.#renderer.draw(frame);
      const { scale } = camera;
      const { picture: shown } = this.#tiles;
      this.#store.lettered.value = this.#labels.show({ ...frame, shown, ratio, scale, camera });
      clearTimeout(this.#rest);
      this.#rest = setTimeout(this.#count, REST);
    }
    this.#labels.step();
    const frame = {
      camera,
      picture,
      view: size,
      ratio,
      level,
      items,
      hatched: this.#tiles.picture.layer === 'kinds',
      marks: this.#palette.marks,
      curve: this.#tiles.curve,
      windows: this.#inFile ? this.#windows : undefined,
      mapped: this.#inFile ? this.#store.mapped.shown.value : undefined,
      hover: this.#store.pointed.value && squareOf(this.#pointedCell()),
      preview: this.#preview && { ...this.#preview.cell, size: 1 },
      selection: this.#selectedSquares(),
    };
    this.#overlays.draw(frame);
    this.#simulationMarks.draw(frame, this.#inFile ? this.#simulated : undefined);
    if (this.#overlays.moving) this.#invalidateOverlays();
  };

  /** Counts what is in view, unless that is all. */
  readonly #count = (): void => {
    const viewport = this.#viewport;
    const { width, height } = viewport.size;
    const view = { width: width * devicePixelRatio, height: height * devicePixelRatio };
    const corner = viewport.toView({ x: viewport.picture.width, y: viewport.picture.height });
    const start = viewport.toView({ x: 0, y: 0 });
    const all = start.x >= 0 && start.y >= 0 && corner.x <= width && corner.y <= height;
    this.#store.inView.value = all
      ? undefined
      : countInView(viewport.items(viewport.visible()), view);
  };

  #selectedSquares(): Square[] {
    const { curve, picture } = this.#tiles;
    return this.#selection[picture.view]
      .filter((cluster) => cluster < curve.clusters)
      .map((cluster) => ({ ...curve.point(cluster), size: 1 }));
  }
}

function squareOf(cell: CellPlace | undefined): Square | undefined {
  if (!cell) return undefined;
  const size = 2 ** cell.level;
  return { x: cell.x * size, y: cell.y * size, size };
}
