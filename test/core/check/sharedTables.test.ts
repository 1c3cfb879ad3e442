import { describe, expect, it } from 'vitest';
import { type ByteSource, memorySource } from '../../../src/core/byteSource.js';
import { Budget, BudgetError } from '../../../src/core/map/budget.js';
import { CHUNK, ClusterMap, SLAB } from '../../../src/core/map/clusterMap.js';
import { FindingList } from '../../../src/core/check/findingList.js';
import { Inspection } from '../../../src/core/inspect/inspection.js';
import { memoryNeeded } from '../../../src/core/check/mapNeed.js';
import { StoredRefcounts } from '../../../src/core/check/storedRefcounts.js';
import { ownersOfAll } from '../../../src/core/inspect/findOwners.js';
import { type Scan, scan } from '../../../src/core/check/scan.js';
import { isMappable, openImage } from '../../../src/core/qcow2/image.js';
import { Bytes } from '../../images/bigEndian.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { fileBytes, type SparseFile } from '../../images/pieces.js';
import { poke, poked } from '../../images/pokes.js';
import { hostCluster } from '../../../src/core/units.js';

const CLUSTER = 65_536;
const COPIED = 1n << 63n;

/** An image of so many L1 entries that all point to the L2 table of the first one. */
function oneTable(l1Entries: number, change?: (table: number) => readonly [number, bigint][]) {
  const image = new ImageBuilder({ virtualSize: l1Entries * 2 ** 29 });
  const file = layOut(image.write(0, 3));
  const at = file.entryOffset(0);
  const table = at - (at % CLUSTER);
  const l1 = new Bytes(l1Entries * 8);
  for (let index = 0; index < l1Entries; index++) {
    l1.u32(index * 8, 0x80000000);
    l1.u32(index * 8 + 4, table);
  }
  const entries = (change?.(at) ?? []).map(([index, entry]) => poke(at + index * 8, entry));
  const pokes = [{ offset: file.places.l1, hex: Buffer.from(l1.bytes).toString('hex') }];
  return { file: poked(file, [...pokes, ...entries]), table };
}

interface Measured {
  readonly scan: Scan;
  readonly bytesRead: number;
  /** Reads that begin at an offset. */
  readonly readsAt: (offset: number) => number;
}

function measured(file: SparseFile): Measured {
  const inner = memorySource(fileBytes(file));
  let bytesRead = 0;
  const offsets: number[] = [];
  const source: ByteSource = {
    size: inner.size,
    readInto: (target, offset) => {
      bytesRead += target.length;
      offsets.push(offset);
      inner.readInto(target, offset);
    },
  };
  const readsAt = (offset: number) => offsets.filter((each) => each === offset).length;
  const image = openImage(source);
  if (!isMappable(image)) throw new Error('no layout');
  const steps = scan(image);
  for (;;) {
    const step = steps.next();
    if (step.done) return { scan: step.value, bytesRead, readsAt };
  }
}

