import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePlace } from '../../src/editor/location.js';

test.each([
  ['cluster 12', { type: 'cluster', cluster: 12 }],
  ['Cluster 0x1f', { type: 'cluster', cluster: 31 }],
  ['cluster 1,000', { type: 'cluster', cluster: 1000 }],
  ['0x50000', { type: 'host', offset: 0x50000 }],
  ['0XA0000', { type: 'host', offset: 0xa0000 }],
  ['327680', { type: 'host', offset: 327_680 }],
  ['327,680', { type: 'host', offset: 327_680 }],
  ['host 64K', { type: 'host', offset: 65_536 }],
  [' 1.5 MiB ', { type: 'host', offset: 1_572_864 }],
  ['1G', { type: 'host', offset: 2 ** 30 }],
  ['guest 0x60110000', { type: 'guest', offset: 0x60110000 }],
  ['Guest 1.5G', { type: 'guest', offset: 1.5 * 2 ** 30 }],
  ['L1 3', { type: 'l1', l1Index: 3 }],
  ['l1[0x10]', { type: 'l1', l1Index: 16 }],
  ['L1 3 L2 17', { type: 'l2', l1Index: 3, l2Index: 17 }],
  ['l1[3], l2[17]', { type: 'l2', l1Index: 3, l2Index: 17 }],
  ['L1 3/L2 17', { type: 'l2', l1Index: 3, l2Index: 17 }],
  ['L2 8,191', { type: 'selected-l2', l2Index: 8191 }],
  ['9'.repeat(30), { type: 'host', offset: Number.MAX_SAFE_INTEGER }],
])('%s', (text, place) => {
  expect(parsePlace(text)).toEqual(place);
});

test.each([
  '',
  'cluster',
  '-5',
  '0x',
  'x50000',
  '12 34',
  '5Q',
  '1.5',
  'cluster 1.5',
  '1e3',
  'guest',
  'guest cluster 5',
  'L1',
  'L2 1 L1 2',
  'L3 5',
])('%j is not a place', (text) => {
  expect(parsePlace(text)).toBeUndefined();
});

test('every index and offset comes back as it was written', () => {
  const index = fc.nat();
  fc.assert(
    fc.property(index, index, fc.boolean(), (l1Index, l2Index, isHex) => {
      const written = (n: number): string => (isHex ? `0x${n.toString(16)}` : n.toString());
      expect(parsePlace(`L1 ${written(l1Index)} L2 ${written(l2Index)}`)).toEqual({
        type: 'l2',
        l1Index,
        l2Index,
      });
      expect(parsePlace(`guest ${written(l1Index)}`)).toEqual({ type: 'guest', offset: l1Index });
    }),
  );
});

test('a size past all offsets is the greatest there is', () => {
  const offset = Number.MAX_SAFE_INTEGER;
  expect(parsePlace('1E')).toEqual({ type: 'host', offset });
  expect(parsePlace('guest 9000P')).toEqual({ type: 'guest', offset });
});

test('no text makes it throw, and no number in its answer is out of bounds', () => {
  const digits = fc.stringMatching(/^(guest |host |cluster |l1 |l2 )?[0-9a-fx,.kmgtpe ]{0,12}$/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), digits), (text) => {
      const place = parsePlace(text);
      for (const value of Object.values(place ?? {}))
        if (typeof value === 'number') expect(Number.isSafeInteger(value)).toBe(true);
    }),
  );
});
