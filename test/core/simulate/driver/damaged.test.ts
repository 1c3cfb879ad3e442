import { describe, expect, it } from 'vitest';
import { TEMPLATES } from '../../../../src/core/overlap/types.js';
import { messageLines } from '../../../../src/core/simulate/copy/laterMessages.js';
import { poke } from '../../../images/pokes.js';
import {
  CLUSTER,
  COPIED,
  FRESH,
  image,
  markedCorrupt,
  newEntries,
  newRefcounts,
  overlaps,
  refcountPoke,
  reopened,
  simulate,
} from '../simulated.js';

const IO_ERROR = 'Input/output error';
const GONE = 'No medium found';
/** Guest cluster 0 at 0x50000, its L2 table at 0x40000. */
const WRITTEN = (pokes: Parameters<typeof image>[2]) => image(FRESH, (b) => b.write(0), pokes);
const entry = (value: bigint) => poke(4 * CLUSTER, value);
const PATTERN = 0xcdcdcdcdcdcdcdcdn;

describe('an allocation where the refcount is wrongly 0', () => {
  it.each([
    [0, 'qcow2_header'],
    [1, 'refcount table'],
    [2, 'refcount block'],
    [3, 'active L1 table'],
    [4, 'active L2 table'],
  ])('at cluster %i is stopped by the %s', (cluster, table) => {
    const run = simulate(WRITTEN([refcountPoke(cluster, 0)]), 'write 16M 64k\nwrite 0 4k\nclose');
    expect(run.messages).toEqual([overlaps(table)]);
    expect(run.endings).toEqual([IO_ERROR, GONE, 'done']);
    expect(run.difference.header).toEqual({ incompatible_features: ['0x0', '0x2'] });
  });

  it('shares a data cluster, which nobody notices', () => {
    const run = simulate(WRITTEN([refcountPoke(5, 0)]), 'write 1M 64k\nclose');
    expect(run.endings).toEqual(['done', 'done']);
    expect(newEntries(run)).toEqual({ 16: '0x8000000000050000' });
  });

  it('is given up twice, and QEMU dies of it under the name of its version', () => {
    // Giving up the refcount block forgets that the cluster before it has been given up.
    const twice = WRITTEN([
      poke(4 * CLUSTER + 8, 0x20000n | COPIED),
      poke(4 * CLUSTER + 16, 0x50000n | COPIED),
    ]);
    expect(simulate(twice, 'discard 0 192k', { guarded: TEMPLATES.none }).endings).toEqual([
      'update_refcount_discard (queue_discard since 10.2): Assertion ' +
        "`d->bytes + length == new_end - new_start' failed: a cluster is freed twice",
    ]);
  });

  it('never puts an L2 table at 0, nor compressed data, nor a refcount block', () => {
    expect(simulate(image(FRESH, undefined, [refcountPoke(0, 0)]), 'write 0 4k').messages).toEqual([
      markedCorrupt('Preventing invalid allocation of L2 table at offset 0'),
    ]);
    expect(simulate(WRITTEN([refcountPoke(0, 0)]), 'write-compressed 1M 64k').messages).toEqual([
      markedCorrupt('Preventing invalid allocation of compressed cluster at offset 0'),
    ]);
    expect(simulate(WRITTEN([poke(CLUSTER, 0)]), 'discard 0 64k').messages).toEqual([
      markedCorrupt('Preventing invalid allocation of refcount block at offset 0'),
      'qcow2_free_clusters failed: Input/output error',
    ]);
  });

  it.each([
    [1, 'refcount table'],
    [3, 'active L1 table'],
  ])('punches the metadata at cluster %i that a new L2 table collided with', (cluster, table) => {
    const run = simulate(image(FRESH, undefined, [refcountPoke(cluster, 0)]), 'write 0 4k\nclose');
    expect(run.messages).toEqual([overlaps(table)]);
    const bytes = new Uint8Array(CLUSTER);
    run.simulation.overlay.readInto(bytes, cluster * CLUSTER);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(run.outcomes[0].steps).toContainEqual(expect.objectContaining({ what: 'hole' }));
  });
});

