import { describe, expect, it } from 'vitest';
import { NumberIndex } from '../../src/core/numberIndex.js';
import { Random } from '../../src/core/workload/random.js';

describe('a number index', () => {
  it.each([1, 4096, 2 ** 31, 2 ** 32])('holds what a Map would, of multiples of %d', (step) => {
    const random = new Random(step);
    const index = new NumberIndex();
    const map = new Map<number, number>();
    for (let i = 0; i < 30_000; i++) {
      const key = random.below(2000) * step;
      if (random.fraction() < 0.4) {
        index.delete(key);
        map.delete(key);
      } else {
        index.set(key, i);
        map.set(key, i);
      }
    }
    expect(index.size).toBe(map.size);
    for (let i = 0; i < 2000; i++) expect(index.get(i * step)).toBe(map.get(i * step) ?? -1);
  });

  it('takes the largest exact number, and 0', () => {
    const index = new NumberIndex();
    index.set(Number.MAX_SAFE_INTEGER, 0);
    index.set(0, 2 ** 30);
    expect([index.get(Number.MAX_SAFE_INTEGER), index.get(0), index.get(1)]).toEqual([
      0,
      2 ** 30,
      -1,
    ]);
  });
});
