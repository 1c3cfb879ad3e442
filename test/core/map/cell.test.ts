import { describe, expect, it } from 'vitest';
import {
  claimedTwice,
  KINDS_SHIFT,
  REFERENCES_SHIFT,
  troubleOf,
} from '../../../src/core/map/cell.js';
import { ANY_L2, BIT } from '../../../src/core/map/kinds.js';

const cell = (kinds: number, references: number, stored: number) =>
  ((kinds << KINDS_SHIFT) | (references << REFERENCES_SHIFT) | stored) >>> 0;

describe('claimedTwice and troubleOf', () => {
  it.each([
    ['nothing at all', cell(0, 0, 0), false, 0],
    ['a data cluster', cell(BIT.data, 1, 1), false, 0],
    ['a data cluster shared with a snapshot', cell(BIT.data, 2, 2), false, 0],
    ['an L2 table shared with a snapshot', cell(ANY_L2, 2, 2), false, 0],
    ['an L1 table that is data too', cell(BIT.activeL1 | BIT.data, 2, 1), true, 3],
    ['the same, though somebody raised its refcount', cell(BIT.activeL1 | BIT.data, 2, 2), true, 3],
    ['a refcount block referred to twice', cell(BIT.refcountBlock, 2, 2), true, 3],
    ['data with two owners and one reference stored', cell(BIT.data, 2, 1), true, 3],
    ['normal and compressed data', cell(BIT.data | BIT.compressed, 2, 2), true, 3],
    ['compressed clusters side by side', cell(BIT.compressed, 7, 7), false, 0],
    ['a leak', cell(0, 0, 1), false, 1],
    ['a refcount left too high', cell(BIT.data, 1, 2), false, 1],
    ['a refcount of 0 in use', cell(BIT.data, 1, 0), false, 2],
  ])('%s', (_, value, twice, trouble) => {
    expect(claimedTwice(value)).toBe(twice);
    expect(troubleOf(value)).toBe(trouble);
  });
});
