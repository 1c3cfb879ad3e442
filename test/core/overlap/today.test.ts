import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BIT } from '../../../src/core/map/kinds.js';
import { TableSet } from '../../../src/core/overlap/tableSet.js';
import { guardedTables, type GuardedTables, TodayEngine } from '../../../src/core/overlap/today.js';
import { TEMPLATES } from '../../../src/core/overlap/types.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { openedMappable } from '../opened.js';

const CLUSTER = 4096;
const set = (...offsets: number[]) => new TableSet(Float64Array.from(offsets), CLUSTER);

/** All tables at one place, to see the order, but for those of `tables`. */
function everythingAt(offset: number, tables: Partial<GuardedTables> = {}): GuardedTables {
  const place = { offset, bytes: 8 };
  const inactive = set(offset);
  return {
    clusterSize: CLUSTER,
    activeL1: place,
    refcountTable: place,
    snapshotTable: place,
    inactiveL1s: [place],
    activeL2s: set(offset),
    refcountBlocks: set(offset),
    inactiveL2s: () => inactive,
    bitmapDirectory: place,
    ...tables,
  };
}

const ORDER = [
  BIT.mainHeader,
  BIT.activeL1,
  BIT.refcountTable,
  BIT.snapshotTable,
  BIT.inactiveL1,
  BIT.activeL2,
  BIT.refcountBlock,
  BIT.inactiveL2,
  BIT.bitmapDirectory,
];

describe('the check as QEMU has it today', () => {
  it('finds the first type in its own order', () => {
    const engine = new TodayEngine(everythingAt(0), TEMPLATES.all);
    const found: number[] = [];
    for (let ignore = 0; ; ignore |= found[found.length - 1]) {
      const type = engine.check(ignore, 100, 1);
      if (type === 0) break;
      found.push(type);
    }
    expect(found).toEqual(ORDER);
  });

  it('widens writes to clusters, and takes tables byte for byte', () => {
    const engine = new TodayEngine(everythingAt(10 * CLUSTER + 100), TEMPLATES.all);
    const hits = (offset: number, size: number) => engine.check(0, offset, size) !== 0;
    expect(hits(10 * CLUSTER, 1)).toBe(true);
    expect(hits(10 * CLUSTER + 200, 1)).toBe(true);
    expect(hits(9 * CLUSTER, CLUSTER)).toBe(false);
    expect(hits(9 * CLUSTER, CLUSTER + 1)).toBe(true);
    expect(hits(10 * CLUSTER, 0)).toBe(false);
    // Tables of one cluster reach into the next.
    expect(engine.check(0, 11 * CLUSTER, 1)).toBe(BIT.activeL2);
  });

  it('takes the header for the first cluster, whatever the size', () => {
    const engine = new TodayEngine(everythingAt(2 ** 30), TEMPLATES.constant);
    expect(engine.check(0, CLUSTER - 1, 1)).toBe(BIT.mainHeader);
    expect(engine.check(0, CLUSTER, 1)).toBe(0);
    expect(engine.check(BIT.mainHeader, 0, 1)).toBe(0);
  });

  it('has no table where there are no bytes', () => {
    const nowhere = { offset: CLUSTER, bytes: 0 };
    const engine = new TodayEngine(
      everythingAt(CLUSTER, {
        activeL1: nowhere,
        refcountTable: nowhere,
        snapshotTable: nowhere,
        inactiveL1s: [],
        activeL2s: set(),
        refcountBlocks: set(),
        inactiveL2s: () => set(),
        bitmapDirectory: nowhere,
      }),
      TEMPLATES.all,
    );
    expect(engine.check(0, CLUSTER, CLUSTER)).toBe(0);
  });

  it('reads inactive L2 tables only when it gets so far', () => {
    let asked = 0;
    const tables = everythingAt(CLUSTER, {
      inactiveL2s: () => {
        asked++;
        return set();
      },
    });
    new TodayEngine(tables, TEMPLATES.cached).check(0, 20 * CLUSTER, 1);
    new TodayEngine(tables, TEMPLATES.all).check(0, CLUSTER, 1);
    expect(asked).toBe(0);
    new TodayEngine(tables, TEMPLATES.all).check(0, 20 * CLUSTER, 1);
    expect(asked).toBe(1);
  });

  it('knows the tables of an image', () => {
    const builder = new ImageBuilder({ virtualSize: 2 ** 26, clusterBits: 12 })
      .write(0)
      .write(600)
      .snapshot({ name: 'one', vmState: new Uint8Array(5000) })
      .write(0)
      .bitmap({ name: 'b', granularityBits: 16, dirty: [] });
    const image = openedMappable(layOut(builder));
    const engine = new TodayEngine(guardedTables(image), TEMPLATES.all);
    const at = (offset: number) => engine.check(0, offset, 1);
    const [snapshot] = builder.snapshots;
    expect(at(image.l1.offset)).toBe(BIT.activeL1);
    expect(at(image.refcountTable.offset)).toBe(BIT.refcountTable);
    expect(at(image.snapshotsOffset)).toBe(BIT.snapshotTable);
    expect(at(snapshot.l1.cluster * CLUSTER)).toBe(BIT.inactiveL1);
    const l2s = builder.active.tables.flatMap((table) => (table ? [table.cluster * CLUSTER] : []));
    expect(l2s.map(at)).toEqual(l2s.map(() => BIT.activeL2));
    const former = snapshot.l1.tables[0];
    expect(at((former?.cluster ?? 0) * CLUSTER)).toBe(BIT.inactiveL2);
    expect(at(image.refcountTable.low(0))).toBe(BIT.refcountBlock);
    expect(at(image.bitmaps?.offset ?? 0)).toBe(BIT.bitmapDirectory);
  });
});

describe('a set of tables', () => {
  const offset = fc.integer({ min: 0, max: 40 }).map((at) => at * 1024);

  it('finds overlaps as a search of all does, while tables come and go', () => {
    const step = fc.record({ add: fc.boolean(), offset });
    fc.assert(
      fc.property(
        fc.array(offset),
        fc.array(step),
        offset,
        fc.integer({ min: 1, max: 9000 }),
        (first, steps, start, size) => {
          const tables = set(...first);
          const all = [...first];
          for (const { add, offset: at } of steps) {
            if (add) {
              tables.add(at);
              all.push(at);
            } else {
              tables.remove(at);
              if (all.includes(at)) all.splice(all.indexOf(at), 1);
            }
          }
          const end = start + size;
          const expected = all.some((at) => at < end && start < at + CLUSTER);
          expect(tables.overlaps(start, end)).toBe(expected);
        },
      ),
    );
  });
});
