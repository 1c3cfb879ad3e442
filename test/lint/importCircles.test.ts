import { expect, test } from 'vitest';
import { circles, productImports } from '../../scripts/lib/importCircles.mjs';

test('no file imports itself by way of others', () => {
  const graph = productImports();
  expect(graph.size).toBeGreaterThan(300);
  expect(graph.get('src/core/bytes.ts')).toEqual([]);
  expect(circles(graph)).toEqual([]);
});

test('circles are found, also those that meet', () => {
  const graph = new Map([
    ['a', ['b', 'e']],
    ['b', ['c']],
    ['c', ['a', 'd']],
    ['d', ['d']],
    ['e', ['f']],
    ['f', []],
  ]);
  expect(circles(graph).map((circle) => circle.toSorted())).toEqual([['d'], ['a', 'b', 'c']]);
});
