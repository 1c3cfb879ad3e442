import type { Extent } from '../../src/core/picture/curve.js';
import { effect, untracked } from '@preact/signals';
import type { Store } from '../store.js';
import {
  clampCamera,
  fit,
  fitScale,
  pan,
  stepFactor,
  toPicture,
  toView,
  zoomAt,
  type Camera,
} from './camera.js';
import { descend, type CellPlace } from './descend.js';
import { Overlays, type Square } from './overlays.js';
import { readPalette, type Palette } from './palette.js';
import { placeAt, speakPlace } from './place.js';
import { RendererChoice } from './rendererChoice.js';
import type { DrawItem, Isolation } from './renderer.js';
import { TileStore } from './tileStore.js';
import { levelFor, visibleTiles, type TilePlace } from './tiles.js';

/** CSS pixels around a click in which a mark is meant. */
const REACH = 5;

/**
 * The map: camera, tiles, renderer and overlays behind the few things one can do with it. All
 * drawing happens in one animation frame, and only when something has changed.
 */
export class Heatmap {
  readonly #root: HTMLElement;
  readonly #store: Store;
  readonly #tiles: TileStore;
  readonly #overlays = new Overlays();
  readonly #disposals: (() => void)[] = [];
  #renderer: RendererChoice | undefined;
  #palette: Palette | undefined;
  #camera: Camera = { x: 0, y: 0, scale: 1 };
  #view: Extent = { width: 0, height: 0 };
  /** The picture stays fitted until the user moves it. */
  #fitted = true;
  /** Where the pointer is, in CSS pixels. */
  #pointer: { readonly x: number; readonly y: number } | undefined;
  /** The cell cursor of the keyboard, in cells of level 0; the pointer takes its place. */
  #cursor: { readonly x: number; readonly y: number } | undefined;
  #selected: number | undefined;
  #isolation: Isolation | undefined;
  #frame = 0;
  #mapDirty = true;

