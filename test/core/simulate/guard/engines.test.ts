import { describe, expect, it } from 'vitest';
import { BIT } from '../../../../src/core/map/kinds.js';
import { NO_LIMIT } from '../../../../src/core/overlap/settings.js';
import { TEMPLATES } from '../../../../src/core/overlap/types.js';
import type { Engine } from '../../../../src/core/simulate/guard/judge.js';
import { poke } from '../../../images/pokes.js';
import {
  CLUSTER,
  COPIED,
  FRESH,
  image,
  overlaps,
  refcountPoke,
  reopened,
  simulate,
} from '../simulated.js';

const STRUCTURES: Engine = {
  type: 'structures',
  bitmapSize: 65536,
  totalSizeLimit: NO_LIMIT,
  policy: 'evict',
};
const structures = { engine: STRUCTURES };

describe('the overlap structures as the check', () => {
  it.each([
    [0, 'qcow2_header'],
    [1, 'refcount table'],
    [2, 'refcount block'],
    [3, 'active L1 table'],
    [4, 'active L2 table'],
  ])('stop a write to cluster %i as QEMU’s check does', (cluster, table) => {
    const before = image(FRESH, (b) => b.write(0), [refcountPoke(cluster, 0)]);
    expect(simulate(before, 'write 1M 64k', structures).messages).toEqual([overlaps(table)]);
  });

  it('know the tables that were made since opening', () => {
    const run = simulate(image(FRESH), 'write 0 4k\nhost-write data 0x40000 512', structures);
    expect(run.endings).toEqual(['done', 'Input/output error']);
    expect(run.messages).toEqual([overlaps('active L2 table')]);
    expect(run.simulation.structures?.check(0, 0x40000, 1)).toBe(BIT.activeL2);
  });

  it('know a refcount table that has grown, and its blocks', () => {
    const before = image({ virtualSize: 2 ** 22, clusterBits: 9, refcountOrder: 6 });
    const run = simulate(before, 'write 0 2080k', structures);
    const list = run.simulation.structures;
    const { refcountTable } = reopened(run);
    expect(list?.check(0, refcountTable.offset, 1024)).toBe(BIT.refcountTable);
    expect(list?.check(0, 0x200, 1) ?? 0).not.toBe(BIT.refcountTable);
  });

  it('keep the flag of a copied L2 table, which is an error of theirs', () => {
    const snapshotted = image(FRESH, (b) => b.write(0).snapshot({ name: 's', date: 0 }));
    const operations = 'write 0 4k\nsnapshot-delete s\nhost-write data 0x40000 64k';
    const settings = { guarded: TEMPLATES.cached };
    expect(simulate(snapshotted, operations, settings).endings.at(-1)).toBe('done');
    const stale = simulate(snapshotted, operations, { ...settings, ...structures });
    expect(stale.messages).toEqual([overlaps('active L2 table')]);
  });

  it('forget a snapshot’s L2 table before its entries are written as COPIED', () => {
    const all = { guarded: TEMPLATES.all };
    const snapshotted = image(FRESH, (b) => b.write(0).snapshot({ name: 's', date: 0 }));
    const deleted = simulate(snapshotted, 'snapshot-delete s', { ...all, ...structures });
    expect([deleted.endings, deleted.messages]).toEqual([['done'], []]);
    expect(deleted.simulation.structures?.check(BIT.activeL2, 0x40000, 1)).toBe(0);
    // What another snapshot shares stays inactive, and is in the way: also of QEMU's own check.
    for (const engine of [{}, structures])
      expect(
        simulate(snapshotted, 'snapshot-create t\nwrite 0 4k\nsnapshot-delete s', {
          ...all,
          ...engine,
        }).messages,
      ).toEqual([overlaps('inactive L2 table')]);
  });

  it('do not know the bitmap directory', () => {
    const before = image(FRESH, (b) =>
      b.write(0).bitmap({ name: 'b', granularityBits: 16, dirty: [] }),
    );
    const write = `host-write data ${before.bitmaps?.offset} 4k`;
    expect(simulate(before, write).endings).toEqual(['Input/output error']);
    expect(simulate(before, write, structures).endings).toEqual(['done']);
  });

  it('leave a window unprotected for which memory is refused, and tell what is destroyed', () => {
    const before = image(FRESH, (b) => b.write(0), [poke(4 * CLUSTER, 0x20000n | COPIED)]);
    const engine = { ...STRUCTURES, totalSizeLimit: 200 };
    const run = simulate(before, 'write 0 4k', { engine });
    expect(run.endings).toEqual(['done']);
    expect(run.outcomes[0].steps).toContainEqual(
      expect.objectContaining({ what: 'guest data', hits: BIT.refcountBlock }),
    );
  });
});
