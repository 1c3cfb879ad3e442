import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClusterRuns } from '../../../../src/core/check/causes/clusterRuns.js';
import { Marks } from '../../../../src/core/check/causes/marks.js';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut } from '../../../images/layOut.js';
import { scanned } from '../../opened.js';

const scan = scanned(layOut(new ImageBuilder({ virtualSize: 2 ** 30 }).write(0, 4000)));
const { clusters } = scan.map;

const stretch = fc
  .record({ from: fc.nat(clusters - 1), length: fc.integer({ min: 1, max: 2000 }) })
  .map(({ from, length }) => ({ from, to: Math.min(from + length, clusters) }));
const marked = fc.array(fc.record({ stretch, suspect: fc.integer({ min: 1, max: 2 }) }), {
  maxLength: 8,
});

function runsOf({ from, to }: { from: number; to: number }): ClusterRuns {
  const runs = new ClusterRuns();
  for (let cluster = from; cluster < to; cluster++) runs.add(cluster);
  return runs;
}

test('a stretch that is told to be marked alike is, and what is not marked is told of none', () => {
  let told = 0;
  fc.assert(
    fc.property(marked, fc.array(stretch, { minLength: 1, maxLength: 8 }), (marks, asked) => {
      const made = new Marks(scan);
      for (const mark of marks) made.add(runsOf(mark.stretch), mark.suspect);
      for (const { from, to } of asked) {
        const all = new Set(Array.from({ length: to - from }, (_, at) => made.of(from + at)));
        const answer = made.everywhere(from, to - 1);
        if (answer === undefined) continue;
        told++;
        expect([...all]).toEqual([answer]);
      }
    }),
  );
  expect(told).toBeGreaterThan(100);
});
