import { expect, it } from 'vitest';
import { readLab } from '../../../../webview/panes/caches/keptLab.js';

it('a lab comes back as it was kept, and nothing else does', () => {
  const lab = {
    workload: { kind: 'file', file: '/a.log', format: 'fio', volume: undefined },
    other: { kind: 'pattern', text: 'zipf:ops=10' },
    cache: 'writethrough',
  };
  expect(readLab(lab)).toEqual(lab);
  expect(readLab(undefined)).toEqual({ cache: 'writeback' });
  expect(
    readLab({ workload: { kind: 'file', file: 7 }, other: { kind: 'pattern' }, cache: 'none' }),
  ).toEqual({ cache: 'writeback' });
});
