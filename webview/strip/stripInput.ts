import { batch, signal } from '@preact/signals';
import type { MapSide } from '../state/mapSide.js';
import type { StripView } from './stripView.js';
import { hostCluster } from '../../src/core/units.js';

const LINE_HEIGHT = 16;
/** CSS pixels of wheel that go on by all that is in view. */
const WHEEL_VIEW = 400;
/** No step is longer than this part of the whole. */
const LONGEST_STEP = 1 / 16;

/** What one can do with the strip: go to a place in the picture, and on from there. */
export class StripInput {
  readonly #side: MapSide;
  readonly #view: StripView;
  /** Where the user went, and what has been in view since then. */
  readonly #goal = signal<{ readonly cluster: number; readonly sight: unknown } | undefined>(
    undefined,
  );

  constructor(side: MapSide, view: StripView) {
    this.#side = side;
    this.#view = view;
  }

  /**
   * The cluster that counts as where the map is: the one that the user went to, or else half of
   * what is in view lies before it.
   */
  get position(): number {
    const goal = this.#goal.value;
    if (goal && goal.sight === this.#side.sight.value) return goal.cluster;
    let left = this.inView / 2;
    for (const { first, end } of this.#view.inView.value) {
      if (left < end - first) return Math.floor(first + left);
      left -= end - first;
    }
    return 0;
  }

  /** Clusters in view. */
  get inView(): number {
    return this.#view.inView.value.reduce((sum, { first, end }) => sum + end - first, 0);
  }

  goTo(cluster: number): void {
    const clusters = this.#side.clusters.value;
    if (clusters === 0) return;
    const goal = hostCluster(Math.min(Math.max(0, Math.round(cluster)), clusters - 1));
    batch(() => {
      this.#side.map?.lookAt(goal);
      this.#goal.value = { cluster: goal, sight: this.#side.sight.value };
    });
  }

  wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE;
    this.#goOn((lines ? event.deltaY * LINE_HEIGHT : event.deltaY) / WHEEL_VIEW);
  }

  /** False when the strip has no use for the key. */
  key({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    if (ctrlKey || metaKey || altKey) return false;
    switch (key) {
      case 'ArrowUp':
      case 'ArrowLeft':
        this.#goOn(-1 / 8);
        return true;
      case 'ArrowDown':
      case 'ArrowRight':
        this.#goOn(1 / 8);
        return true;
      case 'PageUp':
        this.#goOn(-1);
        return true;
      case 'PageDown':
        this.#goOn(1);
        return true;
      case 'Home':
        this.goTo(0);
        return true;
      case 'End':
        this.goTo(Infinity);
        return true;
      default:
        return false;
    }
  }

  /** On along the strip by so many times what is in view. */
  #goOn(views: number): void {
    const clusters = this.#side.clusters.value;
    const step = views * Math.min(this.inView, clusters * LONGEST_STEP);
    const least = Math.sign(views);
    this.goTo(this.position + (Math.abs(step) < 1 ? least : step));
  }
}