describe('an L2 table that many L1 entries point to', () => {
  it('is read as often for 4,000 of them as for 3', () => {
    const few = measured(oneTable(3).file);
    const many = measured(oneTable(4000).file);
    const l1 = (4000 - 3) * 8;
    expect(many.bytesRead - few.bytesRead).toBe(l1);
    expect(many.scan.references.exact(few.scan.map.clusters - 1)).toBe(4000);
    expect(many.scan.statistics).toEqual({ allocated: 12_000, fragmented: 0, compressed: 0 });
  });

  it('says what is wrong in it as often as it is met, each time with its place', () => {
    const { file } = oneTable(40, () => [
      [5, 0x3e00000000000001n],
      [9, COPIED | 0x7ffffff0000n],
    ]);
    const { scan: found } = measured(file);
    expect(found.findings.byCode().get('l2-reserved-bits')).toBe(40);
    expect(found.findings.byCode().get('past-end')).toBe(40);
    const places = found.findings.kept
      .filter(({ code }) => code === 'l2-reserved-bits')
      .map(({ owner }) => owner?.type === 'l2-entry' && [owner.l1Index, owner.guestOffset]);
    expect(places).toEqual(Array.from({ length: 40 }, (_, l1) => [l1, l1 * 2 ** 29 + 5 * CLUSTER]));
  });

  it('counts references up to the width of the refcounts, and the rest as overflows', () => {
    const image = new ImageBuilder({ virtualSize: 40 * 2 ** 29, refcountOrder: 2 });
    const file = layOut(image.write(0, 3));
    const at = file.entryOffset(0);
    const pokes = Array.from({ length: 40 }, (_, index) =>
      poke(file.places.l1 + index * 8, COPIED | BigInt(at)),
    );
    const { scan: found } = measured(poked(file, pokes));
    // The table and its three clusters: 40 references each, of which 15 can be counted.
    expect(found.findings.byCode().get('refcount-overflow')).toBe(4 * 25);
  });

  it('has every L1 entry as an owner, of which some are told', () => {
    const { file, table } = oneTable(4000);
    const { scan: found } = measured(file);
    const cluster = hostCluster(table / CLUSTER);
    const owners = ownersOfAll(found, new Set([cluster])).get(cluster);
    expect(owners?.total).toBe(4000);
    expect(owners?.owners).toHaveLength(100);
    const detail = new Inspection(found).cluster(cluster);
    expect(detail.owners[17]).toMatchObject({ type: 'l2-table', l1Index: 17 });
    expect(detail.more).toBe(true);
  });
});

describe('an L1 table that many snapshots have', () => {
  it('is read as often for 300 snapshots as for 3, and counted for each', () => {
    const image = (snapshots: number): SparseFile => {
      const built = new ImageBuilder({ virtualSize: 2 ** 30 });
      built.write(0, 3);
      for (let i = 0; i < snapshots; i++) built.snapshot({ name: `s${String(i)}` });
      const file = layOut(built);
      const opened = openImage(memorySource(fileBytes(file)));
      const [first, ...rest] = opened.snapshotTable.snapshots;
      return poked(
        file,
        rest.map(({ offset }) => poke(offset, first.l1Offset)),
      );
    };
    const few = measured(image(3));
    const many = measured(image(300));
    for (const { scan: found, readsAt } of [few, many]) {
      expect(readsAt(Number(found.image.snapshotTable.snapshots[0].l1Offset))).toBe(2);
      expect(readsAt(found.tables.offset(0))).toBe(2);
    }
    expect(many.scan.tables.length).toBe(1);
    expect(many.scan.tables.placeCount(0)).toBe(301);
  });
});

describe('the findings kept', () => {
  it('are put into words only while there is room', () => {
    const list = new FindingList();
    let told = 0;
    const tell = () => {
      told++;
      return { offset: 0, cluster: 0, message: '', owner: undefined };
    };
    for (let i = 0; i < FindingList.KEPT + 50; i++) list.addCorruption('copied-data', 1, tell);
    expect(told).toBe(FindingList.KEPT);
    expect(list.count('corruption')).toBe(FindingList.KEPT + 50);
    expect(list.unlisted).toBe(50);
  });
});

