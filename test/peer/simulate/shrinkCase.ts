import { shrink } from '../shrink.js';
import type { Opening, SimulationCase } from './simulationCase.js';

/**
 * A smaller case for which `fails` still holds: with fewer operations, options and pokes, in the
 * default cache mode.
 */
export async function shrinkCase(
  simulation: SimulationCase,
  fails: (candidate: SimulationCase) => boolean,
): Promise<SimulationCase> {
  let smallest = simulation;
  const attempt = (candidate: SimulationCase): boolean => {
    if (!fails(candidate)) return false;
    smallest = candidate;
    return true;
  };
  const shorten = (): void => {
    const { operations } = smallest;
    for (let at = operations.length - 1; at >= 0; at--) {
      const kept = smallest.operations.filter((_, index) => index !== at);
      attempt({ ...smallest, operations: kept });
    }
  };
  shorten();
  const inMode = (opening: Opening): SimulationCase => ({ ...smallest, opening });
  for (let at = smallest.opening.options.length - 1; at >= 0; at--) {
    const { cache, options } = smallest.opening;
    attempt(inMode({ cache, options: options.filter((_, index) => index !== at) }));
  }
  attempt(inMode({ ...smallest.opening, cache: 'writethrough' }));
  const damage = await shrink(smallest.damage, (candidate) =>
    Promise.resolve(fails({ ...smallest, damage: candidate })),
  );
  attempt({ ...smallest, damage });
  smallest.operations.forEach((line, index) => {
    for (const simpler of simplerLines(line)) {
      const operations = smallest.operations.map((other, at) => (at === index ? simpler : other));
      if (attempt({ ...smallest, operations })) break;
    }
  });
  shorten();
  return smallest;
}

/** The same operation with a shorter or rounder length, the shortest first. */
function simplerLines(line: string): string[] {
  const [name, offset, length, flag] = line.split(' ');
  if (length === undefined) return [];
  const bytes = Number(length);
  const lengths = [1, 512, 2 ** Math.floor(Math.log2(bytes)), bytes - (bytes % 512)];
  return lengths
    .filter((shorter) => shorter < bytes && shorter > 0)
    .map((shorter) => [name, offset, shorter, ...(flag === undefined ? [] : [flag])].join(' '));
}
