import {
  largestSquares,
  type Arrangement,
  type Curve,
  type Point,
} from '../../src/core/picture/curve.js';
import type { View } from '../../src/core/picture/layer.js';
import { boundsOf, type Stretch } from '../../src/core/picture/stretch.js';
import { firstOf } from '../../src/core/picture/windowNumber.js';
import type { KeptCamera } from '../state/viewState.js';
import { arrangementFor, isPossible, sameArrangement } from './tiles/arrangement.js';
import type { Camera } from './camera.js';
import type { MapDrawing } from './mapDrawing.js';
import { isInFile, selectedSquares, type Scene } from './scene.js';
import type { DrawnPicture } from './tiles/tileStore.js';

/** Leads the camera: to a place, to a window, to another picture and back to where it was left. */
export class CameraGuide {
  readonly #scene: Scene;
  readonly #drawing: MapDrawing;
  readonly #turned: () => void;
  /** A cell shown for the time being, and where one was before. */
  #preview: { readonly cell: Point; readonly before: Camera | undefined } | undefined;
  /** Where the camera was when a view was left. */
  readonly #cameras = new Map<View, KeptCamera | undefined>();
  /** A cluster to show once its view is there. */
  #toReveal: { readonly cluster: number; readonly view: View } | undefined;
  /** The window that was last brought into view, or was selected on the map and so is in view. */
  #revealed: number | undefined;

  /** `turned`: there is another picture, or another curve. */
  constructor(scene: Scene, drawing: MapDrawing, turned: () => void) {
    this.#scene = scene;
    this.#drawing = drawing;
    this.#turned = turned;
    const kept = scene.side.camera.peek();
    if (kept) this.#cameras.set(kept.view, kept);
  }

  /** The cell shown for the time being. */
  get previewed(): Point | undefined {
    return this.#preview?.cell;
  }

  /** Tells the store where the camera has got to. */
  moved(): void {
    const { side, viewport, tiles } = this.#scene;
    const { fitted, camera, area } = viewport;
    const { view } = tiles.picture;
    const { curve } = tiles;
    side.sight.value = { curve, area };
    const kept: KeptCamera | undefined = fitted
      ? undefined
      : { view, curve: curve.name, arrangement: arrangementOf(curve), ...camera };
    this.#cameras.set(view, kept);
    side.camera.value = kept;
    this.#drawing.invalidate();
  }

  /** All of the picture, its squares laid out for the pane as it is. */
  fit(): void {
    this.#scene.viewport.fit();
    this.arrange();
    this.moved();
  }

  /** Lays the squares out anew if the pane has another shape, unless one looks at a part of them. */
  arrange(): void {
    const { viewport, tiles } = this.#scene;
    const before = arrangementOf(tiles.curve);
    if (!before || viewport.closed) return;
    const { clusters } = tiles.curve;
    const windows = this.#hasWindows;
    if (!viewport.fitted && isPossible(clusters, before, windows)) return;
    const wanted = arrangementFor(clusters, viewport.size, windows);
    if (sameArrangement(wanted, before)) return;
    const { camera, fitted } = viewport;
    const middle = tiles.curve.cluster(Math.floor(camera.x), Math.floor(camera.y));
    tiles.arrange(wanted);
    if (fitted || middle === undefined) viewport.fit();
    else viewport.moveTo({ ...camera, ...tiles.curve.point(middle) });
    this.#drawing.rearranged();
    this.#turned();
    this.moved();
  }

  /** Brings a cluster into view without changing more than needed; once its view is there. */
  reveal(cluster: number, view: View): void {
    this.#preview = undefined;
    const { picture } = this.#scene.tiles;
    this.#toReveal = picture.view === view ? undefined : { cluster, view };
    if (picture.view === view) this.showCluster(cluster);
  }

  /** Looks at a cluster of the picture from close enough that the rest of it is out of view. */
  lookAt(cluster: number): void {
    const { viewport, tiles } = this.#scene;
    if (viewport.closed || cluster >= tiles.curve.clusters) return;
    viewport.lookAt(tiles.curve.point(cluster));
    this.moved();
  }

  /** Brings a range of clusters into view, from as near as that can be. */
  showRange({ first, end }: Stretch): void {
    const { viewport, tiles } = this.#scene;
    const { curve } = tiles;
    if (viewport.closed || first >= end || end > curve.clusters) return;
    viewport.zoomTo(boundsOf(curve, { first, end }));
    this.moved();
  }

