import { describe, expect, it } from 'vitest';
import { count, plural, size } from '../../../webview/text/text.js';
import { clean } from '../../../src/core/text.js';

describe('text', () => {
  it('never shows controls or what changes the direction of a name', () => {
    expect(clean('a\u0000b\u001b[31m\nc')).toBe('a�b�[31m�c');
    expect(clean('gpj.\u202eexe')).toBe('gpj.�exe');
    expect(clean('\u2066x\u2069\u200b\ufeff\u2028')).toBe('�x����');
    expect(clean('Größe 数据 – ok')).toBe('Größe 数据 – ok');
  });

  it('writes sizes with three digits at most', () => {
    expect(size(0)).toBe('0 bytes');
    expect(size(512)).toBe('512 bytes');
    expect(size(65536)).toBe('64 KiB');
    expect(size(18_468_249_600)).toBe('17.2 GiB');
    expect(size(2 ** 40)).toBe('1 TiB');
  });

  it('groups digits and makes plurals', () => {
    expect(count(271402)).toBe('271,402');
    expect(plural(1, 'leak')).toBe('1 leak');
    expect(plural(14, 'leak')).toBe('14 leaks');
  });
});
