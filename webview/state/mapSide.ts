import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Curve } from '../../src/core/picture/curve.js';
import type { Layer } from '../../src/core/picture/layer.js';
import type { Rectangle } from '../../src/core/picture/stretch.js';
import { maskOfValue } from '../../src/core/picture/tile.js';
import type { HoverPoint } from './hoverPlace.js';
import type { InView, Isolation } from './inView.js';
import type { MapCommands } from './mapCommands.js';
import { PictureState } from './pictureState.js';
import type { Rpc } from './rpc.js';
import type { KeptCamera } from './viewState.js';

/** What one sees of a picture. */
export interface Seen {
  readonly curve: Curve;
  readonly area: Rectangle;
}

/** What one map shows, and what is seen of it. */
export interface MapSide {
  readonly pictures: PictureState;
  /** Clusters of the picture shown. */
  readonly clusters: ReadonlySignal<number>;
  /** Counts up as the picture shown changes. */
  readonly tileGeneration: ReadonlySignal<number>;
  /** The curve of the picture shown, and the part of its plane that is in view, in cells. */
  readonly sight: Signal<Seen | undefined>;
  readonly camera: Signal<KeptCamera | undefined>;
  readonly zoom: Signal<number>;
  /** Whether cells are wide enough to carry the letters of their kinds. */
  readonly lettered: Signal<boolean>;
  /** Mask of the values of the subclusters that are drawn (see core/picture/tile.ts). */
  readonly subclusters: Signal<number>;
  /** What can be seen of the map, unless all can. */
  readonly inView: Signal<InView | undefined>;
  readonly pointed: Signal<HoverPoint | undefined>;
  /** The value that is shown alone. */
  readonly isolated: Signal<number | undefined>;
  readonly isolation: ReadonlySignal<Isolation | undefined>;
  map: MapCommands | undefined;
}

export const isolationOf = (value: number | undefined): Isolation | undefined =>
  value === undefined ? undefined : { mask: maskOfValue(value), dominant: value };

/** The map of the guest's disk beside that of the file. */
export class GuestSide implements MapSide {
  readonly pictures: PictureState;
  readonly clusters: ReadonlySignal<number>;
  readonly tileGeneration = computed(() => this.pictures.known.value?.generation ?? 0);
  readonly sight = signal<Seen | undefined>(undefined);
  readonly camera = signal<KeptCamera | undefined>(undefined);
  readonly zoom = signal(1);
  readonly lettered = signal(false);
  readonly subclusters = signal(0);
  readonly inView = signal<InView | undefined>(undefined);
  readonly pointed = signal<HoverPoint | undefined>(undefined);
  readonly isolated = signal<number | undefined>(undefined);
  readonly isolation = computed(() => isolationOf(this.isolated.value));
  map: MapCommands | undefined;

  constructor(rpc: Rpc, clusters: () => number) {
    const first = { view: 'guest', layer: 'kinds' } as const;
    this.pictures = new PictureState((picture) => rpc.ask('layer', picture), first, first);
    this.clusters = computed(clusters);
  }

  /** Shows the layer that the other map shows, as far as the image has been read; undefined: nothing. */
  follow(layer: Layer, stage: 'closed' | 'open' | 'scanned'): void {
    const { chosen } = this.pictures;
    if (chosen.peek().layer !== layer) this.pictures.choose({ layer });
    if (stage === 'closed') this.pictures.reset(false);
    else this.pictures.stage.value = stage;
  }
}
