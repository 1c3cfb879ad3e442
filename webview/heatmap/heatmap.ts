import { effect } from '@preact/signals';
import type { Point } from '../../src/core/picture/curve.js';
import type { View } from '../../src/core/picture/layer.js';
import type { Stretch } from '../../src/core/picture/stretch.js';
import { samePicture } from '../state/pictureState.js';
import type { MapSide } from '../state/mapSide.js';
import type { Store } from '../state/store.js';
import { CameraGuide } from './cameraGuide.js';
import { MapDrawing } from './mapDrawing.js';
import type { PlacedMark } from './marks/rareMarks.js';
import { Pointing } from './pointing.js';
import type { Look } from './renderer.js';
import type { Scene } from './scene.js';
import { TileStore } from './tiles/tileStore.js';
import { Viewport } from './viewport.js';

/** What is seen of a scene. */
export interface Sight extends Pick<Scene, 'viewport' | 'tiles'>, Look {
  /** Of what is rare, as they were drawn last. */
  readonly placed: readonly PlacedMark[];
  /** The values of the 32 subclusters of a cell, where they are drawn. */
  readonly subclustersAt: (x: number, y: number) => readonly number[] | undefined;
}

/** The map: its parts behind the few things one can do with it. */
export class Heatmap {
  readonly #scene: Scene;
  readonly #drawing: MapDrawing;
  readonly #guide: CameraGuide;
  readonly #pointing: Pointing;
  readonly #disposals: (() => void)[] = [];

  constructor(root: HTMLElement, store: Store, side: MapSide) {
    const tiles = new TileStore(
      (query) => store.rpc.ask('tile', query),
      () => {
        this.#drawing.invalidate();
      },
    );
    this.#scene = { store, side, tiles, viewport: new Viewport(tiles) };
    this.#drawing = new MapDrawing(root, this.#scene, {
      update: () => {
        this.#pointing.update();
      },
      hover: () => this.#pointing.square,
      preview: () => this.#guide.previewed,
    });
    this.#guide = new CameraGuide(this.#scene, this.#drawing, () => {
      this.#pointing.dropCursor();
    });
    this.#pointing = new Pointing(this.#scene, this.#guide, this.#drawing);
    this.#observe(root);
  }

  dispose(): void {
    for (const dispose of this.#disposals) dispose();
    this.#drawing.dispose();
  }

  /** Zooms about a point of the view (CSS pixels). */
  zoomBy(factor: number, x: number, y: number): void {
    this.#scene.viewport.zoomBy(factor, x, y);
    this.#guide.moved();
  }

  /** To the next even scale. */
  zoomStep(direction: 1 | -1): void {
    this.#scene.viewport.zoomStep(direction);
    this.#guide.moved();
  }

  panBy(dx: number, dy: number): void {
    this.#scene.viewport.panBy(dx, dy);
    this.#guide.moved();
  }

  fit(): void {
    this.#guide.fit();
  }

  /** See CameraGuide. */
  reveal(cluster: number, view: View): void {
    this.pointAt(undefined);
    this.#guide.reveal(cluster, view);
  }

  /** Brings a range of clusters into view. */
  showRange(range: Stretch): void {
    this.#guide.showRange(range);
  }

  lookAt(cluster: number): void {
    this.#guide.lookAt(cluster);
  }

  preview(cluster: number | undefined): void {
    this.pointAt(undefined);
    this.#guide.preview(cluster);
  }

  toggleWindows(): void {
    this.#scene.store.windows.toggle();
  }

  /** See Pointing. */
  stopPointing(): void {
    this.#pointing.stopPointing();
  }

  pointAt(point: Point | undefined): void {
    this.#pointing.pointAt(point);
  }

  selectAt(point: Point): Promise<void> {
    return this.#pointing.selectAt(point);
  }

  moveCursor(dx: number, dy: number, unit: 'cell' | 'view', isRange: boolean): void {
    this.#pointing.moveCursor(dx, dy, unit, isRange);
  }

  moveCursorTo(end: 'first' | 'last', isRange: boolean): void {
    this.#pointing.moveCursorTo(end, isRange);
  }

  beginRange(point: Point): void {
    this.#pointing.beginRange(point);
  }

  extendRange(point: Point): void {
    this.#pointing.extendRange(point);
  }

  /** The user has turned to this map: commands are for it. */
  use(): void {
    this.#scene.store.usedSide.value = this.#scene.side;
  }

  selectCursor(): Promise<void> {
    return this.#pointing.selectCursor();
  }

  /** The viewport with what is seen through it, for a picture of it. */
  get sight(): Sight {
    const { palette, rarity, subclustersAt, placed } = this.#drawing;
    const { store, side } = this.#scene;
    const look = { isolation: side.isolation.value, density: store.density.value };
    return { ...this.#scene, ...look, palette, rarity, subclustersAt, placed };
  }

  /** All canvases as they are now, from the lowest to the uppermost. */
  drawn(): readonly HTMLCanvasElement[] {
    return this.#drawing.drawn();
  }

  #observe(root: HTMLElement): void {
    const { store, side, tiles, viewport } = this.#scene;
    const observer = new ResizeObserver(([{ contentRect }]) => {
      viewport.resize({ width: contentRect.width, height: contentRect.height });
      this.#guide.arrange();
      // Its place does not change without its size.
      this.#pointing.beginAt(root.getBoundingClientRect().left);
      this.#drawing.invalidate();
    });
    observer.observe(root);
    this.#disposals.push(
      () => {
        observer.disconnect();
      },
      effect(() => {
        const curve = store.settings.value?.curve;
        const { view, layer } = side.pictures.shown.value;
        const clusters = side.clusters.value;
        const shares = store.density.value;
        if (curve && store.facts.value?.geometry)
          void this.#guide.turnTo({ view, layer, curve, clusters, shares });
      }),
      effect(() => {
        const generation = side.tileGeneration.value;
        if (!samePicture(side.pictures.shown.value, tiles.picture)) return;
        tiles.setGeneration(generation);
        this.#drawing.setGeneration(generation);
      }),
      store.range.range.subscribe((range) => {
        if (range?.view !== tiles.picture.view) this.#pointing.dropAnchor();
      }),
      effect(() => {
        // What is selected on the one map is to be seen on the other.
        const clusters =
          tiles.picture.view === 'host'
            ? [store.selection.selected.value ?? Infinity]
            : store.selection.guest.clusters.value;
        if (store.beside.value && clusters.length > 0) this.#guide.showCluster(clusters[0]);
      }),
      store.windows.isOpen.subscribe(() => {
        this.#guide.arrange();
      }),
      effect(() => {
        this.#guide.revealWindow(store.overlap.selectedWindow.value);
      }),
    );
  }
}
