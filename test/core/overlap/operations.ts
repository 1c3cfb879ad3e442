import fc from 'fast-check';
import type { Operation } from '../../../src/core/overlap/operation.js';

export const CLUSTER_BITS = 9;
export const CLUSTER = 2 ** CLUSTER_BITS;
export const WINDOW = 4096;

/** Sets of types that the structures know; a few distinct ones, so that neighbours often merge. */
const types = fc.constantFrom(1, 2, 4, 16, 20, 128);

/**
 * Operations on the first `windows` windows and somewhat behind: single ones, and combs and fills
 * that make lists of hundreds of fragments grow and shrink.
 */
export function operations(windows: number): fc.Arbitrary<Operation[]> {
  const cluster = fc.integer({ min: 0, max: windows * WINDOW + WINDOW / 2 });
  const offset = fc
    .tuple(cluster, fc.constantFrom(0, 0, 0, 0, 100))
    .map(([at, off]) => at * CLUSTER + off);
  const change = fc.record({
    type: fc.constantFrom('enter' as const, 'remove' as const),
    offset,
    clusters: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 5 }) },
      fc.integer({ min: 200, max: 5000 }),
    ),
    types,
  });
  const check = fc.record({
    type: fc.constant('check' as const),
    ignore: fc.constantFrom(0, 4, 255),
    offset: fc.integer({ min: 0, max: (windows + 1) * WINDOW * CLUSTER }),
    size: fc.constantFrom(0, 1, CLUSTER, 3 * CLUSTER, 40 * CLUSTER),
  });
  const comb = fc
    .record({
      cluster,
      teeth: fc.integer({ min: 5, max: 900 }),
      step: fc.integer({ min: 2, max: 4 }),
      types,
    })
    .map(({ cluster: first, teeth, step, types: set }) =>
      Array.from({ length: teeth }, (_, i): Operation => ({
        type: 'enter',
        offset: (first + i * step) * CLUSTER,
        clusters: 1,
        types: set,
      })),
    );
  // Uses every window once, so that a small cache turns all others into fragments.
  const visit = fc.constant(
    Array.from({ length: windows }, (_, i): Operation => ({
      type: 'check',
      ignore: 0,
      offset: i * WINDOW * CLUSTER,
      size: 1,
    })),
  );
  const wipe = fc
    .record({
      type: fc.constantFrom('enter' as const, 'remove' as const),
      window: fc.integer({ min: 0, max: windows - 1 }),
      types,
    })
    .map(({ type, window, types: set }): Operation[] => [
      {
        type,
        offset: window * WINDOW * CLUSTER,
        clusters: WINDOW,
        types: type === 'enter' ? set : 255,
      },
    ]);
  const one = fc.oneof(change, check).map((operation): Operation[] => [operation]);
  return fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: one },
        { weight: 1, arbitrary: comb },
        { weight: 1, arbitrary: visit },
        { weight: 1, arbitrary: wipe },
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.flat());
}
