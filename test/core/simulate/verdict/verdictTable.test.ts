import { describe, expect, test } from 'vitest';
import { TEMPLATES, type TypeSet } from '../../../../src/core/overlap/types.js';
import type { MappableImage } from '../../../../src/core/qcow2/image.js';
import { disagreementText } from '../../../../src/core/simulate/verdict/disagreementText.js';
import { parseSimulatedOperation } from '../../../../src/core/simulate/copy/operation.js';
import {
  type Cell,
  type Row,
  rowsFor,
  VerdictTable,
} from '../../../../src/core/simulate/verdict/verdictTable.js';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut, type BuiltImage } from '../../../images/layOut.js';
import { poke, poked } from '../../../images/pokes.js';
import { openedMappable } from '../../opened.js';

const MIB = 2 ** 20;
const CLUSTER = 65_536;
const COPIED = 1n << 63n;
const ROOMY = { bitmapSize: 65_536, totalSizeLimit: 2 ** 64, policy: 'evict' } as const;

type Judged = Pick<Row, 'disagreement'> & { readonly today: Cell; readonly structures: Cell };

/** What both engines say of the last of some operations. */
function verdictOf(
  image: MappableImage,
  lines: readonly string[],
  guarded: TypeSet = TEMPLATES.cached,
  structures: { bitmapSize: number; totalSizeLimit: number; policy: 'evict' | 'fail' } = ROOMY,
): Judged {
  const operations = lines.map((line) => {
    const parsed = parseSimulatedOperation(line);
    if (!parsed.ok) throw new Error(parsed.message);
    return parsed.value;
  });
  const table = new VerdictTable(image, guarded, {
    cache: 'writethrough',
    sizes: {},
    discardNoUnref: false,
    surroundings: { allocatedBytes: undefined, inflate: undefined },
    structures: { type: 'structures', ...structures },
  });
  while (table.step(operations));
  const row = table.rows(operations.length - 1).find((each) => each.guarded === guarded);
  if (!row?.today || !row.structures) throw new Error('not known');
  return { ...row, today: row.today, structures: row.structures };
}

/** An image whose guest cluster 5 is said to lie where something else does. */
function claiming(builder: ImageBuilder, place: (image: BuiltImage) => number): MappableImage {
  const image = layOut(builder);
  const entry = COPIED | BigInt(place(image));
  return openedMappable(poked(image, [poke(image.entryOffset(5), entry)]));
}

const disk = (): ImageBuilder => new ImageBuilder({ virtualSize: 64 * MIB }).write(0, 20);
const HIT = ['write 0x50000 64K'];

describe('a write that its L2 entry leads to metadata', () => {
  const image = claiming(disk(), ({ places }) => places.refcountBlocks[0]);

  test('is stopped where the type is guarded, in QEMU’s words', () => {
    const { today, structures, disagreement } = verdictOf(image, HIT);
    const message = 'Preventing invalid write on metadata (overlaps with refcount block)';
    expect(today).toEqual({ type: 'stopped', by: 'refcount-block', message, destroyed: undefined });
    expect(structures).toEqual(today);
    expect(disagreement).toBeUndefined();
  });

  test('destroys it where the type is not', () => {
    const { today, structures } = verdictOf(image, HIT, TEMPLATES.constant);
    expect(today.type).toBe('passes');
    expect(today.destroyed).toMatchObject({ kinds: ['refcount-block'], total: 1 });
    expect(today.destroyed?.places).toEqual([
      {
        step: 1,
        what: 'guest data',
        offset: 2 * CLUSTER,
        size: CLUSTER,
        kinds: ['refcount-block'],
      },
    ]);
    expect(structures).toEqual(today);
  });

  test('ends the session: nothing later is reached', () => {
    expect(verdictOf(image, [...HIT, 'write 0 64K']).today).toMatchObject({
      type: 'unreached',
      since: 0,
    });
  });
});

