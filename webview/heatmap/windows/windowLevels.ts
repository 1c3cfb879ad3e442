import { markOfCode, WINDOW_CODES } from '../../../src/core/overlap/windowMarks.js';
import type { Exposure } from '../../../src/core/overlap/windowState.js';
import type { WindowGrid } from '../../../src/core/picture/windowGrid.js';
import type { WindowStates } from '../../text/windowStates.js';

/** From good to bad: what a block is drawn as is the worst of its windows. */
const BADNESS: readonly (Exposure | undefined)[] = [undefined, 'refused', 'dropped', 'lost'];

/** The windows of a grid's level, summed up by blocks. */
interface Level {
  /** Windows, and those of them that are cached. */
  readonly windows: Uint32Array;
  readonly cached: Uint32Array;
  /** Index in BADNESS. */
  readonly worst: Uint8Array;
}

/** What the windows amount to when they are too small to be drawn; made level by level when needed. */
export class WindowLevels {
  readonly #grid: WindowGrid;
  readonly #states: WindowStates;
  readonly #levels: Level[] = [];

  constructor(states: WindowStates, grid: WindowGrid) {
    this.#states = states;
    this.#grid = grid;
  }

  /** The part of a block's windows that is cached, 0 … 1. */
  density(level: number, block: number): number {
    const { windows, cached } = this.#level(level);
    return cached[block] / windows[block];
  }

  /** The worst reason for which a window of a block is unprotected. */
  exposure(level: number, block: number): Exposure | undefined {
    return BADNESS[this.#level(level).worst[block]];
  }

  #level(level: number): Level {
    for (let known = this.#levels.length; known <= level; known++)
      this.#levels.push(known === 0 ? lowestLevel(this.#states) : this.#above(known));
    return this.#levels[level];
  }

  #above(level: number): Level {
    const below = this.#levels[level - 1];
    const blocks = this.#grid.blocks(level);
    const sums = emptyLevel(blocks);
    for (let block = 0; block < below.windows.length; block++) {
      const parent = this.#grid.parent(block);
      sums.windows[parent] += below.windows[block];
      sums.cached[parent] += below.cached[block];
      sums.worst[parent] = Math.max(sums.worst[parent], below.worst[block]);
    }
    return sums;
  }
}

const emptyLevel = (blocks: number): Level => ({
  windows: new Uint32Array(blocks),
  cached: new Uint32Array(blocks),
  worst: new Uint8Array(blocks),
});

function lowestLevel({ codes }: WindowStates): Level {
  const marks = Array.from({ length: WINDOW_CODES }, (_, code) => markOfCode(code));
  const cachedOf = marks.map(({ form }) => (form === 'cached' ? 1 : 0));
  const worstOf = marks.map(({ exposure }) => BADNESS.indexOf(exposure));
  const level = emptyLevel(codes.length);
  level.windows.fill(1);
  for (let window = 0; window < codes.length; window++) {
    level.cached[window] = cachedOf[codes[window]];
    level.worst[window] = worstOf[codes[window]];
  }
  return level;
}
