import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compressedOffsetText,
  compressedSpan,
  hasReservedBits,
  l2EntryKind,
} from '../../../src/core/qcow2/l2Entry.js';
import { mappableImage } from '../opened.js';

const standard = mappableImage({ virtualSize: 2 ** 20 }).geometry;
const extended = mappableImage({ virtualSize: 2 ** 20, extendedL2: true }).geometry;
const external = { ...standard, externalData: true };

describe('l2EntryKind', () => {
  it.each([
    ['unallocated', 0n, standard],
    ['unallocated', 1n << 63n, standard],
    ['normal', 1n << 63n, external],
    ['zero-plain', 1n, standard],
    ['zero-allocated', 0x50001n, standard],
    ['normal', 0x50000n, standard],
    ['normal', 0x50001n, extended],
    ['compressed', 1n << 62n, standard],
    ['compressed', (1n << 62n) | 1n, standard],
  ] as const)('is %s for %#x', (kind, entry, geometry) => {
    expect(l2EntryKind(Number(entry >> 32n), Number(entry & 0xffffffffn), geometry)).toBe(kind);
  });

  it('finds every reserved bit and no other', () => {
    const reserved = 0x3f000000000001fen;
    for (let bit = 0n; bit < 64n; bit++) {
      const entry = 1n << bit;
      const found = hasReservedBits(Number(entry >> 32n), Number(entry & 0xffffffffn));
      expect(found, `bit ${bit}`).toBe((reserved & entry) !== 0n);
    }
  });
});

describe('compressedSpan', () => {
  it('splits every entry as the specification says, at every cluster size', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(fc.integer({ min: 9, max: 21 }), word, word, (clusterBits, high, low) => {
        const entry = (BigInt(high) << 32n) | BigInt(low);
        const x = BigInt(62 - (clusterBits - 8));
        const offset = entry & ((1n << x) - 1n);
        const sectors = ((entry & ((1n << 62n) - 1n)) >> x) + 1n;
        const span = compressedSpan(high, low, { ...standard, clusterBits });
        const text = compressedOffsetText(high, low, { ...standard, clusterBits });
        expect(text).toBe(offset.toString(16));
        expect(span.length).toBe(Number(sectors * 512n - (offset & 511n)));
        // Past 2^53 a number holds the sector, and not every byte of it.
        const unit = offset < 2n ** 53n ? 1n : 512n;
        expect(BigInt(span.offset) / unit).toBe(offset / unit);
      }),
    );
  });
});