describe('an L2 entry that is wrong', () => {
  const offGrid = 0x50200n;

  it('is refused in place off the grid', () => {
    expect(simulate(WRITTEN([entry(offGrid | COPIED)]), 'write 0 4k').messages).toEqual([
      markedCorrupt('Data cluster offset 0x50200 unaligned (guest offset: 0)'),
    ]);
    expect(simulate(WRITTEN([entry(offGrid | COPIED | 1n)]), 'write 0 4k').messages).toEqual([
      markedCorrupt('Preallocated zero cluster offset 0x50200 unaligned (guest offset: 0)'),
    ]);
  });

  it('off the grid and not COPIED only leaks when it is overwritten, but cannot be read', () => {
    const whole = simulate(WRITTEN([entry(offGrid)]), 'write 0 64k\nclose');
    expect(whole.messages).toEqual([
      'qcow2: Image is corrupt: Cannot free unaligned cluster 0x50200; further non-fatal corruption events will be suppressed',
    ]);
    expect(whole.endings).toEqual(['done', 'done']);
    expect(newEntries(whole)).toEqual({ 0: '0x8000000000060000' });
    const part = simulate(WRITTEN([entry(offGrid)]), 'write 0 4k\nclose');
    expect(part.messages).toEqual([
      markedCorrupt(
        'Cluster allocation offset 0x50200 unaligned (L2 offset: 0x40000, L2 index: 0)',
      ),
    ]);
    expect(newEntries(part)).toEqual({});
  });

  it.each([
    [1, 'refcount table'],
    [2, 'refcount block'],
    [3, 'active L1 table'],
    [4, 'active L2 table'],
  ])('that points to cluster %i is stopped in place by the %s', (cluster, table) => {
    const run = simulate(
      WRITTEN([entry(BigInt(cluster * CLUSTER) | COPIED)]),
      'write 0 4k\nwrite 0 4k\nclose',
    );
    expect(run.messages).toEqual([overlaps(table)]);
    expect(run.endings).toEqual([IO_ERROR, GONE, 'done']);
    expect(run.outcomes[0].corruption).toEqual({
      message: `Preventing invalid write on metadata (overlaps with ${table})`,
      offset: cluster * CLUSTER,
      size: 4096,
      fatal: true,
    });
  });

  it('destroys what nobody guards', () => {
    const run = simulate(WRITTEN([entry(0x20000n | COPIED)]), 'write 0 4k\nclose', {
      guarded: TEMPLATES.none,
    });
    expect(run.endings).toEqual(['done', 'done']);
    const [write] = run.outcomes[0].steps.filter((step) => step.type === 'write');
    expect(write).toMatchObject({ offset: 0x20000, hits: 0x10, conflict: undefined });
    const bytes = new Uint8Array(8);
    run.simulation.overlay.readInto(bytes, 0x20000);
    expect(new DataView(bytes.buffer).getBigUint64(0)).toBe(PATTERN);
  });

  it('frees the table it is in, and QEMU aborts', () => {
    const run = simulate(WRITTEN([entry(0x40000n | COPIED)]), 'discard 0 64k\nwrite 0 4k');
    expect(run.outcomes.map(({ ending }) => ending.state)).toEqual(['aborted', 'aborted']);
    expect(newEntries(run)).toEqual({});
  });

  it('frees a cluster that has no refcount, which is only reported', () => {
    const run = simulate(WRITTEN([entry(0x50000n), refcountPoke(5, 0)]), 'write 0 64k\nclose');
    expect(run.endings).toEqual(['done', 'done']);
  });

  it('with bitmaps that contradict themselves is corrupt', () => {
    const before = image({ ...FRESH, extendedL2: true }, (b) => b.write(0), [
      poke(4 * CLUSTER + 8, (1n << 32n) | 1n),
    ]);
    expect(simulate(before, 'write 0 4k').messages).toEqual([
      markedCorrupt('Invalid cluster entry found (L2 offset: 0x40000, L2 index: 0)'),
    ]);
  });

  it('with the zero flag in version 2 is corrupt when it is read, and is overwritten otherwise', () => {
    const before = image({ ...FRESH, version: 2 }, (b) => b.write(0), [entry(0x50001n)]);
    expect(simulate(before, 'write 0 4k').messages).toEqual([
      markedCorrupt('Zero cluster entry found in pre-v3 image (L2 offset: 0x40000, L2 index: 0)'),
    ]);
    expect(simulate(before, 'write 0 64k\nclose').endings).toEqual(['done', 'done']);
  });
});

