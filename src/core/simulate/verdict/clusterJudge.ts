import type { ClusterMap } from '../../map/clusterMap.js';
import type { MappableImage } from '../../qcow2/image.js';
import { fateNumber } from '../copy/fate.js';
import { Simulation } from './simulation.js';
import type { SimulationSettings } from '../driver/settings.js';
import { fateOf, verdictOn } from './verdict.js';
import { bytes, type GuestCluster, offsetOf } from '../../units.js';

/** What becomes of one write to an untouched image. */
export interface Judgement {
  /** See fateNumber. */
  readonly fate: number;
  /** Host clusters that it takes, [from, to). */
  readonly taken: readonly { readonly from: number; readonly to: number }[];
}

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
    const simulation = new Simulation(this.#image, this.#settings);
    const offset = offsetOf(cluster, geometry);
    const length = bytes(Math.min(clusterSize, Number(virtualSize) - offset));
    const outcome = simulation.run({ type: 'write', offset, length });
    const taken = outcome.steps.flatMap((step) => {
      if (step.type !== 'allocate') return [];
      const from = step.offset / clusterSize;
      return [{ from, to: from + step.clusters }];
    });
    return { fate: fateNumber(fateOf(verdictOn([outcome], 0))), taken };
  }
}