  /** Shows a cluster of the file for the time being; undefined goes back to where one was. */
  preview(cluster: number | undefined): void {
    if (!isInFile(this.#scene)) return;
    const { viewport, tiles } = this.#scene;
    const { camera, fitted } = viewport;
    const before = this.#preview ? this.#preview.before : fitted ? undefined : camera;
    if (cluster !== undefined && cluster < tiles.curve.clusters) {
      this.#preview = { cell: tiles.curve.point(cluster), before };
      this.show(this.#preview.cell);
    } else if (this.#preview) {
      this.#preview = undefined;
      if (before) viewport.moveTo(before);
      else viewport.fit();
      this.moved();
    }
  }

  /** Brings a cluster into view, if there is such a one. */
  showCluster(cluster: number): void {
    const { curve } = this.#scene.tiles;
    if (cluster < curve.clusters) this.show(curve.point(cluster));
  }

  /** Brings a cell into view. */
  show(cell: Point): void {
    const { viewport } = this.#scene;
    if (viewport.closed) return;
    const before = viewport.camera;
    viewport.show(cell);
    if (viewport.camera !== before) this.moved();
    else this.#drawing.invalidateOverlays();
  }

  /** A window was selected on the map, where it can be seen. */
  seen(window: number): void {
    this.#revealed = window;
  }

  /** A window that was selected elsewhere is brought into view. */
  revealWindow(window: number | undefined): void {
    const known = this.#revealed;
    this.#revealed = window;
    const { viewport, tiles } = this.#scene;
    if (window === undefined || window === known || viewport.closed || !isInFile(this.#scene))
      return;
    const { curve } = tiles;
    const first = firstOf(window);
    if (first >= curve.clusters) return;
    const before = viewport.camera;
    const end = Math.min(firstOf(window + 1), curve.clusters);
    viewport.showRectangle(boundsOf(curve, { first, end }));
    if (viewport.camera !== before) this.moved();
  }

  /**
   * Another picture or curve, as soon as it can be drawn. The camera goes where it was left in this
   * view, or stays over the same cluster.
   */
  async turnTo(wanted: Omit<DrawnPicture, 'arrangement'>): Promise<void> {
    const { side, viewport, tiles } = this.#scene;
    const { view, curve: name, clusters } = wanted;
    const shown = { ...wanted, arrangement: this.#arrangementOf(wanted) };
    const first = await tiles.first(shown);
    if (!first) return;
    const { camera, fitted } = viewport;
    const sameView = tiles.picture.view === view;
    const middle = sameView
      ? tiles.curve.cluster(Math.floor(camera.x), Math.floor(camera.y))
      : undefined;
    tiles.reset(shown, first.tile);
    tiles.setGeneration(side.tileGeneration.peek());
    this.#preview = undefined;
    this.#drawing.turned();
    this.#turned();
    const kept = this.#cameras.get(view);
    const isAsKept =
      kept?.curve === name &&
      (name === 'rows' ||
        sameArrangement(kept.arrangement ?? largestSquares(clusters), shown.arrangement));
    if (isAsKept) {
      viewport.moveTo({ x: kept.x, y: kept.y, scale: kept.scale });
    } else if (!fitted && middle !== undefined && middle < clusters) {
      viewport.moveTo({ ...camera, ...tiles.curve.point(middle) });
    } else {
      viewport.fit();
    }
    this.arrange();
    this.moved();
    const reveal = this.#toReveal;
    this.#toReveal = undefined;
    const [selected] = selectedSquares(this.#scene);
    if (reveal?.view === view) this.reveal(reveal.cluster, view);
    else if (!sameView && selected) this.show(selected);
  }

  /** Overlap windows may be drawn. */
  get #hasWindows(): boolean {
    return this.#scene.store.windows.isOpen.peek();
  }

  /** How the squares of a picture are to lie: as they were left in its view, or as they fill the pane. */
  #arrangementOf({
    view,
    curve,
    clusters,
  }: Omit<DrawnPicture, 'arrangement'>): Arrangement | undefined {
    if (curve === 'rows') return undefined;
    const kept = this.#cameras.get(view);
    // A state kept before there were arrangements had the largest squares.
    const before =
      kept?.curve === curve ? (kept.arrangement ?? largestSquares(clusters)) : undefined;
    if (before && isPossible(clusters, before, this.#hasWindows)) return before;
    return arrangementFor(clusters, this.#scene.viewport.size, this.#hasWindows);
  }
}

const arrangementOf = (curve: Curve): Arrangement | undefined =>
  curve.name === 'hilbert' ? { order: curve.order, columns: curve.columns } : undefined;
