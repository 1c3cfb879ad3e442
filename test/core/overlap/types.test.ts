import { describe, expect, it } from 'vitest';
import {
  GUARDED_TYPES,
  guardedTypes,
  lowestType,
  overlapMessage,
  STRUCTURE_TYPES,
  TEMPLATES,
  typeNames,
} from '../../../src/core/overlap/types.js';

describe('guarded types', () => {
  it('of the templates, with the bitmap directory and, as of 2015, without', () => {
    expect(TEMPLATES).toEqual({ none: 0, constant: 0x12b, cached: 0x17f, all: 0x1ff });
    expect(Object.values(TEMPLATES).map((set) => set & STRUCTURE_TYPES)).toEqual([
      0, 0x2b, 0x7f, 0xff,
    ]);
  });

  it('default to cached, follow the template, and single types override it', () => {
    expect(guardedTypes({})).toEqual({ ok: true, value: 0x17f });
    expect(guardedTypes({ template: 'constant' })).toEqual({ ok: true, value: 0x12b });
    expect(guardedTypes({ mode: 'all', template: 'all' })).toEqual({ ok: true, value: 0x1ff });
    expect(
      guardedTypes({ mode: 'none', types: { 'active-l2': true, 'main-header': false } }),
    ).toEqual({ ok: true, value: 4 });
    expect(guardedTypes({ types: { 'main-header': false } })).toEqual({ ok: true, value: 0x17e });
  });

  it('are refused in the words of QEMU', () => {
    expect(guardedTypes({ mode: 'all', template: 'none' })).toEqual({
      ok: false,
      message:
        "Conflicting values for qcow2 options 'overlap-check' ('all') and 'overlap-check.template' ('none')",
    });
    for (const options of [{ mode: 'foo' }, { template: 'foo' }])
      expect(guardedTypes(options)).toEqual({
        ok: false,
        message:
          "Unsupported value 'foo' for qcow2 option 'overlap-check'. Allowed are any of the following: none, constant, cached, all",
      });
  });

  it('are named as options and, in conflicts, as QEMU calls them', () => {
    expect(typeNames(0x105)).toEqual(['main-header', 'active-l2', 'bitmap-directory']);
    expect(overlapMessage(lowestType(0x94))).toBe(
      'Preventing invalid write on metadata (overlaps with active L2 table)',
    );
    const messages = GUARDED_TYPES.map((_, bit) => overlapMessage(1 << bit));
    expect(messages[0]).toContain('(overlaps with qcow2_header)');
    expect(messages[8]).toContain('(overlaps with bitmap directory)');
    expect(new Set(messages).size).toBe(9);
  });
});
