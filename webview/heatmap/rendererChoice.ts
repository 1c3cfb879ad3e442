import type { Renderer } from '../../src/protocol/webviewMessages.js';
import { CanvasRenderer } from './canvas2d.js';
import type { Frame, Look, MapRenderer } from './renderer.js';
import type { StoredTile } from './tiles/storedTile.js';
import type { WebglRenderer } from './webgl.js';

/** Frames that WebGL is given to prove itself, and what one of them may take. */
const TRIAL_FRAMES = 5;
const TRIAL_MILLISECONDS = 8;

/**
 * The renderer of the user's setting: the 2D canvas until WebGL has been fetched, if that is wanted.
 * With `auto`: WebGL where there is hardware for it, unless its first frames turn out slow.
 */
export class RendererChoice implements MapRenderer {
  #renderer: MapRenderer = new CanvasRenderer();
  /** WebGL on trial, with the milliseconds of each frame so far. */
  #trial: { readonly renderer: WebglRenderer; readonly times: number[] } | undefined;
  readonly #replaced: () => void;
  readonly #redraw: () => void;
  #disposed = false;

  /** `replaced`: there is another canvas now. `redraw`: the view must be drawn again. */
  constructor(setting: Renderer, replaced: () => void, redraw: () => void) {
    this.#replaced = replaced;
    this.#redraw = redraw;
    if (setting !== 'canvas') void this.#useWebgl(setting);
  }

  get canvas(): HTMLCanvasElement {
    return this.#renderer.canvas;
  }

  draw(frame: Frame): void {
    if (this.#trial && frame.items.length > 0) this.#try(frame, this.#trial);
    else this.#renderer.draw(frame);
  }

  isPrepared(tile: StoredTile, look: Look): boolean {
    return this.#renderer.isPrepared(tile, look);
  }

  prepare(tile: StoredTile, look: Look): void {
    this.#renderer.prepare(tile, look);
  }

  dispose(): void {
    this.#disposed = true;
    this.#renderer.dispose();
  }

  async #useWebgl(setting: 'auto' | 'webgl'): Promise<void> {
    try {
      const { WebglRenderer } = await import('./webgl.js');
      if (this.#disposed) return;
      const renderer = new WebglRenderer(this.#redraw, setting === 'auto');
      if (setting === 'auto') this.#trial = { renderer, times: [] };
      this.#replace(renderer);
    } catch {
      // No usable WebGL2 on this machine: the 2D canvas draws the same picture.
    }
  }

  #replace(renderer: MapRenderer): void {
    this.#renderer.dispose();
    this.#renderer = renderer;
    this.#replaced();
    this.#redraw();
  }

  #try(frame: Frame, { renderer, times }: { renderer: WebglRenderer; times: number[] }): void {
    const start = performance.now();
    renderer.draw(frame);
    renderer.finish();
    times.push(performance.now() - start);
    if (times.length < TRIAL_FRAMES) return;
    this.#trial = undefined;
    const median = times.sort((a, b) => a - b)[TRIAL_FRAMES >> 1];
    if (median > TRIAL_MILLISECONDS) this.#replace(new CanvasRenderer());
  }
}
