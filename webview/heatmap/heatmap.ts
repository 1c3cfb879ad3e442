import { effect, untracked } from '@preact/signals';
import type { CurveName, Point } from '../../src/core/picture/curve.js';
import type { Store } from '../store.js';
import type { Camera } from './camera.js';
import { CellCountStore } from './cellCounts.js';
import { descend, type CellPlace } from './descend.js';
import { Labels } from './labels.js';
import { Overlays, type Square } from './overlays.js';
import { readPalette, type Palette } from './palette.js';
import { placeAt, speakPlace } from './place.js';
import type { Isolation } from './renderer.js';
import { RendererChoice } from './rendererChoice.js';
import { TileStore } from './tileStore.js';
import { Viewport } from './viewport.js';

/** CSS pixels around a click in which a mark is meant. */
const REACH = 5;
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
  readonly #overlays = new Overlays();
  readonly #counts: CellCountStore;
  readonly #labels: Labels;
  readonly #disposals: (() => void)[] = [];
  #renderer: RendererChoice | undefined;
  #palette: Palette | undefined;
  /** Where the pointer is, in CSS pixels. */
  #pointer: Point | undefined;
  /** The cell cursor of the keyboard, in cells of level 0; the pointer takes its place. */
  #cursor: Point | undefined;
  #selected: number | undefined;
  /** A cell shown for the time being, and where one was before. */
  #preview: { readonly cell: Point; readonly before: Camera | undefined } | undefined;
  #isolation: Isolation | undefined;
  #frame = 0;
  #mapDirty = true;

  constructor(root: HTMLElement, store: Store) {
    this.#root = root;
    this.#store = store;
    this.#tiles = new TileStore((query) => store.rpc.ask('tile', query), this.#invalidate);
    this.#viewport = new Viewport(this.#tiles);
    this.#counts = new CellCountStore((query) => store.rpc.ask('cells', query), this.#invalidate);
    root.append(this.#overlays.canvas);
    this.#labels = new Labels(root, this.#counts, () => {
      this.#invalidateOverlays();
    });
    this.#observeSize();
    this.#observeTheme();
    this.#observeStore();
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    for (const dispose of this.#disposals) dispose();
    this.#renderer?.dispose();
    this.#overlays.canvas.remove();
    this.#labels.dispose();
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

  /** Brings a cluster into view without changing more than needed. */
  reveal(cluster: number): void {
    this.#preview = undefined;
    if (cluster < this.#tiles.curve.clusters) this.#show(this.#tiles.curve.point(cluster));
  }

  /** Shows a cluster for the time being; undefined goes back to where one was. */
  preview(cluster: number | undefined): void {
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
      palette: (this.#palette ??= currentPalette()),
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

  /** VS Code writes a theme to the style of <html> and to the classes of <body>. */
  #observeTheme(): void {
    const observer = new MutationObserver(() => {
      this.#palette = undefined;
      this.#invalidate();
    });
    observer.observe(document.documentElement, { attributeFilter: ['style', 'class'] });
    observer.observe(document.body, { attributeFilter: ['class'] });
    this.#disposals.push(() => {
      observer.disconnect();
    });
  }

  #observeStore(): void {
    const store = this.#store;
    this.#disposals.push(
      effect(() => {
        const curve = store.settings.value?.curve;
        const facts = store.facts.value;
        if (curve && facts?.geometry) this.#open(curve, facts.geometry.hostClusters);
      }),
      effect(() => {
        const setting = store.settings.value?.renderer;
        if (setting) this.#useRenderer(new RendererChoice(setting, this.#mount, this.#invalidate));
      }),
      effect(() => {
        this.#tiles.setGeneration(store.generation.value);
        this.#counts.setGeneration(store.generation.value);
        this.#invalidate();
      }),
      effect(() => {
        this.#isolation = store.isolation.value;
        this.#invalidate();
      }),
      effect(() => {
        this.#selected = store.selected.value;
        this.#invalidateOverlays();
      }),
      store.mapped.shown.subscribe(() => {
        this.#invalidateOverlays();
      }),
    );
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

  /** Another image or curve: the camera goes where it was left, or stays over the same cluster. */
  #open(name: CurveName, clusters: number): void {
    const { camera, fitted } = this.#viewport;
    const before = this.#tiles.curve;
    const middle = before.cluster(Math.floor(camera.x), Math.floor(camera.y));
    this.#tiles.reset(name, clusters);
    this.#counts.reset(name);
    this.#cursor = undefined;
    this.#preview = undefined;
    const kept = untracked(() => this.#store.camera.value);
    if (kept?.curve === name) {
      this.#viewport.moveTo({ x: kept.x, y: kept.y, scale: kept.scale });
    } else if (!fitted && middle !== undefined && middle < clusters) {
      this.#viewport.moveTo({ ...camera, ...this.#tiles.curve.point(middle) });
    } else {
      this.#viewport.fit();
    }
    this.#invalidate();
  }

  #moved(): void {
    const { fitted, camera } = this.#viewport;
    const curve = this.#tiles.curve.name;
    this.#store.camera.value = fitted ? undefined : { curve, ...camera };
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
    const selected = this.#selectedSquare();
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
    const place = this.#store.pointed.value?.place;
    this.#store.spoken.value = place
      ? speakPlace(place, this.#store.clusterSize)
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
    this.#store.select(cluster);
    if (cluster !== undefined) this.#store.showTab('cluster');
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
    const { width, height } = this.#viewport.size;
    this.#store.pointed.value = place &&
      at && {
        place,
        ...at,
        room: { left: at.x > width / 2, below: at.y < height - TOOLTIP },
      };
  }

  #pointedCell(): CellPlace | undefined {
    if (this.#pointer) return this.#viewport.cellAt(this.#pointer);
    return this.#cursor && this.#viewport.cellOf(this.#cursor);
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
    if (viewport.closed || !this.#renderer || !this.#store.geometry.value) return;
    this.#palette ??= currentPalette();
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
      this.#store.lettered.value = this.#labels.show({ ...frame, ratio, scale, camera });
    }
    this.#labels.step();
    this.#overlays.draw({
      camera,
      picture,
      view: size,
      ratio,
      level,
      items,
      marks: this.#palette.marks,
      curve: this.#tiles.curve,
      mapped: this.#store.mapped.shown.value,
      hover: this.#store.pointed.value && squareOf(this.#pointedCell()),
      preview: this.#preview && { ...this.#preview.cell, size: 1 },
      selection: this.#selectedSquare(),
    });
  };

  #selectedSquare(): Square | undefined {
    const { curve } = this.#tiles;
    if (this.#selected === undefined || this.#selected >= curve.clusters) return undefined;
    return { ...curve.point(this.#selected), size: 1 };
  }
}

function squareOf(cell: CellPlace | undefined): Square | undefined {
  if (!cell) return undefined;
  const size = 2 ** cell.level;
  return { x: cell.x * size, y: cell.y * size, size };
}

function currentPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return readPalette((variable) => style.getPropertyValue(variable).trim());
}
