import type { ClusterMap } from '../../map/clusterMap.js';
import type { Surroundings } from '../copy/surroundings.js';
import type { CacheSizes } from '../copy/cacheSlots.js';
import type { Watch } from '../guard/guard.js';
import type { Checking } from '../guard/judge.js';

/** How the image is opened, and what is known around it. */
export interface SimulationSettings extends Checking {
  /** Whether a successful write is followed by a flush, as it is with qemu-io. */
  readonly cache: 'writethrough' | 'writeback';
  readonly sizes: CacheSizes;
  /** QEMU's `discard-no-unref`: what is discarded keeps its host cluster. */
  readonly discardNoUnref: boolean;
  readonly surroundings: Surroundings;
  /** Of the untouched image: who claims what. Without it only the guarded tables count as lost. */
  readonly map?: ClusterMap | undefined;
  readonly watch?: Watch | undefined;
}
