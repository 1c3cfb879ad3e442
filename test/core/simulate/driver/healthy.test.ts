import { describe, expect, it } from 'vitest';
import { image, FRESH, newEntries, newRefcounts, reopened, simulate } from '../simulated.js';

/** What qemu-io 7.2 was seen to do with healthy images. */
describe('writes to a healthy image', () => {
  it('takes the next clusters of the file for an L2 table and the data', () => {
    const run = simulate(image(FRESH), 'write 0 64k\nclose');
    expect(run.endings).toEqual(['done', 'done']);
    expect(run.difference.l1).toEqual([{ index: 0, old: '0x0', new: '0x8000000000040000' }]);
    expect(newEntries(run)).toEqual({ 0: '0x8000000000050000' });
    expect(newRefcounts(run)).toEqual({ 4: '1', 5: '1' });
    expect(run.difference.fileLength).toBe(0x60000);
    expect(run.difference.header).toEqual({});
  });

  it('goes on where the last search ended', () => {
    const run = simulate(
      image(FRESH),
      'write 0 64k\nwrite 64k 64k\nwrite 10M 64k\nwrite 5M 256k\nclose',
    );
    expect(newEntries(run)).toEqual({
      0: '0x8000000000050000',
      1: '0x8000000000060000',
      160: '0x8000000000070000',
      80: '0x8000000000080000',
      81: '0x8000000000090000',
      82: '0x80000000000a0000',
      83: '0x80000000000b0000',
    });
  });

  it('passes a hole that is too small, and sees it again after opening anew', () => {
    const before = image(FRESH, (b) => b.write(0, 4).discard(1));
    const wide = simulate(before, 'write 20M 128k\nwrite 30M 64k\nclose');
    expect(newEntries(wide)).toEqual({
      320: '0x8000000000090000',
      321: '0x80000000000a0000',
      480: '0x80000000000b0000',
    });
    const again = simulate(reopened(wide), 'write 40M 64k\nclose');
    expect(newEntries(again)).toEqual({ 640: '0x8000000000060000' });
  });

  it('lowers the free index by a discard', () => {
    const before = image(FRESH, (b) => b.write(0, 4));
    const run = simulate(before, 'discard 0 64k\nwrite 30M 64k\nwrite 31M 64k\nclose');
    expect(newEntries(run)).toEqual({
      0: '0x1',
      480: '0x8000000000050000',
      496: '0x8000000000090000',
    });
  });

  it('copies the L2 table and the data of a snapshot when they are written to', () => {
    const before = image(FRESH, (b) => b.write(0, 2).snapshot({ name: 's', date: 0 }));
    expect(before.l1.entry(0)).toBe(0x40000n);
    const run = simulate(before, 'write 0 4k\nclose');
    expect(run.difference.l1).toMatchObject([{ index: 0, old: '0x40000' }]);
    const refcounts = newRefcounts(run);
    expect(refcounts).toMatchObject({ 4: '1', 5: '1' });
    expect(run.difference.l2.map(({ guestCluster }) => guestCluster)).toEqual([0]);
  });

  it('keeps the place of zeroed clusters, and writes them in place', () => {
    const before = image(FRESH, (b) => b.write(0, 2));
    const zeroed = simulate(before, 'write-zeroes 0 64k\nwrite-zeroes 1M 64k\nclose');
    expect(newEntries(zeroed)).toEqual({ 0: '0x8000000000050001', 16: '0x1' });
    const written = simulate(reopened(zeroed), 'write 0 4k\nwrite 1M 4k\nclose');
    expect(newEntries(written)).toEqual({ 0: '0x8000000000050000', 16: '0x8000000000070000' });
  });

  it('packs compressed clusters, and gives each its own cluster when it is overwritten', () => {
    const packed = simulate(
      image(FRESH),
      'write-compressed 0 64k\nwrite-compressed 64k 64k\nwrite-compressed 0 64k\nclose',
    );
    expect(packed.endings).toEqual(['done', 'done', 'Input/output error', 'done']);
    expect(newEntries(packed)).toEqual({ 0: '0x4000000000050000', 1: '0x400000000005004f' });
    expect(newRefcounts(packed)).toEqual({ 4: '1', 5: '2' });
    const over = simulate(
      image(FRESH),
      'write-compressed 0 64k\nwrite-compressed 64k 64k\nwrite 0 4k\nclose',
    );
    expect(newEntries(over)).toEqual({ 0: '0x8000000000060000', 1: '0x400000000005004f' });
    expect(newRefcounts(over)).toEqual({ 4: '1', 5: '1', 6: '1' });
  });

  it('puts a new refcount block behind the cluster that needs it', () => {
    const before = image({ virtualSize: 2 ** 20, clusterBits: 9, refcountOrder: 6 });
    const writes = Array.from({ length: 70 }, (_, i) => `write ${i * 512} 512`).join('\n');
    const run = simulate(before, `${writes}\nclose`);
    expect(run.difference.refcountTable).toEqual([{ index: 1, old: '0x0', new: '0x8200' }]);
    expect(newRefcounts(run)).toMatchObject({ 64: '1', 65: '1' });
  });

  it('rolls a range back that needs a new refcount block, and tries again', () => {
    const before = image({ virtualSize: 2 ** 20, clusterBits: 9, refcountOrder: 6 });
    const run = simulate(before, 'write 0 32k\nclose');
    // The L1 table of 32 entries lies in cluster 3, the L2 table in 4.
    expect(newEntries(run)[0]).toBe('0x8000000000000a00');
    expect(newEntries(run)[63]).toBe('0x8000000000008800');
    expect(run.difference.refcountTable).toEqual([{ index: 1, old: '0x0', new: '0x8a00' }]);
  });

  it('grows a refcount table that is full', () => {
    const options = { virtualSize: 2 ** 22, clusterBits: 9, refcountOrder: 6 } as const;
    const run = simulate(image(options), 'write 0 2080k\nclose');
    expect(run.endings).toEqual(['done', 'done']);
    expect(run.difference.header).toMatchObject({
      refcount_table_offset: ['0x200', '0x208400'],
      refcount_table_clusters: ['0x1', '0x2'],
    });
    // The old table, cluster 1, was freed, and taken again by what came next.
    const after = reopened(run);
    expect(after.refcountTable.entry(65)).toBe(0x208000n);
  });

  it('leaves the ends of a discard alone that are no whole clusters', () => {
    const before = image(FRESH, (b) => b.write(0, 4));
    expect(newEntries(simulate(before, 'discard 32k 128k\nclose'))).toEqual({ 1: '0x1' });
  });

  it('zeroes a part of an unallocated cluster as a whole, and writes zeros to one with data', () => {
    const before = image(FRESH, (b) => b.write(0, 4));
    const run = simulate(before, 'write-zeroes 1000k 4k\nwrite-zeroes 200k 4k\nclose');
    expect(newEntries(run)).toEqual({ 15: '0x1' });
    expect(run.outcomes[1].steps).toContainEqual(
      expect.objectContaining({ what: 'guest data', offset: 0x82000, size: 4096 }),
    );
  });

  it('gives clusters back with unmap, and discards in version 2', () => {
    const v3 = simulate(
      image(FRESH, (b) => b.write(0, 2)),
      'write-zeroes 0 64k unmap\nclose',
    );
    expect(newEntries(v3)).toEqual({ 0: '0x1' });
    expect(newRefcounts(v3)).toEqual({ 5: '0' });
    const v2 = simulate(
      image({ ...FRESH, version: 2 }, (b) => b.write(0, 2)),
      'write-zeroes 0 64k\nclose',
    );
    expect(newEntries(v2)).toEqual({ 0: '0x0' });
  });

  it('copies from a backing file in one write of the whole cluster', () => {
    const before = image({ ...FRESH, backing: { name: 'base', format: 'raw' } });
    const run = simulate(before, 'write 4k 4k\nclose');
    expect(run.outcomes[0].steps).toContainEqual(
      expect.objectContaining({ what: 'copy on write', offset: 0x50000, size: 0x10000 }),
    );
  });

  it('keeps data of an external file out of the refcounts', () => {
    const before = image({ ...FRESH, dataFile: { name: 'data', raw: false } });
    const run = simulate(before, 'write 0 64k\nwrite 1M 64k\nwrite-compressed 2M 64k\nclose');
    expect(run.endings).toEqual(['done', 'done', 'Operation not supported', 'done']);
    expect(newEntries(run)).toEqual({ 0: '0x8000000000000000', 16: '0x8000000000100000' });
    expect(newRefcounts(run)).toEqual({ 4: '1' });
  });

  it('writes subclusters of extended entries', () => {
    const before = image({ ...FRESH, extendedL2: true });
    const run = simulate(before, 'write 2k 2k\nwrite-zeroes 8k 2k\nclose');
    expect(newEntries(run)).toEqual({ 0: '0x8000000000050000 0x1000000002' });
  });

  it('writes both caches with every write, or only when the image is closed', () => {
    const kinds = (cache: 'writethrough' | 'writeback') =>
      simulate(image(FRESH), 'write 0 4k\nwrite 4k 4k\nclose', { cache }).outcomes.map(
        ({ steps }) => steps.flatMap((step) => (step.type === 'write' ? [step.what] : [])),
      );
    const linked = ['refcount block', 'L2 slice', 'L1 entry'];
    expect(kinds('writethrough')).toEqual([
      [...linked, 'zeroed area', 'guest data', 'refcount block', 'L2 slice'],
      ['guest data'],
      [],
    ]);
    expect(kinds('writeback')).toEqual([
      [...linked, 'zeroed area', 'guest data'],
      ['guest data'],
      ['refcount block', 'L2 slice'],
    ]);
  });

  it('loses with abort what is only in memory', () => {
    const run = simulate(image(FRESH), 'write 0 64k\nabort', { cache: 'writeback' });
    expect(newEntries(run)).toEqual({});
    expect(newRefcounts(run)).toEqual({ 4: '1' });
  });

  it('fails requests past the end of the disk', () => {
    const run = simulate(image(FRESH), 'write 64M 1\ndiscard 63M 2M\nwrite 64M 0\nclose');
    const failed = 'Input/output error';
    expect(run.endings).toEqual([failed, failed, 'done', 'done']);
  });

  it('marks an image with lazy refcounts as dirty until it is closed', () => {
    const before = image({ ...FRESH, lazyRefcounts: true });
    const open = simulate(before, 'write 0 4k');
    expect(open.difference.header).toEqual({ incompatible_features: ['0x0', '0x1'] });
    expect(newRefcounts(open)).toEqual({ 4: '1' });
    expect(simulate(before, 'write 0 4k\nclose').difference.header).toEqual({});
  });
});
