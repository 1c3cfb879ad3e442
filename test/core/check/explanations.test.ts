import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explain, isFindingCode } from '../../../src/core/check/explanations.js';
import type { FindingCode } from '../../../src/core/check/finding.js';

const source = readFileSync('src/core/check/finding.ts', 'utf8');
const union = source.slice(source.indexOf('FindingCode ='), source.indexOf('/** One thing'));
const codes = Array.from(union.matchAll(/'([a-z0-9-]+)'/g), ([, code]) => code).filter(
  (code): code is FindingCode => isFindingCode(code),
);

describe('explanations', () => {
  it('are there for every kind of finding', () => {
    expect(codes.length).toBe(Array.from(union.matchAll(/\| '/g)).length);
    expect(codes.length).toBeGreaterThan(30);
  });

  it('have names that differ, and whole sentences', () => {
    const all = codes.map(explain);
    expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
    for (const { title, meaning, repair } of all) {
      expect(title).not.toMatch(/\.$/);
      for (const text of [meaning, repair]) expect(text).toMatch(/^[A-Z"].{20,}\.$/);
    }
  });
});

describe('isFindingCode', () => {
  it.each(['toString', '', 5, undefined, null, '__proto__'])('does not take %o', (value) => {
    expect(isFindingCode(value)).toBe(false);
  });
});
