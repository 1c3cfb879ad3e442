import type { Curve, CurveName } from '../../src/core/picture/curve.js';
import { isGuestKinds } from '../state/legendValues.js';
import { arrangedMixed } from './tiles/arrangedBlocks.js';
import { CellCountStore } from './cellCounts.js';
import { Labels, type LabelScene } from './labels.js';
import type { Scene } from './scene.js';
import { SubclusterGrid, SUBCLUSTERS_FROM } from './subclusterGrid.js';

/** What is in cells that are seen from close by: letters, refcounts, subclusters. */
export class CloseUp {
  readonly #scene: Scene;
  readonly #counts: CellCountStore;
  readonly #labels: Labels;
  readonly #subclusters: SubclusterGrid;
  #shown: LabelScene | undefined;

  /** `below`: the canvas under the letters. `next`: asks for another frame of what is over the cells. */
  constructor(below: HTMLCanvasElement, scene: Scene, again: () => void, next: () => void) {
    this.#scene = scene;
    const { rpc } = scene.store;
    const curve = (): Curve => scene.tiles.curve;
    this.#counts = new CellCountStore((query) => rpc.ask('cells', query), curve, again);
    this.#labels = new Labels(below, this.#counts, next);
    this.#subclusters = new SubclusterGrid(
      (query) => arrangedMixed(curve(), query, (block) => rpc.ask('subclusters', block)),
      next,
    );
  }

  dispose(): void {
    this.#labels.dispose();
  }

  /** From now on what was told of an older generation is stale. */
  setGeneration(generation: number): void {
    this.#counts.setGeneration(generation);
    this.#subclusters.blocks.setGeneration(generation);
  }

  /** Starts over with another picture or another curve. */
  reset(curve: CurveName): void {
    this.#counts.reset(curve);
    this.#subclusters.blocks.reset(curve);
  }

  /** The cells have been drawn anew. */
  show(frame: LabelScene): void {
    this.#shown = frame;
    this.#scene.side.lettered.value = this.#labels.show(frame);
  }

  /** Writes on for a while, if there is something to write. */
  step(): void {
    this.#labels.step();
  }

  /** Writes all there is to write. */
  finish(): void {
    this.#labels.finish();
  }

  /** The values of the subclusters that are drawn into a cell. */
  subclustersAt(x: number, y: number): readonly number[] | undefined {
    const areDrawn = this.#scene.side.subclusters.value !== 0;
    return areDrawn ? this.#subclusters.valuesAt(x, y) : undefined;
  }

  /** Draws the subclusters into their cells. */
  readonly within = (context: CanvasRenderingContext2D): void => {
    const { store, side } = this.#scene;
    const frame = this.#shown;
    const isFor =
      frame !== undefined &&
      store.geometry.value?.extendedL2 === true &&
      isGuestKinds(frame.shown) &&
      frame.scale >= SUBCLUSTERS_FROM;
    side.subclusters.value = isFor ? this.#subclusters.draw(context, frame) : 0;
  };
}
