import { expect, it } from 'vitest';
import { runSlice } from '../../src/session/slice.js';

it('does one step at least, and says whether there is more', () => {
  let left = 3;
  const step = () => --left > 0;
  expect(runSlice(0, step)).toBe(true);
  expect(left).toBe(2);
  expect(runSlice(Infinity, step)).toBe(false);
  expect(left).toBe(0);
});