describe('an entry of a higher table that is wrong', () => {
  const l1 = (value: bigint) => WRITTEN([poke(3 * CLUSTER, value)]);

  it('is refused off the grid', () => {
    expect(simulate(l1(0x40200n | COPIED), 'write 0 4k').messages).toEqual([
      markedCorrupt('L2 table offset 0x40200 unaligned (L1 index: 0)'),
    ]);
    expect(simulate(WRITTEN([poke(CLUSTER, 0x20200)]), 'write 1M 4k').messages).toEqual([
      markedCorrupt('Refblock offset 0x20200 unaligned (reftable index: 0)'),
    ]);
  });

  it('of COPIED alone makes QEMU abort', () => {
    const run = simulate(l1(COPIED), 'write 0 4k');
    expect(run.outcomes[0].ending.state).toBe('aborted');
  });

  it('without COPIED has its table copied, whatever its refcount', () => {
    const run = simulate(l1(0x40000n), 'write 64k 64k\nclose');
    expect(run.difference.l1).toEqual([{ index: 0, old: '0x40000', new: '0x8000000000060000' }]);
    expect(newEntries(run)).toEqual({ 1: '0x8000000000040000' });
    expect(newRefcounts(run)).toEqual({ 6: '1' });
  });
});

describe('the snapshots and the bitmaps', () => {
  const snapshotted = (pokes: Parameters<typeof image>[2]) =>
    image(FRESH, (b) => b.write(0).snapshot({ name: 's', date: 0 }), pokes);

  it('whose tables cannot be read fail the flush at close, of which newer versions say more', () => {
    const place = snapshotted([]).snapshotsOffset;
    const unread = snapshotted([poke(place, 0x50200n)]);
    const run = simulate(unread, 'write 10M 64k\nclose', { guarded: TEMPLATES.all });
    expect(messageLines(run.outcomes[1])).toEqual([
      "qemu-io: Failed flush for 'FILE' during close: Invalid argument (since QEMU 11.1.3)",
      'qemu-io: Failed to flush the refcount block cache: Invalid argument',
    ]);
  });

  it('guard their tables, the L2 tables only when all is guarded', () => {
    const plain = snapshotted([]);
    const table = plain.snapshotsOffset / CLUSTER;
    const inactive = Number(plain.snapshotTable.snapshots[0].l1Offset) / CLUSTER;
    const write = 'write 10M 64k\nclose';
    expect(simulate(snapshotted([refcountPoke(table, 0)]), write).messages).toEqual([
      overlaps('snapshot table'),
    ]);
    expect(simulate(snapshotted([refcountPoke(inactive, 0)]), write).messages).toEqual([
      overlaps('inactive L1 table'),
    ]);
    // Opening it copies the shared table first, to a new cluster.
    const first = simulate(snapshotted([]), 'write 0 64k\nclose');
    const later = reopened(first);
    const moved = (guarded: number) =>
      simulate(later, 'host-write data 0x40000 64k\nclose', { guarded });
    expect(moved(TEMPLATES.cached).messages).toEqual([]);
    expect(moved(TEMPLATES.all).messages).toEqual([overlaps('inactive L2 table')]);
  });

  it('guard the bitmap directory', () => {
    const before = image(FRESH, (b) =>
      b.write(0).bitmap({ name: 'b', granularityBits: 16, dirty: [] }),
    );
    const offset = before.bitmaps?.offset ?? 0;
    const run = simulate(before, `host-write data ${offset} 4k\nclose`);
    expect(run.messages).toEqual([overlaps('bitmap directory')]);
  });
});

describe('a corrupt image', () => {
  it('is not marked in version 2', () => {
    const before = image({ ...FRESH, version: 2 }, (b) => b.write(0), [refcountPoke(1, 0)]);
    const run = simulate(before, 'write 1M 4k\nclose');
    expect(run.messages).toEqual([overlaps('refcount table')]);
    expect(run.difference.header).toEqual({});
  });

  it('is found at close, and the rest of the caches is lost', () => {
    const before = image(FRESH, (b) => b.write(0), [poke(CLUSTER, 0x40000)]);
    const run = simulate(before, 'write 1M 64k\nclose', { cache: 'writeback' });
    expect(run.messages).toHaveLength(1);
  });
});
