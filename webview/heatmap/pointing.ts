import type { Point } from '../../src/core/picture/curve.js';
import { maskOfValue } from '../../src/core/picture/tile.js';
import { windowOf } from '../../src/core/picture/windowNumber.js';
import { describeWindowOf } from '../text/windowText.js';
import type { CameraGuide } from './cameraGuide.js';
import { descend, type CellPlace } from './descend.js';
import type { MapDrawing } from './mapDrawing.js';
import type { Square } from './overlays.js';
import type { Stretch } from '../../src/core/picture/stretch.js';
import { placeAt, speakPlace, stretchOfCell } from './place.js';
import { isInFile, selectedSquares, type Scene } from './scene.js';
import { guestCluster, hostCluster, ifKnown } from '../../src/core/units.js';

/** CSS pixels around a click in which a mark is meant. */
const REACH = 5;
/** CSS pixels that the line of text below the pointer needs. */
const TOOLTIP = 48;

/** What is pointed at, with the mouse or with the cell cursor of the keyboard, and selected so. */
export class Pointing {
  readonly #scene: Scene;
  readonly #guide: CameraGuide;
  readonly #drawing: MapDrawing;
  /** Where the pointer is, in CSS pixels. */
  #pointer: Point | undefined;
  /** The cell cursor of the keyboard, in cells of level 0; the pointer takes its place. */
  #cursor: Point | undefined;
  /** Where a range began that may go on. */
  #anchor: Stretch | undefined;
  /** Where the map begins in the window, in CSS pixels. */
  #left = 0;

  constructor(scene: Scene, guide: CameraGuide, drawing: MapDrawing) {
    this.#scene = scene;
    this.#guide = guide;
    this.#drawing = drawing;
  }

  /** The cell that is pointed at, if there is anything. */
  get square(): Square | undefined {
    const cell = this.#scene.side.pointed.value && this.#cell();
    if (!cell) return undefined;
    const size = 2 ** cell.level;
    return { x: cell.x * size, y: cell.y * size, size };
  }

  /** The map begins there in the window. */
  beginAt(left: number): void {
    this.#left = left;
  }

  /** Another picture: its cells are others. */
  dropCursor(): void {
    this.#cursor = undefined;
    this.#anchor = undefined;
  }

  /** No range goes on. */
  dropAnchor(): void {
    this.#anchor = undefined;
  }

  /** The pointer is over a point of the view, or has left. */
  pointAt(point: Point | undefined): void {
    this.#pointer = point;
    this.#cursor = undefined;
    this.update();
    this.#drawing.invalidateOverlays();
  }

