import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeFragments,
  encodeFragments,
  fragmentClusters,
  fragmentStart,
  fragmentTypes,
  grownAllocation,
  shrinks,
} from '../../../src/core/overlap/fragments.js';
import { TypeRuns, WINDOW_SIZE } from '../../../src/core/overlap/typeRuns.js';

const changes = fc.array(
  fc.record({
    start: fc.integer({ min: 0, max: WINDOW_SIZE - 1 }),
    length: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: WINDOW_SIZE })),
    keep: fc.integer({ min: 0, max: 255 }),
    set: fc.integer({ min: 0, max: 255 }),
  }),
  { maxLength: 80 },
);

/** Changes applied to real bytes and to runs. */
function both(list: typeof changes extends fc.Arbitrary<infer T> ? T : never) {
  const bytes = new Uint8Array(WINDOW_SIZE);
  const runs = new TypeRuns(3);
  for (const { start, length, keep, set } of list) {
    const end = Math.min(WINDOW_SIZE, start + length);
    for (let i = start; i < end; i++) bytes[i] = (bytes[i] & keep) | set;
    runs.apply(1, start, end, keep, set);
  }
  return { bytes, runs };
}

describe('fragments', () => {
  it('and bytes convert both ways', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const { bytes } = both(list);
        const fragments = encodeFragments(bytes);
        expect(decodeFragments(fragments)).toEqual(bytes);
        expect(encodeFragments(decodeFragments(fragments))).toEqual(fragments);
      }),
    );
  });

  it('are runs of 1 to 256 clusters in ascending order, none of them without a type', () => {
    fc.assert(
      fc.property(changes, (list) => {
        let end = 0;
        for (const fragment of encodeFragments(both(list).bytes)) {
          expect(fragmentStart(fragment)).toBeGreaterThanOrEqual(end);
          expect(fragmentClusters(fragment)).toBeLessThanOrEqual(256);
          expect(fragmentTypes(fragment)).not.toBe(0);
          end = fragmentStart(fragment) + fragmentClusters(fragment);
        }
        expect(end).toBeLessThanOrEqual(WINDOW_SIZE);
      }),
    );
  });

  it('have room for 1, 2, 4, 7 … 709, and then the bitmap stays', () => {
    const rooms: number[] = [];
    for (let room: number | undefined = 0; room !== undefined;) {
      room = grownAllocation(room, room + 1);
      if (room !== undefined) rooms.push(room);
    }
    expect(rooms).toEqual([1, 2, 4, 7, 11, 17, 26, 40, 61, 92, 139, 209, 314, 472, 709]);
    expect(grownAllocation(0, 710)).toBeUndefined();
    expect(grownAllocation(800, 800)).toBe(800);
  });

  it('are cut down below half of their room', () => {
    expect([shrinks(7, 3), shrinks(7, 2), shrinks(1, 0), shrinks(2, 0)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});

describe('runs of types', () => {
  it('say the same as bytes', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const { bytes, runs } = both(list);
        expect(runs.bytes(1)).toEqual(bytes);
        expect(runs.isEmpty(1)).toBe(bytes.every((types) => types === 0));
        expect(runs.fragmentCount(1)).toBe(encodeFragments(bytes).length);
      }),
    );
  });

  it('find all types of a range', () => {
    const range = fc.tuple(
      fc.integer({ min: 0, max: WINDOW_SIZE - 1 }),
      fc.integer({ min: 1, max: 300 }),
    );
    fc.assert(
      fc.property(changes, range, (list, [start, length]) => {
        const { bytes, runs } = both(list);
        const end = Math.min(WINDOW_SIZE, start + length);
        const union = bytes.subarray(start, end).reduce((types, byte) => types | byte, 0);
        expect(runs.union(1, start, end)).toBe(union);
      }),
    );
  });

  it('of one window leave the others alone', () => {
    const runs = new TypeRuns(2);
    for (let i = 0; i < 500; i++) {
      runs.apply(0, 2 * i, 2 * i + 1, -1, 1);
      runs.apply(1, 3 * i, 3 * i + 1, -1, 2);
    }
    const copy = runs.clone();
    runs.clear(0);
    expect([runs.fragmentCount(0), runs.fragmentCount(1)]).toEqual([0, 500]);
    expect([copy.fragmentCount(0), copy.fragmentCount(1)]).toEqual([500, 500]);
  });
});
