import fc from 'fast-check';
import { expect, it } from 'vitest';
import { blockOffset, blockOffsetText, isOffGrid } from '../../../src/core/qcow2/entryTable.js';

it('an entry of the refcount table says the same as its 64 bits', () => {
  // Few low bits set, or all: offsets on the grid and just off it, past what a number holds too.
  const entry = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc
      .tuple(fc.nat(2 ** 31), fc.nat(63))
      .map(([n, by]) => BigInt.asUintN(64, BigInt(n) << BigInt(by))),
  );
  fc.assert(
    fc.property(entry, fc.integer({ min: 9, max: 21 }), (bits, clusterBits) => {
      const [high, low] = [Number(bits >> 32n), Number(bits & 0xffffffffn)];
      const offset = bits & ~0x1ffn;
      expect(blockOffset(high, low)).toBe(Number(offset));
      expect(blockOffsetText(high, low)).toBe(offset.toString(16));
      expect(isOffGrid(low, 2 ** clusterBits)).toBe(offset % 2n ** BigInt(clusterBits) !== 0n);
    }),
  );
});
