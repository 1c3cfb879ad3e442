import { expect, it } from 'vitest';
import { clean, messageOf, spellUnseen } from '../../src/core/text.js';

it('shows what cannot be seen, and what reorders the rest', () => {
  expect(clean('a\u202eb\nc\u0000')).toBe('a\ufffdb\ufffdc\ufffd');
  expect(clean('naïve 語 🜁')).toBe('naïve 語 🜁');
  expect(spellUnseen('a\u2028\ud800b', (c) => `<${c.length}>`)).toBe('a<1><1>b');
});

it('says what went wrong, thrown as an Error or not', () => {
  expect(messageOf(new RangeError('too far'))).toBe('too far');
  expect(messageOf('words')).toBe('words');
});