  /** Whatever the pointer is over, nobody looks there; the cell cursor stays. */
  stopPointing(): void {
    if (this.#pointer) this.pointAt(undefined);
  }

  /** Selects what lies at a point of the view: what is marked there, if anything is. */
  async selectAt(point: Point): Promise<void> {
    await this.#select(this.#markedNear(point) ?? this.#scene.viewport.cellAt(point));
  }

  /** Moves the cell cursor by cells as wide as they are drawn, or by views; `isRange`: and the end of a range with it. */
  moveCursor(dx: number, dy: number, unit: 'cell' | 'view', isRange: boolean): void {
    const { level, rows } = this.#scene.viewport;
    const by = 2 ** level * (unit === 'cell' ? 1 : rows);
    const from = this.#cursor ?? this.#cursorStart();
    this.#putCursor({ x: from.x + dx * by, y: from.y + dy * by }, isRange ? from : undefined);
  }

  /** The cell cursor to the first or the last cluster. */
  moveCursorTo(end: 'first' | 'last', isRange: boolean): void {
    const { curve } = this.#scene.tiles;
    const from = this.#cursor ?? this.#cursorStart();
    const to = curve.point(end === 'first' ? 0 : curve.clusters - 1);
    this.#putCursor(to, isRange ? from : undefined);
  }

  /** A range begins at a point of the view. */
  beginRange(point: Point): void {
    const { viewport, tiles } = this.#scene;
    this.#anchor = stretchOfCell(tiles, viewport.cellAt(point));
  }

  /** The range from where it began, else from what is selected, to a point of the view. */
  extendRange(point: Point): void {
    const { viewport } = this.#scene;
    this.#extendTo(viewport.cellAt(point), this.#selectedCell() ?? viewport.cellAt(point));
  }

  #extendTo(cell: CellPlace, from: CellPlace): void {
    const { store, tiles } = this.#scene;
    const { view } = tiles.picture;
    const anchor = (this.#anchor ??= stretchOfCell(tiles, from));
    const end = stretchOfCell(tiles, cell);
    if (!anchor || !end) return;
    store.selectRange({
      view,
      first: Math.min(anchor.first, end.first),
      end: Math.max(anchor.end, end.end),
    });
  }

  #selectedCell(): CellPlace | undefined {
    const [selected] = selectedSquares(this.#scene);
    return selected && { level: 0, x: selected.x, y: selected.y };
  }

  async selectCursor(): Promise<void> {
    const cursor = this.#cursor ?? this.#cursorStart();
    this.#putCursor(cursor);
    await this.#select(this.#scene.viewport.cellOf(cursor));
  }

  /** Tells the store what is there now: the map or the pointer has moved, or a tile has come. */
  update(): void {
    const { side, viewport, tiles } = this.#scene;
    const cell = this.#cell();
    const place = cell && placeAt(tiles, cell);
    const at = this.#pointer ?? (this.#cursor && viewport.toView(this.#cursor));
    const { height } = viewport.size;
    side.pointed.value = place &&
      at && {
        place,
        cluster: this.#cluster(),
        ...at,
        room: { left: this.#left + at.x > innerWidth / 2, below: at.y < height - TOOLTIP },
      };
  }

  #cell(): CellPlace | undefined {
    const { viewport } = this.#scene;
    if (this.#pointer) return viewport.cellAt(this.#pointer);
    return this.#cursor && viewport.cellOf(this.#cursor);
  }

  /** The very cluster under the pointer or the cursor, however many its cell stands for. */
  #cluster(): number | undefined {
    const { viewport, tiles } = this.#scene;
    const at = this.#pointer ? viewport.toPicture(this.#pointer) : this.#cursor;
    return at && tiles.curve.cluster(Math.floor(at.x), Math.floor(at.y));
  }

  #cursorStart(): Point {
    const [selected] = selectedSquares(this.#scene);
    const { x, y } = this.#scene.viewport.camera;
    return selected ?? { x: Math.floor(x), y: Math.floor(y) };
  }

  /** `from`: where the cursor was, if a range goes on to where it is put. */
  #putCursor({ x, y }: Point, from?: Point): void {
    const { store, side, viewport } = this.#scene;
    const { width, height } = viewport.picture;
    this.#pointer = undefined;
    this.#cursor = {
      x: Math.min(Math.max(x, 0), width - 1),
      y: Math.min(Math.max(y, 0), height - 1),
    };
    this.#guide.show(this.#cursor);
    this.update();
    if (from)
      this.#extendTo(this.#scene.viewport.cellOf(this.#cursor), this.#scene.viewport.cellOf(from));
    const pointed = side.pointed.value;
    const window = isInFile(this.#scene)
      ? describeWindowOf(store.windows.shown.value, pointed?.cluster)
      : undefined;
    store.spoken.value = pointed
      ? speakPlace(pointed.place, store.clusterSize, side.pictures.names.value) +
        (window ? `, ${window}` : '')
      : 'past the end of the file';
  }

  async #select(cell: CellPlace): Promise<void> {
    const { store, side, tiles } = this.#scene;
    const { curve } = tiles;
    const wanted = side.isolation.value?.mask ?? this.#rarestOf(cell);
    this.#anchor = undefined;
    const at = await descend(tiles, cell, wanted).catch(
      // The worker is gone or restarts: the corner of the cell is as good as any.
      () => ({ x: cell.x * 2 ** cell.level, y: cell.y * 2 ** cell.level }),
    );
    if (curve !== tiles.curve) return;
    const cluster = curve.cluster(at.x, at.y);
    if (!isInFile(this.#scene) && cluster !== undefined) {
      void store.selection.selectGuest(guestCluster(cluster));
      store.showTab('cluster');
      return;
    }
    if (store.windows.shown.value && cluster !== undefined) this.#guide.seen(windowOf(cluster));
    store.selectOnMap(ifKnown(cluster, hostCluster));
  }

  /** The mask bit of the rarest value of a cell, if it has a mark. */
  #rarestOf(cell: CellPlace): number {
    const values = placeAt(this.#scene.tiles, cell)?.values ?? [];
    const { rarity, marked } = this.#drawing;
    const mask = values.reduce((all, value) => all | maskOfValue(value), 0) & marked;
    const rarest = rarity.valuesOf(mask).at(0);
    return rarest === undefined ? 0 : maskOfValue(rarest);
  }

  /** The cell of the nearest mark in reach of a point, while cells are smaller than marks. */
  #markedNear(point: Point): CellPlace | undefined {
    const { viewport, tiles } = this.#scene;
    const { level, x, y } = viewport.cellAt(point);
    const reach = Math.floor(REACH / (viewport.camera.scale * 2 ** level));
    let nearest: CellPlace | undefined;
    let least = Infinity;
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const cell = { level, x: x + dx, y: y + dy };
        const trouble = placeAt(tiles, cell)?.trouble ?? 0;
        const isRare = this.#rarestOf(cell) !== 0;
        // Of two at the same distance the worse is meant.
        const distance = Math.hypot(dx, dy) - trouble;
        if ((trouble === 0 && !isRare) || distance >= least) continue;
        least = distance;
        nearest = cell;
      }
    }
    return nearest;
  }
}
