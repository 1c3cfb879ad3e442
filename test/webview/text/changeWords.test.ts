import { expect, it } from 'vitest';
import type { RepairChange } from '../../../src/core/repair/changes.js';
import { bytes, hostOffset } from '../../../src/core/units.js';
import { changeWords } from '../../../webview/text/changeWords.js';

const words = (
  what: RepairChange['what'],
  before: string | undefined,
  after: string | undefined,
  field?: string,
): string => {
  const change = { what, offset: hostOffset(0), length: bytes(8), field, before, after };
  const told = changeWords(change);
  return `${told.before} → ${told.after}`;
};

it.each([
  ['l2-entry', '0x8000000000050000', '0x50000', undefined, 'COPIED → not COPIED'],
  ['l1-entry', '0x50000', '0x8000000000050000', undefined, 'not COPIED → COPIED'],
  ['l2-entry', '0x8000000000050201', '0x1', undefined, '0x50200 zeros COPIED → reads as zeros'],
  ['l2-entry', '0x4000000000050201', '0x1', undefined, '0x4000000000050201 → reads as zeros'],
  ['refcount', '1', '2', undefined, '1 → 2'],
  ['header-field', '0x3', '0x0', 'incompatible_features', 'dirty, corrupt → –'],
  ['header-field', '0x12', '0x10', 'incompatible_features', 'corrupt, 0x10 → 0x10'],
  ['header-field', '0x1', '0x0', 'nb_snapshots', '0x1 → 0x0'],
  ['refcount-block', undefined, '0x30000', undefined, '– → 0x30000'],
] as const)('%s from %s to %s (%s): %s', (what, before, after, field, text) => {
  expect(words(what, before, after, field)).toBe(text);
});
