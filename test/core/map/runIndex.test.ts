import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINDS_SHIFT } from '../../../src/core/map/cell.js';
import { CHUNK, ClusterMap } from '../../../src/core/map/clusterMap.js';
import { BIT } from '../../../src/core/map/kinds.js';
import { RunIndex, type RunStart } from '../../../src/core/map/runIndex.js';
import {
  type BesideMap,
  matcher,
  NOTHING_BESIDE,
  searchRule,
  type SearchTarget,
} from '../../../src/core/inspect/search.js';

const cellOf = (kinds: number, references: number, stored: number): number =>
  ((kinds << KINDS_SHIFT) | (references << 8) | stored) >>> 0;

const CELLS = [
  0,
  cellOf(BIT.data, 1, 1),
  cellOf(BIT.data, 2, 2),
  cellOf(BIT.activeL2, 1, 1),
  cellOf(BIT.data | BIT.activeL2, 2, 1),
  cellOf(BIT.data, 1, 0),
  cellOf(0, 0, 1),
  cellOf(BIT.data, 255, 255),
];

const TARGETS: readonly SearchTarget[] = [
  { type: 'kind', kind: 'data' },
  { type: 'kind', kind: 'active-l2' },
  { type: 'kind', kind: 'unallocated' },
  { type: 'kind', kind: 'vm-state' },
  { type: 'claimed-twice' },
  { type: 'leak' },
  { type: 'too-low' },
  { type: 'corruption' },
];

/** Runs of cells, lengths around those of chunks among them. */
const runs = fc.array(
  fc.record({
    cell: fc.constantFrom(...CELLS),
    clusters: fc.oneof(
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom(CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK),
    ),
  }),
  { maxLength: 8 },
);

const beside: BesideMap = {
  surplus: (cluster) => (cluster % 3 === 0 ? -1 : cluster % 3 === 1 ? 0 : 1),
  corrupt: Int32Array.of(2, 700, 701, 702, 1023, 1024, 5000),
};

function mapOf(pieces: readonly { readonly cell: number; readonly clusters: number }[]): {
  map: ClusterMap;
  cells: number[];
} {
  const cells = pieces.flatMap(({ cell, clusters }) => new Array<number>(clusters).fill(cell));
  const map = new ClusterMap(cells.length);
  let at = 0;
  for (const { cell, clusters } of pieces) {
    map.fill(at, at + clusters, cell);
    at += clusters;
  }
  return { map, cells };
}

/** Where runs start by a scan that looks at every cluster. */
function naiveStarts(cells: readonly number[], target: SearchTarget): number[] {
  const matches = matcher(target, beside);
  return cells.flatMap((cell, cluster) =>
    matches(cell, cluster) && (cluster === 0 || !matches(cells[cluster - 1], cluster - 1))
      ? [cluster]
      : [],
  );
}

describe('a search', () => {
  it('finds what a scan of every cluster finds', () => {
    fc.assert(
      fc.property(
        runs,
        fc.constantFrom(...TARGETS),
        fc.array(fc.nat(20_000), { maxLength: 8 }),
        (pieces, target, places) => {
          const { map, cells } = mapOf(pieces);
          const starts = naiveStarts(cells, target);
          const index = new RunIndex(map, searchRule(target, beside));
          const named = (position: number): RunStart | undefined =>
            position >= 0 && position < starts.length
              ? { cluster: starts[position], position }
              : undefined;
          expect(index.total).toBe(starts.length);
          expect([...index.starts(0)]).toEqual(starts);
          for (const cluster of [-1, 0, cells.length, ...places, ...starts]) {
            expect(index.after(cluster)).toEqual(named(starts.findIndex((at) => at > cluster)));
            expect(index.before(cluster)).toEqual(
              named(starts.findLastIndex((at) => at < cluster)),
            );
          }
          const matches = matcher(target, beside);
          for (const start of starts) {
            const end = cells.findIndex((cell, i) => i > start && !matches(cell, i));
            expect(index.length(start)).toBe((end < 0 ? cells.length : end) - start);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('starts anywhere in the list of runs', () => {
    const { map } = mapOf(
      Array.from({ length: 3000 }, (_, i) => ({ cell: CELLS[i % 2], clusters: 1 + (i % 3) })),
    );
    const index = new RunIndex(map, searchRule({ type: 'kind', kind: 'data' }, NOTHING_BESIDE));
    const all = [...index.starts(0)];
    expect(all).toHaveLength(1500);
    for (const position of [0, 1, 340, 341, 342, 1499]) {
      expect(index.at(position).cluster).toBe(all[position]);
      expect([...index.starts(position)]).toEqual(all.slice(position));
    }
    expect([...index.starts(1500)]).toEqual([]);
  });

  it('finds nothing in a file of no clusters', () => {
    const index = new RunIndex(
      new ClusterMap(0),
      searchRule({ type: 'kind', kind: 'unallocated' }, NOTHING_BESIDE),
    );
    expect(index.total).toBe(0);
    expect(index.after(-1)).toBeUndefined();
    expect(index.before(0)).toBeUndefined();
  });
});
