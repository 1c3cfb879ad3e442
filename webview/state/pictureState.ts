import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { LAYERS, type Layer, type Picture } from '../../src/core/picture/layer.js';
import type { GeometryFacts } from '../../src/core/qcow2/facts.js';
import type { LayerAnswer } from '../../src/protocol/imageService.js';
import { Poll } from './poll.js';

/** Milliseconds between two questions about a picture that is being computed. */
const PATIENCE = 80;

const FIRST_PICTURE: Picture = { view: 'host', layer: 'kinds' };

export const samePicture = (a: Picture, b: Picture): boolean =>
  a.view === b.view && a.layer === b.layer;

/** Which picture the user has chosen, and which is shown until that one is there. */
export class PictureState {
  readonly chosen: Signal<Picture>;
  readonly shown: Signal<Picture>;
  /** What is known of the picture shown. */
  readonly known = signal<Extract<LayerAnswer, { state: 'ready' }> | undefined>(undefined);
  /** Part done of the picture chosen, while it is being computed. */
  readonly computing = signal<number | undefined>(undefined);
  /** Why the picture chosen cannot be had. */
  readonly failure = signal<string | undefined>(undefined);
  /** Layers that somebody has made something to see in. */
  readonly filled = signal<ReadonlySet<Layer>>(new Set());
  /** How far the image has been read: pictures that need all of it come after that. */
  readonly stage = signal<'closed' | 'open' | 'scanned'>('closed');
  /** Names of the snapshots or bitmaps in the picture shown. */
  readonly names: ReadonlySignal<readonly string[]> = computed(() => this.known.value?.names ?? []);
  readonly #ask: (picture: Picture) => Promise<LayerAnswer>;
  readonly #first: Picture;
  readonly #poll = new Poll();

  /** `first`: what is shown until there is anything else. */
  constructor(
    ask: (picture: Picture) => Promise<LayerAnswer>,
    chosen: Picture,
    first = FIRST_PICTURE,
  ) {
    this.#ask = ask;
    this.#first = first;
    this.shown = signal(first);
    this.chosen = signal(chosen);
    effect(() => {
      const picture = this.chosen.value;
      const stage = this.stage.value;
      if (stage !== 'closed') void this.#follow(picture, stage === 'scanned');
    });
  }

  /** Another image, or the same read anew. */
  reset(open: boolean): void {
    this.#poll.drop();
    this.known.value = undefined;
    this.failure.value = undefined;
    this.filled.value = new Set();
    this.shown.value = this.#first;
    this.stage.value = 'closed';
    if (open) this.stage.value = 'open';
  }

  choose(picture: Partial<Picture>): void {
    this.chosen.value = { ...this.chosen.value, ...picture };
  }

  /** There is something else to see in a layer than before. */
  changed(layer: Layer): void {
    if (!this.filled.peek().has(layer)) this.filled.value = new Set([...this.filled.peek(), layer]);
    if (this.chosen.peek().layer === layer) this.refresh();
  }

  /** Asks anew about the picture chosen: something that it shows has changed. */
  refresh(): void {
    const stage = this.stage.peek();
    if (stage !== 'closed') void this.#follow(this.chosen.peek(), stage === 'scanned');
  }

  /** `counted`: the clusters of each value are worth waiting for. */
  async #follow(picture: Picture, counted: boolean): Promise<void> {
    this.failure.value = undefined;
    const fail = (message: string): void => {
      this.computing.value = undefined;
      this.failure.value = message;
    };
    await this.#poll.run(
      (turn) =>
        turn.until(
          () => this.#ask(picture),
          (answer) => {
            switch (answer.state) {
              case 'computing':
                this.computing.value = answer.done;
                return false;
              case 'failed':
                fail(answer.message);
                return true;
              case 'ready':
                this.computing.value = undefined;
                this.known.value = answer;
                if (!samePicture(this.shown.value, picture)) this.shown.value = picture;
                return answer.counts !== undefined || !counted;
            }
          },
          PATIENCE,
        ),
      fail,
    );
  }
}

/** Layers that are empty until somebody has something computed. */
const MADE: readonly Layer[] = [
  'simulation',
  'repairLeaks',
  'repairAll',
  'afterLeaks',
  'afterAll',
  'heat',
  'windowHeat',
];

/** Layers that there is something to see in, and the one that is chosen. */
export function layersWorthSeeing(
  geometry: GeometryFacts | undefined,
  { chosen, filled }: PictureState,
): readonly Layer[] {
  const isEmpty: Partial<Record<Layer, boolean>> = {
    snapshots: (geometry?.snapshots ?? 0) === 0,
    bitmaps: (geometry?.bitmaps ?? 0) === 0,
  };
  for (const layer of MADE) isEmpty[layer] = !filled.value.has(layer);
  return LAYERS.filter((layer) => isEmpty[layer] !== true || chosen.value.layer === layer);
}
