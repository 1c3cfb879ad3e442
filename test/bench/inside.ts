import { Inspection } from '../../src/core/inspect/inspection.js';
import { scan } from '../../src/core/check/scan.js';
import { isMappable, openImage } from '../../src/core/qcow2/image.js';
import { TEMPLATES } from '../../src/core/overlap/types.js';
import type { SimulationSettings } from '../../src/core/simulate/driver/settings.js';
import { sweep } from '../../src/core/simulate/verdict/sweep.js';
import { FileSource } from '../../src/node/fileSource.js';
import { hostCluster } from '../../src/core/units.js';

const SETTINGS: SimulationSettings = {
  guarded: TEMPLATES.cached,
  engine: { type: 'today' },
  cache: 'writethrough',
  sizes: {},
  discardNoUnref: false,
  surroundings: { allocatedBytes: undefined, inflate: undefined },
};

const CLUSTERS_ASKED = 24;

/** Milliseconds. */
export interface InsideNumbers {
  readonly scan: number;
  readonly longestStep: number;
  readonly owners: number;
  /** A write of every guest cluster, for the conflict map. */
  readonly sweep: number;
}

/** What a scan and a click cost inside a process that runs already. */
export function insideNumbers(path: string): InsideNumbers {
  const source = FileSource.open(path);
  const image = openImage(source);
  if (!isMappable(image)) throw new Error(`${path} has no geometry`);
  const steps = scan(image);
  const start = performance.now();
  let longestStep = 0;
  for (let before = start; ;) {
    const step = steps.next();
    const now = performance.now();
    longestStep = Math.max(longestStep, now - before);
    before = now;
    if (!step.done) continue;
    const inspection = new Inspection(step.value);
    let owners = 0;
    for (let asked = 0; asked < CLUSTERS_ASKED; asked++) {
      const cluster = Math.floor((image.geometry.hostClusters * (asked + 0.5)) / CLUSTERS_ASKED);
      const asking = performance.now();
      inspection.cluster(hostCluster(cluster));
      owners = Math.max(owners, performance.now() - asking);
    }
    const sweeping = performance.now();
    const sweeps = sweep(image, step.value.map, SETTINGS, new Uint8Array(32));
    while (!sweeps.next().done);
    const swept = performance.now() - sweeping;
    source.close();
    return { scan: now - start, longestStep, owners, sweep: swept };
  }
}
