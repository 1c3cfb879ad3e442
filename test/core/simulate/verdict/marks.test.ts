import { expect, test } from 'vitest';
import { BIT } from '../../../../src/core/map/kinds.js';
import { clusterMarks } from '../../../../src/core/simulate/verdict/marks.js';
import type { Step, WriteStep } from '../../../../src/core/simulate/copy/outcome.js';

const write = (offset: number, size: number, more: Partial<WriteStep> = {}): Step => ({
  type: 'write',
  what: 'guest data',
  offset,
  size,
  checked: true,
  ignore: 0,
  conflict: undefined,
  hits: 0,
  losses: [],
  ...more,
});

test('a place has the mark that matters most, under the number of its step', () => {
  const { marks, leftOut } = clusterMarks(
    [
      { type: 'look-up', cache: 'l2', offset: 512, hit: true, count: 1 },
      { type: 'allocate', kind: 'data', offset: 1024, clusters: 2 },
      write(1024, 1024),
      write(2048, 8),
      write(2050, 8, { losses: [{ offset: 2050, size: 8, kinds: BIT.activeL1 }] }),
      write(3072, 512, { conflict: 'no', hits: BIT.activeL2 }),
      write(5120, 1024, { losses: [{ offset: 5632, size: 512, kinds: BIT.data }] }),
      { type: 'free', kind: 'data', offset: 4096, clusters: 1 },
    ],
    512,
  );
  expect(leftOut).toBe(0);
  expect(marks).toEqual([
    { number: 5, cluster: 4, clusters: 1, touch: 'destroyed' },
    { number: 7, cluster: 11, clusters: 1, touch: 'overwritten' },
    { number: 6, cluster: 6, clusters: 1, touch: 'stopped' },
    { number: 8, cluster: 8, clusters: 1, touch: 'freed' },
    { number: 2, cluster: 2, clusters: 2, touch: 'allocated' },
    { number: 7, cluster: 10, clusters: 2, touch: 'written' },
  ]);
});

test('writes to an external data file, and of nothing, are not on the map', () => {
  const { marks } = clusterMarks([write(0, 512, { what: 'external data' }), write(0, 0)], 512);
  expect(marks).toEqual([]);
});

test('the marks are bounded, and the gravest stay', () => {
  const steps = Array.from({ length: 2000 }, (_, i) => write(i * 512, 512));
  const { marks, leftOut } = clusterMarks(
    [...steps, write(0, 512, { losses: [{ offset: 0, size: 512, kinds: 1 }] })],
    512,
  );
  expect(marks.length + leftOut).toBe(2000);
  expect(marks.length).toBeLessThan(1000);
  expect(marks[0]).toEqual({ number: 2001, cluster: 0, clusters: 1, touch: 'destroyed' });
});