describe('the memory of a scan', () => {
  it('is refused before it is allocated', () => {
    const map = new ClusterMap(2 ** 31, new Budget(4 * 2 ** 20));
    const allocate = () => {
      for (let index = 0; index < 2 ** 20; index += 200)
        map.writable(index).forEach((_, at, cells) => (cells[at] = at));
    };
    expect(allocate).toThrow(BudgetError);
  });

  it('is that of the chunks written to, where tables are scattered over a TiB', () => {
    const map = new ClusterMap(2 ** 31, new Budget(32 * 2 ** 20));
    const step = 400;
    for (let index = 0; index < map.chunkCount; index += step)
      map.writable(index)[index % CHUNK] = index;
    // A slab's chunks move together when there are many of them, and keep what they have.
    expect(map.writableSlab(0)[0]).toBe(map.cell(0));
    for (let index = 0; index < map.chunkCount; index += step)
      expect(map.cell(index * CHUNK + (index % CHUNK))).toBe(index);
  });

  it('is little where few stretches of a chunk differ, which are read and written as all are', () => {
    const tables = 40_000;
    const step = Math.floor(2 ** 31 / tables);
    // 48 bytes a table, and what is open at a time.
    const map = new ClusterMap(2 ** 31 - 1, new Budget(tables * 48 + 4 * 2 ** 20));
    for (let table = 0; table < tables; table++)
      map.fill(table * step, table * step + 3, table + 1);
    for (let table = 0; table < tables; table += 7) map.fill(table * step + 1, table * step + 2, 9);
    for (let table = 0; table < tables; table++) {
      const first = table * step;
      const middle = table % 7 === 0 ? 9 : table + 1;
      expect([0, 1, 2, 3].map((at) => map.cell(first + at))).toEqual([
        table + 1,
        middle,
        table + 1,
        0,
      ]);
      const chunk = map.chunk(Math.floor(first / CHUNK));
      expect(typeof chunk === 'number' ? chunk : chunk[first % CHUNK]).toBe(table + 1);
    }
  });

  it('of a chunk that becomes alike again is one value', () => {
    const map = new ClusterMap(2 ** 24);
    map.writable(0).fill(7, 3);
    expect(typeof map.chunk(0)).toBe('object');
    map.writable(0).fill(7);
    for (let index = 1; index < 5000; index++) map.writable(index)[index % CHUNK] = 1;
    expect(map.chunk(0)).toBe(7);
  });

  it('of refcount blocks is that of the chunks whose refcounts differ', () => {
    const built = new ImageBuilder({ virtualSize: 2 ** 30, clusterBits: 9, refcountOrder: 0 });
    for (let guest = 0; guest < 300; guest++) built.write(guest).skip(4096);
    const image = openImage(memorySource(fileBytes(layOut(built))));
    if (!isMappable(image)) throw new Error('no layout');
    const map = new ClusterMap(image.geometry.hostClusters);
    for (const _ of new StoredRefcounts(image, image.geometry).load(map));
    let unlike = 0;
    for (let index = 0; index < map.chunkCount; index++)
      if (typeof map.chunk(index) !== 'number') unlike++;
    // A block of 4096 refcounts has eight chunks, and one or two of them something in use.
    expect(unlike).toBeLessThan(2.2 * Math.ceil(image.geometry.hostClusters / 4096));
  });

  it('of findings is taken as they are kept, and that of all expected from the first on', () => {
    const budget = new Budget(10_000);
    const list = new FindingList(budget);
    const add = () => {
      list.addCorruption('copied-data', 1, () => ({
        offset: 0,
        cluster: 0,
        message: '',
        owner: undefined,
      }));
    };
    for (let i = 0; i < 12; i++) add();
    let thrown: unknown;
    try {
      add();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(BudgetError);
    expect(thrown).toMatchObject({ expected: FindingList.KEPT * 800 });
  });

  it('is given back when the chunks of a slab move together', () => {
    const map = new ClusterMap(3 * SLAB - 1, new Budget(3.5 * SLAB * 4));
    for (let index = 0; index < map.chunkCount; index++) map.writable(index)[1] = index + 1;
    for (let index = 0; index < map.chunkCount; index++)
      expect(map.cell(index * CHUNK + 1)).toBe(index + 1);
    expect(map.writableSlab(0)[CHUNK + 1]).toBe(2);
  });

  it('is told beforehand: as much as is said does, and a tenth does not', () => {
    const built = new ImageBuilder({ virtualSize: 2 ** 24, clusterBits: 9 });
    for (let guest = 0; guest < 9000; guest++) built.write(guest).skip(1 + (guest % 40));
    const image = openImage(memorySource(fileBytes(layOut(built))));
    if (!isMappable(image)) throw new Error('no layout');
    const needed = memoryNeeded(image);
    const run = (memory: number) => {
      for (const _ of scan(image, memory));
    };
    expect(() => {
      run(needed);
    }).not.toThrow();
    expect(() => {
      run(needed / 10);
    }).toThrow(BudgetError);
  });
});
