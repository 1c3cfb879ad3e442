import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StackDistances } from '../../../src/core/caches/stackDistances.js';

/** A look-up of a table so many times over, or, with 0, no look-up: it is only used last. */
interface Use {
  readonly table: number;
  readonly count: number;
}

/** Hits of a cache of so many slots that gives up what was used longest ago. */
function hitsOf(slots: number, uses: readonly Use[]): number {
  const cache = new Set<number>();
  let hits = 0;
  for (const { table, count } of uses) {
    if (cache.delete(table)) hits += count;
    else hits += Math.max(0, count - 1);
    cache.add(table);
    const [oldest] = cache;
    if (cache.size > slots) cache.delete(oldest);
  }
  return hits;
}

const lists = (tables: number, minLength: number): fc.Arbitrary<Use[]> =>
  fc.array(
    fc.record({
      table: fc.oneof(fc.nat(4), fc.nat(tables)),
      count: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.nat(3)),
    }),
    { minLength, maxLength: minLength + 200 },
  );

it('tells the hits of a cache of any size', () => {
  fc.assert(
    fc.property(lists(40, 0), (uses) => {
      const distances = new StackDistances();
      for (const { table, count } of uses)
        if (count > 0) distances.use(table, count);
        else distances.touch(table);
      const found = distances.hitsBySlots();
      for (let slots = 1; slots <= 45; slots++)
        expect(found[Math.min(slots, found.length - 1)]).toBe(hitsOf(slots, uses));
      expect(distances.lookUps).toBe(uses.reduce((sum, { count }) => sum + count, 0));
    }),
  );
});

it('numbers the times anew, and takes in more tables than it had room for', () => {
  fc.assert(
    fc.property(lists(3000, 9000), (uses) => {
      const distances = new StackDistances();
      for (const { table, count } of uses) distances.use(table * 4096, Math.max(1, count));
      const found = distances.hitsBySlots();
      for (const slots of [1, 2, 5, 100, 1000, 2999])
        expect(found[Math.min(slots, found.length - 1)]).toBe(
          hitsOf(
            slots,
            uses.map(({ table, count }) => ({ table, count: Math.max(1, count) })),
          ),
        );
    }),
    { numRuns: 5 },
  );
});
