import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SLAB } from '../../../src/core/map/clusterMap.js';
import { ScatteredVisits } from '../../../src/core/inspect/slabVisits.js';

const CLUSTERS = 5 * SLAB + 77;

it('makes every visit once, slab by slab', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(CLUSTERS - 1)), (clusters) => {
      const made: (readonly [number, number])[] = [];
      const visits = new ScatteredVisits(CLUSTERS, (cluster, payload) => {
        made.push([cluster, payload]);
      });
      clusters.forEach((cluster, i) => {
        visits.add(cluster, i);
      });
      expect(made).toEqual([]);
      visits.flush();
      const slabs = made.map(([cluster]) => Math.floor(cluster / SLAB));
      expect(slabs).toEqual([...slabs].sort((a, b) => a - b));
      expect(made.sort(([, a], [, b]) => a - b)).toEqual(
        clusters.map((cluster, i) => [cluster, i]),
      );
      visits.flush();
      expect(made).toHaveLength(clusters.length);
    }),
  );
});

it('does not put any number of them aside', () => {
  let made = 0;
  const visits = new ScatteredVisits(CLUSTERS, () => made++);
  for (let i = 0; i < 2 ** 20; i++) visits.add((i * 12_345) % CLUSTERS, i);
  expect(made).toBeGreaterThan(2 ** 19);
});