  constructor(root: HTMLElement, store: Store) {
    this.#root = root;
    this.#store = store;
    this.#tiles = new TileStore(
      (query) => store.rpc.tile(query),
      () => {
        this.#invalidate();
      },
    );
    root.append(this.#overlays.canvas);
    this.#observeSize();
    this.#observeTheme();
    this.#observeStore();
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    for (const dispose of this.#disposals) dispose();
    this.#renderer?.dispose();
    this.#overlays.canvas.remove();
  }

  /** Zooms about a point of the view (CSS pixels), or about its middle. */
  zoomBy(factor: number, x = this.#view.width / 2, y = this.#view.height / 2): void {
    this.#move(zoomAt(this.#camera, this.#picture, this.#view, x, y, factor));
  }

  /** To the next even scale. */
  zoomStep(direction: 1 | -1): void {
    this.zoomBy(stepFactor(this.#camera.scale, direction));
  }

  panBy(dx: number, dy: number): void {
    this.#move(pan(this.#camera, dx, dy));
  }

  fit(): void {
    this.#fitted = true;
    this.#store.camera.value = undefined;
    this.#invalidate();
  }

  /** Brings a cluster into view without changing more than needed. */
  reveal(cluster: number): void {
    if (cluster >= this.#tiles.curve.clusters) return;
    this.#show(this.#tiles.curve.point(cluster));
    this.#invalidate();
  }

  /** The pointer is over a point of the view, or has left. */
  pointAt(point: { readonly x: number; readonly y: number } | undefined): void {
    this.#pointer = point;
    this.#cursor = undefined;
    this.#updatePointed();
    this.#invalidateOverlays();
  }

  /** Selects what lies at a point of the view: what is marked there, if anything is. */
  async selectAt(x: number, y: number): Promise<void> {
    const cell = this.#markedNear(x, y) ?? this.#cellAt(x, y);
    await this.#selectCell(cell);
  }

  /** Moves the cell cursor by cells as wide as they are drawn, or by views. */
  moveCursor(dx: number, dy: number, unit: 'cell' | 'view'): void {
    const step = 2 ** this.#level;
    const rows = Math.max(1, Math.floor(this.#view.height / this.#camera.scale / step));
    const by = unit === 'cell' ? step : step * rows;
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
    const step = 2 ** this.#level;
    await this.#selectCell({
      level: this.#level,
      x: Math.floor(cursor.x / step),
      y: Math.floor(cursor.y / step),
    });
  }

  /** The part of the curve's picture that the file fills. */
  get #picture(): Extent {
    return this.#tiles.curve.filled;
  }

  get #level(): number {
    return levelFor(this.#camera.scale, devicePixelRatio, this.#tiles.top);
  }

  #observeSize(): void {
    const observer = new ResizeObserver(([{ contentRect }]) => {
      this.#view = { width: contentRect.width, height: contentRect.height };
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

  #open(curve: 'hilbert' | 'rows', clusters: number): void {
    const before = this.#tiles.curve;
    const middle = before.cluster(Math.floor(this.#camera.x), Math.floor(this.#camera.y));
    const same = before.name === curve && before.clusters === clusters;
    this.#tiles.reset(curve, clusters);
    this.#cursor = undefined;
    const kept = untracked(() => this.#store.camera.value);
    if (kept?.curve === curve) {
      this.#camera = { x: kept.x, y: kept.y, scale: kept.scale };
      this.#fitted = false;
    } else if (!same && !this.#fitted && middle !== undefined && middle < clusters) {
      this.#camera = { ...this.#camera, ...this.#tiles.curve.point(middle) };
    }
    this.#invalidate();
  }

  #move(camera: Camera): void {
    if (this.#view.width === 0) return;
    this.#camera = clampCamera(camera, this.#picture, this.#view);
    this.#fitted = false;
    this.#store.camera.value = { curve: this.#tiles.curve.name, ...this.#camera };
    this.#invalidate();
  }

  #show(point: { readonly x: number; readonly y: number }): void {
    if (this.#view.width === 0) return;
    const { x, y } = toView(this.#camera, this.#view, point.x + 0.5, point.y + 0.5);
    const inside = x > 8 && y > 8 && x < this.#view.width - 8 && y < this.#view.height - 8;
    if (!inside) this.#move({ ...this.#camera, x: point.x + 0.5, y: point.y + 0.5 });
  }

  #cursorStart(): { x: number; y: number } {
    const selected = this.#selected;
    if (selected !== undefined && selected < this.#tiles.curve.clusters) {
      return this.#tiles.curve.point(selected);
    }
    return { x: Math.floor(this.#camera.x), y: Math.floor(this.#camera.y) };
  }

  #putCursor({ x, y }: { readonly x: number; readonly y: number }): void {
    const { width, height } = this.#picture;
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
    this.#invalidateOverlays();
  }

  async #selectCell(cell: CellPlace): Promise<void> {
    const { curve } = this.#tiles;
    const at = await descend(this.#tiles, cell, this.#isolation?.mask ?? 0).catch(
      // The worker is gone or restarts: the corner of the cell is as good as any.
      () => ({ x: cell.x * 2 ** cell.level, y: cell.y * 2 ** cell.level }),
    );
    const cluster = curve.cluster(at.x, at.y);
    if (curve === this.#tiles.curve) this.#store.select(cluster);
    if (cluster !== undefined) this.#store.showTab('cluster');
  }

  #cellAt(px: number, py: number): CellPlace {
    const { x, y } = toPicture(this.#camera, this.#view, px, py);
    const level = this.#level;
    return { level, x: Math.floor(x / 2 ** level), y: Math.floor(y / 2 ** level) };
  }

  /** The cell of the nearest mark in reach of a point, while cells are smaller than marks. */
  #markedNear(px: number, py: number): CellPlace | undefined {
    const reach = Math.floor(REACH / (this.#camera.scale * 2 ** this.#level));
    const { level, x, y } = this.#cellAt(px, py);
    let nearest: CellPlace | undefined;
    let least = Infinity;
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const cell = { level, x: x + dx, y: y + dy };
        const trouble = placeAt(this.#tiles, cell)?.trouble ?? 0;
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
    const at =
      this.#pointer ??
      (this.#cursor && toView(this.#camera, this.#view, this.#cursor.x, this.#cursor.y));
    this.#store.pointed.value = place &&
      at && {
        place,
        ...at,
        room: { left: at.x > this.#view.width / 2, below: at.y < this.#view.height - 48 },
      };
  }

  #pointedCell(): CellPlace | undefined {
    if (this.#pointer) return this.#cellAt(this.#pointer.x, this.#pointer.y);
    if (!this.#cursor) return undefined;
    const step = 2 ** this.#level;
    return {
      level: this.#level,
      x: Math.floor(this.#cursor.x / step),
      y: Math.floor(this.#cursor.y / step),
    };
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
    this.#frame = 0;
    const view = this.#view;
    if (view.width === 0 || view.height === 0 || !this.#renderer || !this.#store.geometry.value)
      return;
    this.#camera = this.#fitted
      ? fit(this.#picture, view)
      : clampCamera(this.#camera, this.#picture, view);
    this.#palette ??= currentPalette();
    const level = this.#level;
    const visible = visibleTiles(this.#camera, this.#picture, view, level);
    const items = this.#items(visible);
    const ratio = devicePixelRatio;
    if (this.#mapDirty) {
      this.#mapDirty = false;
      this.#store.zoom.value = this.#camera.scale / fitScale(this.#picture, view);
      this.#tiles.want([{ level: this.#tiles.top, x: 0, y: 0 }, ...visible]);
      this.#updatePointed();
      this.#renderer.draw({
        width: Math.round(view.width * ratio),
        height: Math.round(view.height * ratio),
        items,
        palette: this.#palette,
        isolation: this.#isolation,
      });
    }
    this.#overlays.draw({
      camera: this.#camera,
      picture: this.#picture,
      view,
      ratio,
      level,
      items,
      marks: this.#palette.marks,
      hover: squareOf(this.#pointedInside()),
      selection: this.#selectedSquare(),
    });
  };

  /** For each place the best tile there is; edges on whole pixels, so that no seam shows. */
  #items(places: readonly TilePlace[]): DrawItem[] {
    const ratio = devicePixelRatio;
    const items: DrawItem[] = [];
    for (const place of places) {
      const best = this.#tiles.best(place);
      if (!best) continue;
      const edge = 256 * 2 ** place.level;
      const from = toView(this.#camera, this.#view, place.x * edge, place.y * edge);
      const to = toView(this.#camera, this.#view, (place.x + 1) * edge, (place.y + 1) * edge);
      items.push({
        ...best,
        left: Math.round(from.x * ratio),
        top: Math.round(from.y * ratio),
        right: Math.round(to.x * ratio),
        bottom: Math.round(to.y * ratio),
      });
    }
    return items;
  }

  #pointedInside(): CellPlace | undefined {
    return this.#store.pointed.value ? this.#pointedCell() : undefined;
  }

  #selectedSquare(): Square | undefined {
    const selected = this.#selected;
    const { curve } = this.#tiles;
    if (selected === undefined || selected >= curve.clusters) return undefined;
    return { ...curve.point(selected), size: 1 };
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
