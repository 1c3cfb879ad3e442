import { holdings, type Picture } from '../core/picture/layer.js';
import type { PictureSource } from '../core/picture/source.js';
import type { Machine } from './machine.js';
import { PictureTiles } from './pictureTiles.js';
import { messageOf } from '../core/text.js';

/** Work that can be interrupted after each step. Yields the part done. */
export type Steps<Result> = Generator<number, Result>;

/** One picture that somebody has asked for. */
export class PictureSlot {
  readonly picture: Picture;
  generation: number;
  /** Why it cannot be had. */
  failure: string | undefined;
  source: PictureSource | undefined;
  tiles: PictureTiles | undefined;
  /** Clusters by value, once they have been counted. */
  counts: readonly number[] | undefined;
  /** What is left to do; undefined when all is done, or has not begun. */
  steps: Steps<void> | undefined;
  /** Part of it done. */
  done = 0;
  /** It was there, and its memory was wanted for others. */
  isEvicted = false;

  constructor(picture: Picture, generation: number, failure: string | undefined) {
    this.picture = picture;
    this.generation = generation;
    this.failure = failure;
  }

  show(source: PictureSource, deflate: Machine['deflate']): void {
    this.source = source;
    this.tiles = new PictureTiles(source, holdings(this.picture), deflate);
    this.isEvicted = false;
  }

  /** Gives back its memory. */
  forget(): void {
    this.source = this.tiles = this.counts = this.steps = undefined;
    this.done = 0;
  }

  /** The next step of what is left to do. What goes wrong is the failure of the picture. */
  advance(): void {
    if (!this.steps) return;
    try {
      const step = this.steps.next();
      if (step.done) this.steps = undefined;
      else this.done = step.value;
    } catch (error) {
      this.failure = messageOf(error);
      this.steps = undefined;
    }
  }
}
