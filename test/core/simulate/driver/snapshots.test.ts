import { describe, expect, it } from 'vitest';
import { FRESH, image, newRefcounts, simulate } from '../simulated.js';

describe('internal snapshots', () => {
  const before = image(FRESH, (b) => b.write(0, 2));

  it('share all clusters, and take two more for their tables', () => {
    const run = simulate(before, 'snapshot-create s\nclose', { cache: 'writeback' });
    expect(newRefcounts(run)).toEqual({ 4: '2', 5: '2', 6: '2', 7: '1', 8: '1' });
    expect(run.difference.l1).toEqual([{ index: 0, old: '0x8000000000040000', new: '0x40000' }]);
    expect(run.difference.header).toEqual({
      nb_snapshots: ['0x0', '0x1'],
      snapshots_offset: ['0x0', '0x80000'],
    });
    expect(run.outcomes[0].steps).toContainEqual(
      expect.objectContaining({ what: 'snapshot L1 table', offset: 0x70000 }),
    );
  });

  it('have their old clusters left alone by the first write', () => {
    const created = simulate(before, 'snapshot-create s\nwrite 0 4k\nclose');
    expect(created.difference.l1).toEqual([
      { index: 0, old: '0x8000000000040000', new: '0x8000000000090000' },
    ]);
    expect(newRefcounts(created)).toEqual({ 6: '2', 7: '1', 8: '1', 9: '1', 10: '1' });
  });

  it('give everything back when they are deleted', () => {
    const run = simulate(before, 'snapshot-create s\nsnapshot-delete s\nclose');
    expect(run.endings).toEqual(['done', 'done', 'done']);
    expect(newRefcounts(run)).toEqual({});
    expect(run.difference.l1).toEqual([]);
    expect(run.difference.l2).toEqual([]);
  });

  it('fail where refcounts have no room, and for names that are not there', () => {
    const narrow = image({ ...FRESH, refcountOrder: 0 }, (b) => b.write(0));
    const run = simulate(narrow, 'snapshot-create s\nsnapshot-delete s');
    expect(run.endings).toEqual(['Invalid argument', 'No such file or directory']);
  });
});
