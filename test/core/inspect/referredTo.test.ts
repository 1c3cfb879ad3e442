import { describe, expect, it } from 'vitest';
import { mappedBy } from '../../../src/core/inspect/referredTo.js';
import { ownersOfAll } from '../../../src/core/inspect/findOwners.js';
import type { Owner } from '../../../src/core/map/owner.js';
import type { Scan } from '../../../src/core/check/scan.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { databaseDamaged } from '../../images/samples/damaged.js';
import { scanned } from '../opened.js';
import { hostCluster } from '../../../src/core/units.js';

const clustersOf = (scan: Scan, cluster: number): number[] =>
  mappedBy(scan, hostCluster(cluster)).runs.flatMap((run) =>
    Array.from({ length: run.clusters }, (_, i) => run.cluster + i),
  );

describe('what a table maps', () => {
  const builder = new ImageBuilder({ virtualSize: 2 ** 30 }).write(0, 20).compress(30, text());
  builder.snapshot({ name: 'a' }).write(5, 3).write(9000, 2);
  builder.bitmap({ name: 'b', granularityBits: 16, dirty: [[0, 900]] });
  const file = layOut(builder);
  const scan = scanned(file);
  const clusterOf = (offset: number | undefined): number => (offset ?? -1) / file.clusterSize;

  it('an L1 table: its L2 tables', () => {
    const tables = clustersOf(scan, clusterOf(file.places.l1));
    expect(tables).toHaveLength(2);
    for (const table of tables) expect(kinds(scan, table)).toContain('l2-table');
  });

  it('a refcount block: the clusters it counts', () => {
    const block = clusterOf(file.places.refcountBlocks[0]);
    expect(mappedBy(scan, hostCluster(block))).toEqual({
      runs: [{ cluster: 0, clusters: scan.map.clusters }],
      runCount: 1,
      clusters: scan.map.clusters,
    });
  });

  it('the refcount table: its blocks', () => {
    expect(clustersOf(scan, clusterOf(file.places.refcountTable))).toEqual(
      file.places.refcountBlocks.map(clusterOf),
    );
  });

  it('the header: the tables that everything hangs from', () => {
    const { l1, refcountTable, snapshotTable, bitmapDirectory } = file.places;
    expect(clustersOf(scan, 0)).toEqual(
      [l1, refcountTable, snapshotTable, bitmapDirectory].map(clusterOf).sort((a, b) => a - b),
    );
  });

  it('snapshot table, bitmap directory, bitmap table', () => {
    const { snapshotTable, snapshotL1s, bitmapDirectory, bitmapTables } = file.places;
    expect(clustersOf(scan, clusterOf(snapshotTable))).toEqual(snapshotL1s.map(clusterOf));
    expect(clustersOf(scan, clusterOf(bitmapDirectory))).toEqual(bitmapTables.map(clusterOf));
    const [data] = clustersOf(scan, clusterOf(bitmapTables[0]));
    expect(kinds(scan, data)).toContain('bitmap-data');
  });

  it('data: nothing', () => {
    const data = Array.from(Array(scan.map.clusters).keys()).find((cluster) =>
      kinds(scan, cluster).includes('l2-entry'),
    );
    expect(mappedBy(scan, hostCluster(data ?? -1))).toEqual({ runs: [], runCount: 0, clusters: 0 });
  });
});

it('L2 tables of a damaged image map those clusters that have them as owners', () => {
  const scan = scanned(databaseDamaged());
  const { clusterSize } = scan.image.geometry;
  const all = [...Array(scan.map.clusters).keys()];
  const mapped = new Map<number, Set<number>>();
  for (const [cluster, { owners }] of ownersOfAll(
    scan,
    new Set(all.map((cluster) => hostCluster(cluster))),
  ))
    for (const owner of owners) {
      if (owner.type !== 'l2-entry') continue;
      const table = Math.floor(owner.entryOffset / clusterSize);
      mapped.set(table, (mapped.get(table) ?? new Set()).add(cluster));
    }
  expect(mapped.size).toBeGreaterThan(5);
  for (const [table, clusters] of mapped)
    // A cluster that is another structure too has more to say.
    if (kinds(scan, table).every((type) => type === 'l2-table'))
      expect(clustersOf(scan, table)).toEqual([...clusters].sort((a, b) => a - b));
});

it('keeps the lowest of many runs, and counts all', () => {
  const image = new ImageBuilder({ virtualSize: 2 ** 33, clusterBits: 16 });
  // Every other cluster of the file belongs to another table.
  for (let guest = 0; guest < 4200; guest++) image.write(guest).write(8192 + guest);
  const scan = scanned(layOut(image));
  const tables = all(scan).filter((cluster) => kinds(scan, cluster).includes('l2-table'));
  const { runs, runCount, clusters } = mappedBy(scan, hostCluster(tables[0]));
  expect(runs).toHaveLength(4096);
  expect(runCount).toBeGreaterThanOrEqual(4200);
  expect(clusters).toBe(4200);
});

const all = (scan: Scan): number[] => [...Array(scan.map.clusters).keys()];

function kinds(scan: Scan, number: number): Owner['type'][] {
  const cluster = hostCluster(number);
  const { owners } = ownersOfAll(scan, new Set([cluster])).get(cluster) ?? { owners: [] };
  return owners.map(({ type }) => type);
}

function text(): Uint8Array {
  return new Uint8Array(65_536).fill(7);
}
