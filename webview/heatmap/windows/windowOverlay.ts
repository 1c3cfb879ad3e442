import type { Curve } from '../../../src/core/picture/curve.js';
import { WindowGrid } from '../../../src/core/picture/windowGrid.js';
import { wantsStillness } from '../theme.js';
import type { WindowStates } from '../../text/windowStates.js';
import { Hatching } from '../hatching.js';
import { WindowLevels } from './windowLevels.js';
import { WindowPainter, type Sight } from './windowPainter.js';

/** Overlap windows as they are to be drawn. */
export interface ShownWindows {
  readonly states: WindowStates;
  readonly selected: number | undefined;
  /** The windows that the last step of a replay reached. */
  readonly reached: readonly number[];
}

/** Milliseconds. */
const FLASH = 700;

/**
 * The overlap windows over the map. Only blocks in view are looked at, and never more than a few
 * thousand: where windows are too small to be told apart, blocks of them are drawn.
 */
export class WindowOverlay {
  #grid: WindowGrid | undefined;
  #states: WindowStates | undefined;
  #levels: WindowLevels | undefined;
  #hatching: Hatching | undefined;
  #reached: readonly number[] = [];
  #reachedAt = 0;

  /** Whether the next frame differs from the last though nothing else has changed. */
  get moving(): boolean {
    return this.#reached.length > 0 && this.#flashed() < 1;
  }

  draw(
    context: CanvasRenderingContext2D,
    sight: Sight & { readonly curve: Curve },
    shown: ShownWindows,
  ): void {
    const { states, selected, reached } = shown;
    if (this.#reached !== reached) {
      this.#reached = reached;
      this.#reachedAt = performance.now();
    }
    const { grid, levels } = this.#summed(states, sight.curve);
    const painter = new WindowPainter(context, sight, grid, this.#hatchingOf(sight));
    const level = painter.level();
    if (level === 0) painter.windows(states);
    else painter.blocks(levels, level);
    painter.reached(reached, this.#flashed());
    if (selected !== undefined && selected < grid.windows) painter.selected(selected);
  }

  #summed(states: WindowStates, curve: Curve): { grid: WindowGrid; levels: WindowLevels } {
    const sameGrid = this.#grid?.curve === curve;
    const grid = (this.#grid = sameGrid && this.#grid ? this.#grid : new WindowGrid(curve));
    const same = sameGrid && this.#states === states;
    const levels = (this.#levels =
      same && this.#levels ? this.#levels : new WindowLevels(states, grid));
    this.#states = states;
    return { grid, levels };
  }

  #hatchingOf({ marks, ratio }: Sight): Hatching {
    const colour = marks.windows.unprotected;
    if (!this.#hatching?.fits(colour, ratio)) this.#hatching = new Hatching(colour, ratio);
    return this.#hatching;
  }

  /** How much of the flash is over, 0 … 1. */
  #flashed(): number {
    return wantsStillness() ? 1 : Math.min(1, (performance.now() - this.#reachedAt) / FLASH);
  }
}
