import { describe, expect, it } from 'vitest';
import {
  countText,
  exactSizeText,
  plural,
  shareText,
  sizeText,
  spanInUnits,
} from '../../src/core/numbers.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

describe('numbers as people read them', () => {
  it('groups the digits before the point alone', () => {
    expect([0, 999, 1000, 1234567, 1234.5678].map(countText)).toEqual([
      '0',
      '999',
      '1,000',
      '1,234,567',
      '1,234.5678',
    ]);
    expect(countText(2n ** 64n - 1n)).toBe('18,446,744,073,709,551,615');
    expect(countText(-4096)).toBe('-4,096');
  });

  it('counts in the singular and the plural', () => {
    expect(plural(1, 'leak')).toBe('1 leak');
    expect(plural(4248, 'byte')).toBe('4,248 bytes');
    expect(plural(0n, 'entry', 'entries')).toBe('0 entries');
  });

  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [512, '512 bytes'],
    [1023, '1,023 bytes'],
    [65536, '64 KiB'],
    [480 * MIB, '480 MiB'],
    [480.4 * MIB, '480 MiB'],
    [1.1 * GIB, '1.10 GiB'],
    [1.5 * GIB, '1.50 GiB'],
    [24.6 * GIB, '24.6 GiB'],
    [18_468_249_600, '17.2 GiB'],
    [2 ** 40, '1 TiB'],
    [2n ** 63n, '8 EiB'],
  ])('tells %d bytes as %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it.each([
    // 65,456 of the 65,536 clusters of a disk of 4 GiB.
    [65_456 * 65_536, '3.995 GiB'],
    [4 * GIB - 1, '3.999 GiB'],
    [64 * MIB - 1, '63.99 MiB'],
    [512 * GIB - 65_536, '511 GiB'],
    // Nor like one of the next unit.
    [2 ** 40 - 1, '1,023 GiB'],
  ])('never lets %d bytes read like the whole that they are not: %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it('adds the bytes where the unit does not say all', () => {
    expect(exactSizeText(65_536)).toBe('64 KiB');
    expect(exactSizeText(1_610_612_737)).toBe('1.50 GiB (1,610,612,737 bytes)');
    expect(exactSizeText(2n ** 60n + 1n)).toBe('1 EiB (1,152,921,504,606,846,977 bytes)');
  });

  it.each([
    [1, 8, '12.5 %'],
    [0, 0, '0.0 %'],
    [1, 65_536, '< 0.1 %'],
    [65_535, 65_536, '> 99.9 %'],
    [3, 3, '100.0 %'],
  ])('%d of %d is %s', (part, all, text) => {
    expect(shareText(part, all)).toBe(text);
  });

  it('finds the unit in which both ends of a range are short', () => {
    expect(spanInUnits(8 * GIB, 8.5 * GIB)).toBe('8–8.5 GiB');
    expect(spanInUnits(100, 150)).toBeUndefined();
  });
});
