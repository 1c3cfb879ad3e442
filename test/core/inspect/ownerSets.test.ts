import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NOBODY, OwnerSets } from '../../../src/core/inspect/ownerSets.js';

const owners = fc.uniqueArray(fc.nat(12));

it('are sets: one number for the same owners, in whatever order they came', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(owners, owners)), (pairs) => {
      const sets = new OwnerSets();
      const known = new Map<string, number>();
      const check = (set: number, members: readonly number[]): void => {
        const sorted = [...new Set(members)].sort((a, b) => a - b);
        expect(sets.count(set)).toBe(sorted.length);
        expect(sets.least(set)).toBe(sorted.at(0) ?? -1);
        const key = sorted.join();
        expect(known.get(key) ?? set).toBe(set);
        known.set(key, set);
      };
      for (const [a, b] of pairs) {
        const one = a.reduce((set, owner) => sets.with(set, owner), NOBODY);
        const other = b.reduce((set, owner) => sets.with(set, owner), NOBODY);
        check(one, a);
        check(other, b);
        check(sets.union(one, other), [...a, ...b]);
        check(sets.union(other, one), [...b, ...a]);
      }
    }),
  );
});

it('may be large without depth of calls', () => {
  const sets = new OwnerSets();
  let all = NOBODY;
  for (let owner = 0; owner < 65_536; owner++) all = sets.with(all, owner);
  let even = NOBODY;
  for (let owner = 0; owner < 65_536; owner += 2) even = sets.with(even, owner);
  expect(sets.union(all, even)).toBe(all);
  expect(sets.with(all, 7)).toBe(all);
});

it('are refused when a hostile image has too many', () => {
  const sets = new OwnerSets();
  expect(() => {
    for (let owner = 0; owner < 2 ** 20; owner++) sets.with(NOBODY, owner);
  }).toThrow('the snapshots share clusters in more ways than can be told apart');
});
