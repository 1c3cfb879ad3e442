import { expect, it } from 'vitest';
import { memorySource } from '../../src/core/byteSource.js';
import { hostOffset } from '../../src/core/units.js';
import { peek } from '../../src/session/peek.js';

it('gives the bytes of the file and none that it does not have', () => {
  const source = memorySource(Uint8Array.from([0x51, 0x46, 0x49, 0xfb, 0, 1]));
  const at = (offset: number, length: number): string =>
    peek(source, { offset: hostOffset(offset), length });
  expect(at(0, 4)).toBe('514649fb');
  expect(at(4, 4096)).toBe('0001');
  expect(at(6, 16)).toBe('');
  expect(at(2 ** 40, 16)).toBe('');
});
