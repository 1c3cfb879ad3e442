import type { ClusterMap } from '../../map/clusterMap.js';
import type { MappableImage } from '../../qcow2/image.js';
import { fateNumber } from '../copy/fate.js';
import { Simulation } from './simulation.js';
import type { SimulationSettings } from '../driver/settings.js';
import type { Kind } from '../../map/kinds.js';
import { fateOf, type Verdict, verdictOn } from './verdict.js';
import {
  bytes,
  clusterOf,
  type GuestCluster,
  type HostCluster,
  type HostOffset,
  offsetOf,
} from '../../units.js';

/** What becomes of one write to an untouched image. */
export interface Judgement {
  /** See fateNumber. */
  readonly fate: number;
  /** Host clusters that it takes, [from, to). */
  readonly taken: readonly { readonly from: number; readonly to: number }[];
  readonly cause: FateCause | undefined;
}

/** What makes a write end badly: the first place that it spoils, or why it ends. */
export type FateCause =
  | {
      readonly type: 'place';
      readonly cluster: HostCluster;
      readonly offset: HostOffset;
      readonly kinds: readonly Kind[];
      /** QEMU hands the cluster out as a free one: every write that needs one gets it. */
      readonly handedOut: boolean;
    }
  | { readonly type: 'message'; readonly message: string };

/** Simulates the write of one whole guest cluster to an image as it is just after opening. */
export class ClusterJudge {
  readonly #image: MappableImage;
  readonly #settings: SimulationSettings;

  constructor(image: MappableImage, map: ClusterMap, settings: SimulationSettings) {
    this.#image = image;
    this.#settings = { ...settings, map };
  }

  judge(cluster: GuestCluster): Judgement {
    const { geometry } = this.#image;
    const { clusterSize, virtualSize } = geometry;
    const simulation = Simulation.open(this.#image, this.#settings);
    const offset = offsetOf(cluster, geometry);
    const length = bytes(Math.min(clusterSize, Number(virtualSize) - offset));
    const outcome = simulation.run({ type: 'write', offset, length });
    const taken = outcome.steps.flatMap((step) => {
      if (step.type !== 'allocate') return [];
      const from = step.offset / clusterSize;
      return [{ from, to: from + step.clusters }];
    });
    const verdict = verdictOn([outcome], 0);
    return { fate: fateNumber(fateOf(verdict)), taken, cause: this.#causeOf(verdict, taken) };
  }

  #causeOf(verdict: Verdict, taken: Judgement['taken']): FateCause | undefined {
    const place = (verdict.destroyed ?? verdict.overwritten)?.places.at(0);
    if (verdict.type === 'aborts' || verdict.type === 'unpredictable')
      return { type: 'message', message: verdict.reason };
    if (place) {
      const { offset, kinds } = place;
      const cluster = clusterOf(offset, this.#image.geometry);
      const handedOut = taken.some(({ from, to }) => from <= cluster && cluster < to);
      return { type: 'place', cluster, offset, kinds, handedOut };
    }
    if (verdict.type === 'stopped' || verdict.type === 'corrupt')
      return { type: 'message', message: verdict.message };
    return verdict.type === 'failed' ? { type: 'message', message: verdict.error } : undefined;
  }
}
