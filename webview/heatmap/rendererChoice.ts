import type { Renderer } from '../../src/protocol/webviewMessages.js';
import { CanvasRenderer } from './canvas2d.js';
import type { Frame, MapRenderer } from './renderer.js';
import { WebglRenderer } from './webgl.js';

/** Frames that WebGL is given to prove itself, and what one of them may take. */
const TRIAL_FRAMES = 5;
const TRIAL_MILLISECONDS = 8;

/**
 * The renderer of the user's setting. With `auto`: WebGL where there is hardware for it, unless its
 * first frames turn out slow; else the 2D canvas.
 */
export class RendererChoice {
  #renderer: MapRenderer;
  /** Milliseconds of each frame of the trial; undefined when there is none, or it is over. */
  #trial: number[] | undefined;
  readonly #replaced: () => void;

  /** `replaced`: there is another canvas now. `restored`: the view must be drawn again. */
  constructor(setting: Renderer, replaced: () => void, restored: () => void) {
    this.#replaced = replaced;
    this.#renderer = create(setting, restored);
    if (setting === 'auto' && this.#renderer instanceof WebglRenderer) this.#trial = [];
  }

  get canvas(): HTMLCanvasElement {
    return this.#renderer.canvas;
  }

  draw(frame: Frame): void {
    if (this.#trial && frame.items.length > 0 && this.#renderer instanceof WebglRenderer) {
      this.#try(frame, this.#renderer, this.#trial);
    } else {
      this.#renderer.draw(frame);
    }
  }

  dispose(): void {
    this.#renderer.dispose();
  }

  #try(frame: Frame, renderer: WebglRenderer, trial: number[]): void {
    const start = performance.now();
    renderer.draw(frame);
    renderer.finish();
    trial.push(performance.now() - start);
    if (trial.length < TRIAL_FRAMES) return;
    this.#trial = undefined;
    const median = trial.sort((a, b) => a - b)[TRIAL_FRAMES >> 1];
    if (median <= TRIAL_MILLISECONDS) return;
    renderer.dispose();
    this.#renderer = new CanvasRenderer();
    this.#renderer.draw(frame);
    this.#replaced();
  }
}

function create(setting: Renderer, restored: () => void): MapRenderer {
  if (setting === 'canvas') return new CanvasRenderer();
  try {
    return new WebglRenderer(restored, setting === 'auto');
  } catch {
    // No usable WebGL2 on this machine: the 2D canvas draws the same picture.
    return new CanvasRenderer();
  }
}