describe('the engines part', () => {
  test('where memory was refused when the structures were built', () => {
    const image = claiming(disk(), ({ places }) => places.refcountBlocks[0]);
    const tight = { ...ROOMY, totalSizeLimit: 500 };
    const { today, structures, disagreement } = verdictOf(image, HIT, TEMPLATES.cached, tight);
    expect(today.type).toBe('stopped');
    expect(structures.destroyed?.kinds).toEqual(['refcount-block']);
    expect(disagreement).toEqual({
      operation: 0,
      offset: 2 * CLUSTER,
      size: CLUSTER,
      reason: { type: 'unprotected', kind: 'refcount-block', window: 0, how: 'lost' },
    });
  });

  test('over the bitmap directory, which the series does not know', () => {
    const builder = disk().bitmap({ name: 'b', granularityBits: 16, dirty: [[0, 4]] });
    const image = claiming(builder, ({ places }) => places.bitmapDirectory ?? 0);
    const { today, disagreement } = verdictOf(image, HIT);
    expect(today).toMatchObject({ type: 'stopped', by: 'bitmap-directory' });
    expect(disagreement?.reason).toEqual({ type: 'unknown-type', kind: 'bitmap-directory' });
  });

  test('in the part of a snapshot table that 40 bytes a snapshot do not cover', () => {
    const builder = new ImageBuilder({ virtualSize: MIB, clusterBits: 9 }).write(0, 20);
    for (let i = 0; i < 12; i++) builder.snapshot({ name: `a long name of snapshot ${i}` });
    builder.write(0, 20);
    const image = claiming(builder, ({ places }) => (places.snapshotTable ?? 0) + 512);
    const { today, structures, disagreement } = verdictOf(image, ['write 2560 512']);
    expect(today).toMatchObject({ type: 'stopped', by: 'snapshot-table' });
    expect(structures.destroyed?.kinds).toEqual(['snapshot-table']);
    expect(disagreement?.reason).toEqual({ type: 'under-covered' });
  });

  test('over a table off the cluster grid, which is never entered', () => {
    const image = layOut(disk().write(600, 2));
    const off = poked(image, [
      poke(image.places.refcountTable + 8, 24 * CLUSTER + 512),
      poke(image.entryOffset(5), COPIED | BigInt(24 * CLUSTER)),
    ]);
    const { today, disagreement } = verdictOf(openedMappable(off), HIT);
    expect(today).toMatchObject({ type: 'stopped', by: 'refcount-block' });
    expect(disagreement?.reason).toEqual({ type: 'not-entered', kind: 'refcount-block' });
  });

  test('over the flag of an L2 table that was copied away', () => {
    const lines = ['snapshot-create s', 'write 0 64K', 'snapshot-delete s'];
    const image = openedMappable(layOut(disk()));
    const before = verdictOf(image, lines);
    expect([before.today.type, before.structures.type]).toEqual(['passes', 'passes']);
    // The old table's cluster is free again: the next write into a hole gets it.
    const { today, structures, disagreement } = verdictOf(image, [...lines, 'write 32M 64K']);
    expect(today).toEqual({ type: 'passes', destroyed: undefined });
    expect(structures).toMatchObject({ type: 'stopped', by: 'active-l2' });
    expect(disagreement).toMatchObject({ operation: 3, reason: { type: 'stale', operation: 1 } });
    expect(disagreement && disagreementText(disagreement, (kind) => kind)).toMatch(
      /^A stale flag: operation 2 moved the active-l2 away/,
    );
  });
});

test('a snapshot comes and goes, and destroys nothing', () => {
  const image = openedMappable(layOut(disk()));
  for (const lines of [['snapshot-create s'], ['snapshot-create s', 'snapshot-delete s']])
    expect(verdictOf(image, lines).today).toEqual({ type: 'passes', destroyed: undefined });
});

test('an image that does not open with the structures opens without them', () => {
  const image = claiming(disk(), ({ places }) => places.refcountBlocks[0]);
  const none = { ...ROOMY, totalSizeLimit: 10 };
  const { today, structures } = verdictOf(image, ['flush', ...HIT], TEMPLATES.cached, none);
  expect(today).toMatchObject({ type: 'stopped', by: 'refcount-block' });
  expect(structures).toEqual({ type: 'refused', message: 'Cannot allocate metadata list' });
});

test('the user’s types have a row of their own unless a template has them', () => {
  expect(rowsFor(TEMPLATES.all).map(({ template }) => template)).toEqual([
    'none',
    'constant',
    'cached',
    'all',
  ]);
  expect(rowsFor(1).at(-1)).toEqual({ template: undefined, guarded: 1 });
});
