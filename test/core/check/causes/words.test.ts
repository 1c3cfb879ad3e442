import { expect, it } from 'vitest';
import { spanText } from '../../../../src/core/check/causes/words.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

it.each([
  [0, 512 * MIB, '0–512 MiB'],
  [8 * GIB, 512 * MIB, '8–8.5 GiB'],
  [1534 * MIB, 2 * MIB, '1,534–1,536 MiB'],
  [2 ** 40, 2 ** 39, '1–1.5 TiB'],
  [32_768, 32_768, '32–64 KiB'],
  [32_768 * 5, 32_768, '160–192 KiB'],
  [0, 512, '0x0 on'],
  [3 * 256, 256, '0.75–1 KiB'],
  [100, 50, '0x64 on'],
])('%d, %d bytes long, is %s', (start, length, text) => {
  expect(spanText({ start, length })).toBe(text);
});
