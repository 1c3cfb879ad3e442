import type { Extent, Point } from '../../src/core/picture/curve.js';
import type { Rectangle } from '../../src/core/picture/stretch.js';
import { TILE } from '../../src/core/picture/tile.js';
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
import type { CellPlace } from './descend.js';
import type { DrawItem } from './renderer.js';
import type { StoredTile } from './tiles/storedTile.js';
import type { TileStore } from './tiles/tileStore.js';
import { levelFor, visibleTiles, type TilePlace } from './tiles/tiles.js';

/** CSS pixels from the edge in which a revealed cell would hardly be seen. */
const EDGE = 8;
/** From this zoom on, most of a file is out of view; to go to a place means to zoom in so far. */
const CLOSE_FROM = 2;
const CLOSE = 4;
/** CSS pixels that cells must have on their shorter side to be seen well… */
const WELL_SEEN = 40;
/** …and the part of the view that they are given otherwise. */
const GIVEN_ACROSS = 0.9;
const GIVEN_DOWN = 1 / 3;

/** The window through which one looks at the picture: its size, and where the camera is. */
export class Viewport {
  readonly #tiles: TileStore;
  #camera: Camera = { x: 0, y: 0, scale: 1 };
  #size: Extent = { width: 0, height: 0 };
  #area: Rectangle = { x: 0, y: 0, width: 0, height: 0 };
  #fitted = true;

  constructor(tiles: TileStore) {
    this.#tiles = tiles;
  }

  /** The part of the plane that is in view, in cells; another object whenever it has changed. */
  get area(): Rectangle {
    return this.#area;
  }

  get camera(): Camera {
    return this.#camera;
  }

  /** CSS pixels. */
  get size(): Extent {
    return this.#size;
  }

  /** The picture stays fitted until it is moved. */
  get fitted(): boolean {
    return this.#fitted;
  }

  /** Nothing can be seen through it. */
  get closed(): boolean {
    return this.#size.width === 0 || this.#size.height === 0;
  }

  /** The part of the curve's picture that the file fills. */
  get picture(): Extent {
    return this.#tiles.curve.filled;
  }

  /** Level of the tiles that are drawn. */
  get level(): number {
    return levelFor(this.#camera.scale, devicePixelRatio, this.#tiles.top);
  }

  /** How far one is zoomed in; 1 when the picture is fitted. */
  get zoom(): number {
    return this.#camera.scale / fitScale(this.picture, this.#size);
  }

  /** Cells of the drawn level from top to bottom. */
  get rows(): number {
    return Math.max(1, Math.floor(this.#size.height / this.#camera.scale / 2 ** this.level));
  }

  resize(size: Extent): void {
    this.#size = size;
    this.#settle();
  }

  fit(): void {
    this.#fitted = true;
    this.#settle();
  }

  moveTo(camera: Camera): void {
    this.#fitted = false;
    this.#camera = camera;
    this.#settle();
  }

  panBy(dx: number, dy: number): void {
    this.moveTo(pan(this.#camera, dx, dy));
  }

  /** Zooms about a point of the view, or about its middle. */
  zoomBy(factor: number, x = this.#size.width / 2, y = this.#size.height / 2): void {
    this.moveTo(zoomAt(this.#camera, this.picture, this.#size, x, y, factor));
  }

  /** To the next even scale. */
  zoomStep(direction: 1 | -1): void {
    this.zoomBy(stepFactor(this.#camera.scale, direction));
  }

  /** Moves a cell to the middle unless it can be seen already. */
  show(cell: Point): void {
    const { x, y } = this.toView({ x: cell.x + 0.5, y: cell.y + 0.5 });
    const { width, height } = this.#size;
    if (x > EDGE && y > EDGE && x < width - EDGE && y < height - EDGE) return;
    this.moveTo({ ...this.#camera, x: cell.x + 0.5, y: cell.y + 0.5 });
  }

  /** Puts a cell in the middle; from close by, if most of the picture was in view. */
  lookAt(cell: Point): void {
    const { scale } = this.#camera;
    const closer = this.zoom < CLOSE_FROM ? CLOSE / this.zoom : 1;
    this.moveTo({ x: cell.x + 0.5, y: cell.y + 0.5, scale: scale * closer });
  }

  /** Brings cells into view, so near that they are well seen; nothing when they are already. */
  showRectangle({ x, y, width, height }: Rectangle): void {
    const { scale } = this.#camera;
    const near = Math.min(
      (GIVEN_ACROSS * this.#size.width) / width,
      (GIVEN_DOWN * this.#size.height) / height,
    );
    const seen = Math.min(width, height) * scale >= WELL_SEEN || scale >= near / 2;
    const middle = { x: x + width / 2, y: y + height / 2 };
    const reachAcross = Math.max(this.#size.width / scale, width) / 2;
    const reachDown = Math.max(this.#size.height / scale, height) / 2;
    const inView =
      Math.abs(middle.x - this.#camera.x) < reachAcross &&
      Math.abs(middle.y - this.#camera.y) < reachDown;
    if (!seen || !inView) this.moveTo({ ...middle, scale: seen ? scale : Math.max(near, scale) });
  }

  /** Fills the view with cells. */
  zoomTo({ x, y, width, height }: Rectangle): void {
    const scale = GIVEN_ACROSS * Math.min(this.#size.width / width, this.#size.height / height);
    this.moveTo({ x: x + width / 2, y: y + height / 2, scale });
  }

  toPicture({ x, y }: Point): Point {
    return toPicture(this.#camera, this.#size, x, y);
  }

  toView({ x, y }: Point): Point {
    return toView(this.#camera, this.#size, x, y);
  }

  /** The cell of the drawn level at a point of the view. */
  cellAt(point: Point): CellPlace {
    return this.cellOf(toPicture(this.#camera, this.#size, point.x, point.y));
  }

  /** The cell of the drawn level that a point of the picture lies in. */
  cellOf({ x, y }: Point): CellPlace {
    const { level } = this;
    return { level, x: Math.floor(x / 2 ** level), y: Math.floor(y / 2 ** level) };
  }

  /** The tiles in view, those nearest to its middle first. */
  visible(): TilePlace[] {
    return visibleTiles(this.#camera, this.picture, this.#size, this.level);
  }

  /**
   * For each place the best tile there is, of those that `accepts` does not refuse if there is any;
   * edges on whole pixels, so that no seam shows.
   */
  items(
    places: readonly TilePlace[],
    accepts: (tile: StoredTile) => boolean = () => true,
  ): DrawItem[] {
    const items: DrawItem[] = [];
    const pixel = (at: number): number => Math.round(at * devicePixelRatio);
    for (const place of places) {
      const best = this.#tiles.best(place, accepts);
      if (!best) continue;
      const edge = TILE * 2 ** place.level;
      const from = this.toView({ x: place.x * edge, y: place.y * edge });
      const to = this.toView({ x: (place.x + 1) * edge, y: (place.y + 1) * edge });
      items.push({
        ...best,
        left: pixel(from.x),
        top: pixel(from.y),
        right: pixel(to.x),
        bottom: pixel(to.y),
      });
    }
    return items;
  }

  #settle(): void {
    if (this.closed) return;
    this.#camera = this.#fitted
      ? fit(this.picture, this.#size)
      : clampCamera(this.#camera, this.picture, this.#size);
    const { scale } = this.#camera;
    const [width, height] = [this.#size.width / scale, this.#size.height / scale];
    this.#area = { ...this.toPicture({ x: 0, y: 0 }), width, height };
  }
}
