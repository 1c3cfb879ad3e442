import { expect, test } from 'vitest';
import { memorySource } from '../../../../src/core/byteSource.js';
import { bytesPart, Overlay } from '../../../../src/core/simulate/copy/overlay.js';

const read = (overlay: Overlay, offset: number): number[] => {
  const bytes = new Uint8Array(4).fill(0xee);
  overlay.readInto(bytes, offset);
  return [...bytes];
};

test('an overlay shows what was written, and the file around it', () => {
  const overlay = new Overlay(memorySource(Uint8Array.of(1, 2, 3, 4)));
  overlay.write(1, [bytesPart(Uint8Array.of(9, 8))]);
  expect(read(overlay, 0)).toEqual([1, 9, 8, 4]);
  expect(read(overlay, 2)).toEqual([8, 4, 0, 0]);
});

test('where offsets are no exact numbers there is nothing but zeros', () => {
  const overlay = new Overlay(memorySource(Uint8Array.of(1)));
  expect(read(overlay, 2 ** 62)).toEqual([0, 0, 0, 0]);
});
