import { isKinds } from '../../src/core/picture/layer.js';
import { effect } from '@preact/signals';
import type { Point } from '../../src/core/picture/curve.js';
import { currentPalette, onThemeChange } from './theme.js';
import type { CloseUp } from './closeUp.js';
import { Later } from '../state/later.js';
import { countInView } from './inView.js';
import { Overlays, type Square } from './overlays.js';
import { Rarity } from '../../src/core/picture/rarity.js';
import type { CausePlace } from '../state/causePlaces.js';
import { samePicture } from '../state/pictureState.js';
import type { Palette } from './palette.js';
import type { Look } from './renderer.js';
import { RendererChoice } from './rendererChoice.js';
import { CLOSE_UP_FROM, isInFile, selectedSquares, type Scene } from './scene.js';
import type { PlacedMark } from './marks/rareMarks.js';
import type { SimulationMarks } from './marks/simulationMarks.js';
import type { StoredTile } from './tiles/storedTile.js';
import type { ShownWindows } from './windows/windowOverlay.js';

/** Milliseconds of rest after which what is in view is counted. */
const REST = 150;

/** Milliseconds of a frame in which tiles that have come are prepared; the rest follows in the next… */
const PREPARING = 2;
/** …and from its begin on those in which it is looked for what is rare in them. */
const LOOKING = 3;

const NO_CAUSES: readonly CausePlace[] = [];

/** What is outlined beside the selection; `update` is called first when the cells are others. */
interface Outlined {
  readonly update: () => void;
  readonly hover: () => Square | undefined;
  readonly preview: () => Point | undefined;
}

/**
 * The canvases of the map. All drawing happens in one animation frame, and only when something has
 * changed.
 */
export class MapDrawing {
  readonly #root: HTMLElement;
  readonly #scene: Scene;
  readonly #outlined: Outlined;
  readonly #overlays: Overlays;
  readonly #simulationMarks: Later<SimulationMarks>;
  readonly #closeUps: Later<CloseUp>;
  readonly #disposals: (() => void)[] = [];
  #renderer: RendererChoice | undefined;
  #disposed = false;
  #palette: Palette | undefined;
  #rarity: Rarity | undefined;
  #windows: ShownWindows | undefined;
  #frame = 0;
  /** There is a picture to draw. */
  #opened = false;
  #cellsDirty = true;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement, scene: Scene, outlined: Outlined) {
    this.#root = root;
    this.#scene = scene;
    this.#outlined = outlined;
    this.#overlays = new Overlays(this.invalidateOverlays);
    root.append(this.#overlays.canvas);
    this.#simulationMarks = new Later(this.#loadSimulationMarks, this.invalidateOverlays);
    this.#closeUps = new Later(this.#loadCloseUp, this.invalidate);
    this.#observe();
  }

  dispose(): void {
    this.#disposed = true;
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
    for (const dispose of this.#disposals) dispose();
    this.#renderer?.dispose();
    this.#overlays.canvas.remove();
    this.#closeUp?.dispose();
    this.#simulationMarks.known?.canvas.remove();
  }

  get palette(): Palette {
    return (this.#palette ??= currentPalette(this.#scene.tiles.picture));
  }

  get #closeUp(): CloseUp | undefined {
    return this.#closeUps.known;
  }

  /** See RareMarks. */
  get marked(): number {
    return this.#overlays.marked;
  }

  /** The same. */
  get placed(): readonly PlacedMark[] {
    return this.#overlays.placed;
  }

  /** What is rare in the picture shown, as far as it is known. */
  get rarity(): Rarity {
    const { side, tiles } = this.#scene;
    const { known, shown } = side.pictures;
    const counts = samePicture(shown.peek(), tiles.picture) ? known.peek()?.counts : undefined;
    const before = this.#rarity;
    if (before?.isOf(tiles.picture, tiles.curve.clusters, counts)) return before;
    return (this.#rarity = new Rarity(tiles.picture, tiles.curve.clusters, counts));
  }

  /** See CloseUp. */
  readonly subclustersAt = (x: number, y: number): readonly number[] | undefined =>
    this.#closeUp?.subclustersAt(x, y);

  /** All must be drawn again. */
  readonly invalidate = (): void => {
    this.#cellsDirty = true;
    this.invalidateOverlays();
  };

  /** What lies over the cells must be drawn again. */
  readonly invalidateOverlays = (): void => {
    this.#frame ||= requestAnimationFrame(() => {
      this.#draw({ preparing: PREPARING, looking: LOOKING });
    });
  };

  /** From now on what was told of an older generation is stale. */
  setGeneration(generation: number): void {
    this.#closeUp?.setGeneration(generation);
    this.invalidate();
  }

  /** There is another picture, or another curve. */
  turned(): void {
    this.#opened = true;
    this.#closeUp?.reset(this.#scene.tiles.curve.name);
    this.#palette = undefined;
  }

  /** The squares of the picture lie another way. */
  rearranged(): void {
    this.#closeUp?.reset(this.#scene.tiles.curve.name);
    this.invalidate();
  }

