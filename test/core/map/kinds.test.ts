import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { KIND_TEXT, KINDS } from '../../../src/core/map/kinds.js';

test('the README names every kind as the editor does', () => {
  const readme = readFileSync('README.md', 'utf8');
  const table = readme.slice(readme.indexOf('### The kinds'), readme.indexOf('The first nine'));
  const named = Array.from(table.matchAll(/^\| ([^|]+?) +\|/gm), ([, names]) => names.split(', '));
  const names = [...KINDS, 'unallocated' as const].map((kind) => KIND_TEXT[kind]);
  expect(
    named
      .flat()
      .filter((name) => name !== 'kind' && !/^-+$/.test(name))
      .sort(),
  ).toEqual(names.sort());
});
