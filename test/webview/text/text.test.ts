import { describe, expect, it } from 'vitest';
import { clean } from '../../../src/core/text.js';

describe('text', () => {
  it('never shows controls or what changes the direction of a name', () => {
    expect(clean('a\u0000b\u001b[31m\nc')).toBe('a�b�[31m�c');
    expect(clean('gpj.\u202eexe')).toBe('gpj.�exe');
    expect(clean('\u2066x\u2069\u200b\ufeff\u2028')).toBe('�x����');
    expect(clean('Größe 数据 – ok')).toBe('Größe 数据 – ok');
  });
});