  /** All canvases as they are now, from the lowest to the uppermost. */
  drawn(): readonly HTMLCanvasElement[] {
    this.#cellsDirty = true;
    this.#draw({ preparing: Infinity, looking: Infinity });
    this.#closeUp?.finish();
    const canvases = [...this.#root.querySelectorAll('canvas')];
    return canvases.filter(({ style }) => style.visibility !== 'hidden');
  }

  #observe(): void {
    const { store, side } = this.#scene;
    this.#disposals.push(
      onThemeChange(() => {
        this.#palette = undefined;
        this.invalidate();
      }),
      effect(() => {
        const setting = store.settings.value?.renderer;
        if (setting) this.#useRenderer(new RendererChoice(setting, this.#mount, this.invalidate));
      }),
      side.isolation.subscribe(this.invalidate),
      side.pictures.known.subscribe(this.invalidate),
      effect(() => {
        const states = store.windows.shown.value;
        const selected = store.overlap.selectedWindow.value;
        const reached = store.windows.reached.value;
        this.#windows = states && { states, selected, reached };
        this.invalidateOverlays();
      }),
      ...[
        store.selection.selected,
        store.selection.guest.clusters,
        store.simulation.onMap,
        store.mapped.shown,
        store.beside,
        store.diagnosis.places,
        store.links.highlights.host,
        store.links.highlights.guest,
      ].map((signal) => signal.subscribe(this.invalidateOverlays)),
    );
  }

  #useRenderer(renderer: RendererChoice): void {
    this.#renderer?.dispose();
    this.#renderer = renderer;
    this.#mount();
    this.invalidate();
  }

  readonly #mount = (): void => {
    if (this.#renderer) this.#root.prepend(this.#renderer.canvas);
  };

  #draw(time: { readonly preparing: number; readonly looking: number }): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { store, side, tiles, viewport } = this.#scene;
    if (viewport.closed || !this.#renderer || !this.#opened) return;
    const start = performance.now();
    const { palette, rarity } = this;
    const { camera, picture, size, level } = viewport;
    const ratio = devicePixelRatio;
    const visible = viewport.visible();
    const isolation = side.isolation.value;
    const density = store.density.value;
    const items = viewport.items(
      visible,
      this.#preparer({ palette, isolation, rarity, density }, start + time.preparing),
    );
    const look = {
      width: Math.round(size.width * ratio),
      height: Math.round(size.height * ratio),
      items,
      palette,
      isolation,
      rarity,
      density,
    };
    if (this.#cellsDirty) {
      this.#cellsDirty = false;
      side.zoom.value = viewport.zoom;
      tiles.want([{ level: tiles.top, x: 0, y: 0 }, ...visible]);
      this.#outlined.update();
      this.#renderer.draw(look);
      const { scale } = camera;
      const { picture: shown } = tiles;
      if (scale >= CLOSE_UP_FROM) this.#closeUps.want();
      this.#closeUp?.show({ ...look, shown, ratio, scale, camera });
      clearTimeout(this.#rest);
      this.#rest = setTimeout(this.#count, REST);
    }
    this.#closeUp?.step();
    const inFile = isInFile(this.#scene);
    const preview = this.#outlined.preview();
    const frame = {
      camera,
      picture,
      view: size,
      ratio,
      level,
      items,
      hatched: isKinds(tiles.picture.layer),
      marks: palette.marks,
      rare: { ...look, picture: tiles.picture, ratio, until: start + time.looking },
      within: this.#closeUp?.within,
      curve: tiles.curve,
      windows: inFile ? this.#windows : undefined,
      highlights: store.links.highlights[tiles.picture.view].value,
      beside: store.beside.value,
      causes: inFile ? store.diagnosis.places.value : NO_CAUSES,
      mapped: inFile ? store.mapped.shown.value : undefined,
      hover: this.#outlined.hover(),
      preview: preview && { ...preview, size: 1 },
      selection: selectedSquares(this.#scene),
    };
    this.#overlays.draw(frame);
    const touched = inFile ? store.simulation.onMap.value : undefined;
    const simulationMarks = touched ? this.#simulationMarks.want() : this.#simulationMarks.known;
    simulationMarks?.draw(frame, touched);
    if (this.#overlays.moving) this.invalidateOverlays();
  }

  /**
   * Prepares tiles as long as there is time, and has the rest drawn in the next frame: the coarser
   * tile above them stays meanwhile.
   */
  #preparer(look: Look, end: number): (tile: StoredTile) => boolean {
    return (tile) => {
      const renderer = this.#renderer;
      if (!renderer || renderer.isPrepared(tile, look)) return true;
      if (performance.now() < end) {
        renderer.prepare(tile, look);
        return true;
      }
      // When this frame is done.
      queueMicrotask(this.invalidate);
      return false;
    };
  }

  readonly #loadCloseUp = async (): Promise<CloseUp> => {
    const { CloseUp } = await import('./closeUp.js');
    const { side, tiles } = this.#scene;
    const { canvas } = this.#overlays;
    const closeUp = new CloseUp(canvas, this.#scene, this.invalidate, this.invalidateOverlays);
    closeUp.reset(tiles.curve.name);
    closeUp.setGeneration(side.tileGeneration.peek());
    if (this.#disposed) closeUp.dispose();
    return closeUp;
  };

  readonly #loadSimulationMarks = async (): Promise<SimulationMarks> => {
    const { SimulationMarks } = await import('./marks/simulationMarks.js');
    const marks = new SimulationMarks();
    if (!this.#disposed) this.#root.append(marks.canvas);
    return marks;
  };

  /** Counts what is in view, unless that is all. */
  readonly #count = (): void => {
    const { side, viewport } = this.#scene;
    const { width, height } = viewport.size;
    const view = { width: width * devicePixelRatio, height: height * devicePixelRatio };
    const corner = viewport.toView({ x: viewport.picture.width, y: viewport.picture.height });
    const start = viewport.toView({ x: 0, y: 0 });
    const all = start.x >= 0 && start.y >= 0 && corner.x <= width && corner.y <= height;
    side.inView.value = all ? undefined : countInView(viewport.items(viewport.visible()), view);
  };
}
