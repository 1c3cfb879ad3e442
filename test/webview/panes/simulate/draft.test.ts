import { describe, expect, it } from 'vitest';
import {
  completion,
  draftParts,
  lineOf,
  withOffset,
  wordOf,
} from '../../../../webview/panes/simulate/draft.js';

describe('a line that is being typed', () => {
  it.each([
    ['', undefined],
    ['flu', 'flush'],
    ['flush', undefined],
    ['host', 'host-write '],
    ['snapshot-', undefined],
    ['snapshot-d', 'snapshot-delete '],
    ['write', undefined],
    ['write-z', 'write-zeroes '],
    ['write-z 0', undefined],
    ['nonsense', undefined],
  ])('%j is completed to %j', (draft, completed) => {
    expect(completion(draft)).toBe(completed);
  });

  it('has a word once it is whole', () => {
    expect(wordOf('  discard 0 64K')).toBe('discard');
    expect(wordOf('disc')).toBeUndefined();
    expect(wordOf('toString 0')).toBeUndefined();
  });

  it.each([
    'write 0x10000 64K',
    'write-zeroes 0 1M unmap',
    'host-write active-l2 0x20000 64K',
    'snapshot-create before the upgrade',
    'flush',
  ])('%j is the same when it has been taken apart', (line) => {
    expect(lineOf(draftParts(line))).toBe(line);
  });

  it('has 0 for what is not filled in yet', () => {
    expect(lineOf(draftParts('write'))).toBe('write 0 0');
    expect(lineOf(draftParts('host-write nothing'))).toBe('host-write data 0 0');
  });

  it('takes another place, and keeps what fits it', () => {
    const at = 0x50000;
    expect(withOffset('', at, 65536, false)).toBe('write 0x50000 64K');
    expect(withOffset('discard 0 4K', at, 65536, false)).toBe('discard 0x50000 4K');
    expect(withOffset('write-zeroes 0 4K unmap', at, 65536, false)).toBe(
      'write-zeroes 0x50000 4K unmap',
    );
    expect(withOffset('write-zeroes 0 4K unmap', at, 65536, true)).toBe(
      'host-write data 0x50000 64K',
    );
    expect(withOffset('host-write refcount-block 0 4K', at, 65536, true)).toBe(
      'host-write refcount-block 0x50000 4K',
    );
    expect(withOffset('snapshot-create s', at, 512, false)).toBe('write 0x50000 512');
  });
});
