import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/byteSource.js';
import { openImage } from '../../../src/core/qcow2/image.js';
import type { RepairMode } from '../../../src/core/repair/mode.js';
import { changeRows } from '../../../src/core/repair/changeRows.js';
import { previewRepair, type RepairPreview } from '../../../src/core/repair/cost/preview.js';
import { bytes, hostOffset } from '../../../src/core/units.js';
import { finish } from '../../../src/core/work.js';
import vectors from './vectors.json' with { type: 'json' };

const preview = (name: keyof typeof vectors, mode: RepairMode, owners?: number): RepairPreview =>
  finish(
    previewRepair(
      openImage(memorySource(inflateSync(Buffer.from(vectors[name].deflated, 'base64')))),
      { mode, filename: 'image.qcow2' },
      owners,
    ),
  );

describe('what a repair costs', () => {
  it.each([
    ['leak_4k', 'leaks', 'safe', 'Safe: 3 leaks repaired, and every disk reads as before'],
    ['tail_4k', 'all', 'none', 'Nothing to do'],
    ['bitmap_snap_64k', 'leaks', 'destroys', "Destroys snapshot 'keep'"],
    // Its table was never read: no name is known.
    ['dirty_snap_unreadable_4k', 'all', 'destroys', 'Destroys 1 snapshot'],
    [
      'bitmap_zero_l2_64k',
      'leaks',
      'destroys',
      'Destroys 128 KiB of the disk; leaves 1 cluster with two owners',
    ],
    [
      'bitmap_zero_l2_64k',
      'all',
      'safe',
      'Safe: 1 corruption repaired, and every disk reads as before',
    ],
    ['low_64k', 'all', 'helps', 'Helps, but leaves 1 cluster with two owners'],
    ['rt_zero_4k', 'leaks', 'no-help', 'Does not help: Check failed: Input/output error'],
    ['bitmap_bit_no_ext_4k', 'leaks', 'helps', 'Helps, but leaves the image marked corrupt'],
    ['snap_l1_bad_64k', 'leaks', 'destroys', 'Dangerous: frees 1 cluster still in use'],
  ] as const)('of %s, -r %s: %s', (name, mode, kind, text) => {
    expect(preview(name, mode).verdict).toEqual({ kind, text });
  });

  it('which ranges of the disk read otherwise', () => {
    const { cost } = preview('owners_4k', 'all');
    expect(cost?.views).toHaveLength(1);
    expect(cost?.views[0].ranges).toEqual([
      { start: 0x1000, length: 4096, what: 'other-bytes' },
      { start: 0x258000, length: 4096, what: 'other-bytes' },
    ]);
    expect(cost?.views[0].changed).toMatchObject({ 'other-bytes': 8192, zeros: 0 });
  });

  it('what can be read again', () => {
    const { cost } = preview('l2_unaligned_64k', 'all');
    expect(cost?.views[0].ranges).toEqual([{ start: 0x10000, length: 0x10000, what: 'readable' }]);
  });

  it('no second scan where the first has seen no two owners', () => {
    expect(preview('low_64k', 'all', 0).left.twoOwners).toBe(0);
    expect(preview('low_64k', 'all', 1).left.twoOwners).toBe(1);
  });
});

it('refcounts side by side that become the same are one row', () => {
  const counts = (clusters: readonly number[], after: string) =>
    clusters.map((cluster) => ({
      what: 'refcount' as const,
      offset: hostOffset(cluster * 4096),
      length: bytes(4096),
      index: cluster,
      before: '2',
      after,
    }));
  const rows = changeRows([...counts([3, 4, 5, 9], '1'), ...counts([10], '0')]);
  expect(rows.map(({ index, count, length }) => ({ index, count, length }))).toEqual([
    { index: 3, count: 3, length: 3 * 4096 },
    { index: 9, count: 1, length: 4096 },
    { index: 10, count: 1, length: 4096 },
  ]);
});
