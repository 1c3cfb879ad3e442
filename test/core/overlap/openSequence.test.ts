import { describe, expect, it } from 'vitest';
import { BIT } from '../../../src/core/map/kinds.js';
import { openSequence } from '../../../src/core/overlap/openSequence.js';
import type { Operation } from '../../../src/core/overlap/operation.js';
import { StructureBuilder } from '../../../src/core/overlap/openedStructures.js';
import { DEFAULT_BITMAP_SIZE, NO_LIMIT } from '../../../src/core/overlap/settings.js';
import { TEMPLATES } from '../../../src/core/overlap/types.js';
import type { MappableImage } from '../../../src/core/qcow2/image.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { openedMappable } from '../opened.js';

const CLUSTER = 512;

/** Two L2 tables, one of them in a snapshot too, and a second snapshot with a long name. */
function builder(): ImageBuilder {
  return new ImageBuilder({ virtualSize: 2 ** 20, clusterBits: 9 })
    .write(200)
    .write(3)
    .snapshot({ name: 'one' })
    .write(3)
    .snapshot({ name: 'n'.repeat(600) });
}

function operationsOf(image: MappableImage, guarded: number): Operation[] {
  const list = openSequence(image, guarded);
  if (!list.ok) throw new Error(list.message);
  return Array.from({ length: list.value.length }, (_, index) => list.value.at(index));
}

const enter = (offset: number, clusters: number, types: number): Operation => ({
  type: 'enter',
  offset,
  clusters,
  types,
});

describe('opening', () => {
  const built = builder();
  const image = openedMappable(layOut(built));
  const l2s = (tables: readonly ({ cluster: number } | undefined)[], type: number) =>
    tables.flatMap((table) => (table ? [enter(table.cluster * CLUSTER, 1, type)] : []));
  const clusters = (bytes: number) => Math.ceil(bytes / CLUSTER);

  const upToBlocks = [
    enter(0, 1, BIT.mainHeader),
    enter(image.refcountTable.offset, clusters(image.refcountTable.length * 8), BIT.refcountTable),
    // Ids, names and extra data are left out: 80 bytes, where the table has more than 512.
    enter(image.snapshotsOffset, 1, BIT.snapshotTable),
    enter(image.l1.offset, clusters(image.l1.length * 8), BIT.activeL1),
    ...l2s(built.active.tables, BIT.activeL2),
  ];

  it('enters the header, refcount table, snapshot table, L1, L2 tables, refcount blocks, snapshots', () => {
    const operations = operationsOf(image, TEMPLATES.cached);
    expect(operations.slice(0, upToBlocks.length)).toEqual(upToBlocks);
    const rest = operations.slice(upToBlocks.length);
    const blocks = rest.filter(
      (entered) => 'types' in entered && entered.types === BIT.refcountBlock,
    );
    expect(blocks.length).toBeGreaterThan(0);
    expect(rest).toEqual([
      ...blocks,
      ...built.snapshots.map(({ l1 }) =>
        enter(l1.cluster * CLUSTER, clusters(l1.tables.length * 8), BIT.inactiveL1),
      ),
    ]);
  });

  it('enters the L2 tables of each snapshot behind its L1 table, if they are guarded', () => {
    const all = operationsOf(image, TEMPLATES.all);
    const cached = operationsOf(image, TEMPLATES.cached);
    const common = cached.length - built.snapshots.length;
    expect(all.slice(0, common)).toEqual(cached.slice(0, common));
    expect(all.slice(common)).toEqual(
      built.snapshots.flatMap(({ l1 }, index) => [
        cached[common + index],
        ...l2s(l1.tables, BIT.inactiveL2),
      ]),
    );
  });

  it('builds structures that know every table and the true extent of none but the snapshot table', () => {
    const opened = new StructureBuilder(image).build({
      guarded: TEMPLATES.all,
      bitmapSize: DEFAULT_BITMAP_SIZE,
      totalSizeLimit: NO_LIMIT,
      policy: 'evict',
    });
    if (opened.state !== 'built') throw new Error(opened.state);
    const list = opened.replay.final;
    const at = (offset: number) => list.check(0, offset, 1);
    expect(at(0)).toBe(BIT.mainHeader);
    expect(at(image.l1.offset)).toBe(BIT.activeL1);
    expect(at(image.snapshotsOffset)).toBe(BIT.snapshotTable);
    expect(at(image.snapshotsOffset + CLUSTER)).toBe(0);
  });

  it('creates nothing when nothing is guarded, and fails when the limit is too small', () => {
    const structures = new StructureBuilder(image);
    const settings = { bitmapSize: 4096, totalSizeLimit: 90, policy: 'evict' } as const;
    expect(structures.build({ ...settings, guarded: 0 }).state).toBe('none');
    expect(structures.build({ ...settings, guarded: TEMPLATES.all })).toEqual({
      state: 'failed',
      message: 'Cannot allocate metadata overlap cache pointers',
    });
  });
});
