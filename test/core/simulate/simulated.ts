import { TEMPLATES } from '../../../src/core/overlap/types.js';
import type { MappableImage } from '../../../src/core/qcow2/image.js';
import type { Difference } from '../../../src/core/simulate/verdict/difference.js';
import { parseSimulatedOperation } from '../../../src/core/simulate/copy/operation.js';
import type { Outcome } from '../../../src/core/simulate/copy/outcome.js';
import { Simulation } from '../../../src/core/simulate/verdict/simulation.js';
import type { SimulationSettings } from '../../../src/core/simulate/driver/settings.js';
import { inflate } from '../../../src/node/compression.js';
import { ImageBuilder, type ImageOptions } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { type Poke, poke, poked } from '../../images/pokes.js';
import { openedMappable } from '../opened.js';

export const CLUSTER = 65536;
export const COPIED = 1n << 63n;

/** 64 MiB: header, refcount table, refcount block, L1 table in clusters 0 to 3. */
export const FRESH: ImageOptions = { virtualSize: 64 * 2 ** 20 };

export const SETTINGS: SimulationSettings = {
  guarded: TEMPLATES.cached,
  engine: { type: 'today' },
  cache: 'writethrough',
  sizes: {},
  discardNoUnref: false,
  surroundings: { allocatedBytes: undefined, inflate },
};

/** What came of a list of operations. */
export interface Simulated {
  readonly simulation: Simulation;
  readonly outcomes: readonly Outcome[];
  /** `done`, or the error or the reason, of each. */
  readonly endings: readonly string[];
  readonly messages: readonly string[];
  readonly difference: Difference;
}

/** An image made by `build`, with `pokes` over it. */
export function image(
  options: ImageOptions,
  build: (builder: ImageBuilder) => void = () => undefined,
  pokes: readonly Poke[] = [],
): MappableImage {
  const builder = new ImageBuilder(options);
  build(builder);
  return openedMappable(poked(layOut(builder), pokes));
}

/** Runs operations, one a line. */
export function simulate(
  of: MappableImage,
  operations: string,
  settings: Partial<SimulationSettings> = {},
): Simulated {
  const simulation = Simulation.open(of, { ...SETTINGS, ...settings });
  if (!simulation.opened.ok) throw new Error(simulation.opened.message);
  const outcomes = operations
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const parsed = parseSimulatedOperation(line);
      if (!parsed.ok) throw new Error(parsed.message);
      return simulation.run(parsed.value);
    });
  return {
    simulation,
    outcomes,
    endings: outcomes.map(({ ending }) =>
      ending.state === 'done' ? 'done' : ending.state === 'failed' ? ending.error : ending.reason,
    ),
    messages: outcomes.flatMap((outcome) => outcome.messages),
    difference: simulation.difference(),
  };
}

/** The changed file as an image of its own. */
export function reopened({ simulation }: Simulated): MappableImage {
  const bytes = new Uint8Array(simulation.overlay.size);
  simulation.overlay.readInto(bytes, 0);
  return openedMappable({ size: bytes.length, pieces: [{ offset: 0, bytes }] });
}

/** New value of each changed L2 entry, by guest cluster. */
export const newEntries = ({ difference }: Simulated): Record<number, string> =>
  Object.fromEntries(difference.l2.map(({ guestCluster, new: now }) => [guestCluster, now]));

/** New value of each changed refcount, by host cluster. */
export const newRefcounts = ({ difference }: Simulated): Record<number, string> =>
  Object.fromEntries(difference.refcounts.map(({ cluster, new: now }) => [cluster, now]));

/** A 16-bit refcount of the first block of a fresh image. */
export const refcountPoke = (cluster: number, value: number): Poke =>
  poke(2 * CLUSTER + cluster * 2, value, 2);

/** The message with which a write is stopped. */
export const markedCorrupt = (message: string): string =>
  `qcow2: Marking image as corrupt: ${message}; further corruption events will be suppressed`;

export const overlaps = (table: string): string =>
  markedCorrupt(`Preventing invalid write on metadata (overlaps with ${table})`);
