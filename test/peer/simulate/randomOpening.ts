import { GUARDED_TYPES } from '../../../src/core/overlap/types.js';
import type { Random } from '../../images/random.js';
import { isAtLeast } from '../qemuVersion.js';
import type { Opening } from './simulationCase.js';

const TEMPLATES = ['all', 'all', 'all', 'constant', 'constant', 'cached', 'none', 'none'] as const;

const DISCARD_NO_UNREF = ['discard-no-unref', 'on'] as const;

/** QEMU has had the option since 8.1; compressed clusters and zeroed ones are as here since 10.0. */
export const knowsDiscardNoUnref = (): boolean => isAtLeast(10, 0);

export const setsDiscardNoUnref = ({ options }: Opening): boolean =>
  options.some(([name]) => name === DISCARD_NO_UNREF[0]);

/** A cache mode, guarded types and cache sizes; QEMU refuses some of the sizes. */
export function randomOpening(random: Random, clusterSize: number): Opening {
  const options: (readonly [string, string])[] = [];
  if (random.chance(0.6)) options.push(['overlap-check.template', random.pick(TEMPLATES)]);
  if (random.chance(0.25)) {
    const first = random.below(GUARDED_TYPES.length);
    for (const type of GUARDED_TYPES.slice(first, first + random.between(1, 2))) {
      options.push([`overlap-check.${type}`, random.chance(0.6) ? 'on' : 'off']);
    }
  }
  if (random.chance(0.4)) options.push(...cacheSizes(random, clusterSize));
  const cache = random.chance(0.55) ? 'writethrough' : 'writeback';
  if (knowsDiscardNoUnref() && random.chance(0.25)) options.push(DISCARD_NO_UNREF);
  return { options, cache };
}

function cacheSizes(random: Random, clusterSize: number): [string, string][] {
  const options: [string, string][] = [];
  const size = (name: string, bytes: number): void => {
    options.push([name, String(bytes)]);
  };
  const entry = 2 ** random.between(9, Math.log2(clusterSize));
  if (random.chance(0.6)) size('l2-cache-entry-size', random.chance(0.03) ? entry + 512 : entry);
  if (random.chance(0.6)) size('l2-cache-size', random.between(1, 6) * random.pick([512, entry]));
  if (random.chance(0.3)) size('refcount-cache-size', random.between(1, 8) * clusterSize);
  if (random.chance(0.2)) size('cache-size', random.between(1, 16) * clusterSize);
  return options;
}
