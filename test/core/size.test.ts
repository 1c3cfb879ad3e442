import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSize, parseSize } from '../../src/core/size.js';

const value = (text: string): number | string => {
  const parsed = parseSize(text, 'l2-cache-size');
  return parsed.ok ? parsed.value : parsed.message;
};

const NOT_A_SIZE =
  "Parameter 'l2-cache-size' expects a non-negative number below 2^64\n" +
  'Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-\n' +
  'and exabytes, respectively.';

// What qemu-io 7.2 takes, and the message it prints, for `l2-cache-size=…`; the sizes as it reads them.
describe('sizes in the spelling of QEMU', () => {
  it.each([
    ['65536', 65536],
    ['64K', 65536],
    ['64k', 65536],
    ['64b', 64],
    ['1.5G', 1.5 * 2 ** 30],
    ['0.5k', 512],
    ['5.', 5],
    ['1.0', 1],
    ['1.k', 1024],
    ['+5', 5],
    [' 1k', 1024],
    ['010', 10],
    ['0x10', 16],
    ['0x10k', 16384],
    ['1e', 2 ** 60],
    ['64t', 64 * 2 ** 40],
    ['1p', 2 ** 50],
    ['1.7k', 1741],
    ['1.9999k', 2048],
    ['1.0005k', 1025],
    ['18446744073709551615', 2 ** 64],
  ])('%j is %d', (text, bytes) => {
    expect(value(text)).toBe(bytes);
  });

  it.each(['64Q', '-5', '', '1e3', '64KB', '1.5', '.5k', '1x', '1 k', '0x', '1.1b', '0xG', '1M2'])(
    '%j is none',
    (text) => {
      expect(value(text)).toBe(NOT_A_SIZE);
    },
  );

  it.each(['nan', 'inf', '0.1b', '0x1p3', '0x1.8', '0x10 '])('%j is none either', (text) => {
    expect(value(text)).toBe(NOT_A_SIZE);
  });

  it.each(['18446744073709551616', '16E', '17E', '4294967296T'])('%j is too large', (text) => {
    expect(value(text)).toBe(`Value '${text}' is out of range for parameter 'l2-cache-size'`);
  });

  it('are written so that they read back as they were', () => {
    expect([0, 1, 1024, 1536, 65536, 3 * 2 ** 30].map(formatSize)).toEqual([
      '0',
      '1',
      '1K',
      '1536',
      '64K',
      '3G',
    ]);
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(value(formatSize(bytes))).toBe(bytes);
      }),
    );
  });
});
