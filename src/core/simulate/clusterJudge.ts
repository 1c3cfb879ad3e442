import type { ClusterMap } from '../layout/clusterMap.js';
import { BIT } from '../layout/kinds.js';
import type { LaidOutImage } from '../qcow2/image.js';
import { type Fate, fateNumber } from './fate.js';
import { harmsOf } from './harm.js';
import type { Outcome } from './outcome.js';
import { Simulation, type SimulationSettings } from './simulation.js';

const GUEST_DATA = BIT.data | BIT.compressed;

/** What becomes of one write to an untouched image. */
export interface Judgement {
  /** See fateNumber. */
  readonly fate: number;
  /** Host clusters that it takes, [from, to). */
  readonly taken: readonly { readonly from: number; readonly to: number }[];
}

/** Simulates the write of one whole guest cluster to an image as it is just after opening. */
export class ClusterJudge {
  readonly #image: LaidOutImage;
  readonly #map: ClusterMap;
  readonly #settings: SimulationSettings;

  constructor(image: LaidOutImage, map: ClusterMap, settings: SimulationSettings) {
    this.#image = image;
    this.#map = map;
    this.#settings = settings;
  }

  judge(guestCluster: number): Judgement {
    const { clusterSize, virtualSize } = this.#image.layout;
    const simulation = new Simulation(this.#image, this.#settings);
    const offset = guestCluster * clusterSize;
    const length = Math.min(clusterSize, Number(virtualSize) - offset);
    const outcome = simulation.run({ type: 'write', offset, length });
    const taken = outcome.steps.flatMap((step) => {
      if (step.type !== 'allocate') return [];
      const from = step.offset / clusterSize;
      return [{ from, to: from + step.clusters }];
    });
    return { fate: fateNumber(this.#fate(outcome)), taken };
  }

  #fate({ ending, corruption, steps }: Outcome): Fate {
    switch (ending.state) {
      case 'aborted':
        return 'aborts';
      case 'unpredictable':
        return 'unpredictable';
      case 'done':
      case 'failed': {
        const harms = harmsOf(steps, this.#map, this.#image.layout.clusterSize);
        let kinds = 0;
        for (const harm of harms) kinds |= harm.kinds;
        if ((kinds & ~GUEST_DATA) !== 0) return 'destroys';
        if (kinds !== 0) return 'overwrites';
        if (corruption?.fatal) return 'stopped';
        return ending.state === 'done' ? 'safe' : 'failed';
      }
    }
  }
}
