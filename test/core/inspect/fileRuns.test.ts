import { describe, expect, it } from 'vitest';
import { kindsOf, storedOf } from '../../../src/core/map/cell.js';
import { kindNames } from '../../../src/core/map/kinds.js';
import { type FileRun, fileRuns, FileRuns } from '../../../src/core/inspect/fileRuns.js';
import type { Scan } from '../../../src/core/check/scan.js';
import { matcher, NOTHING_BESIDE } from '../../../src/core/inspect/search.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { databaseDamaged } from '../../images/samples/damaged.js';
import { scanned } from '../opened.js';
import { hostCluster, hostOffset } from '../../../src/core/units.js';

/** Cluster by cluster, joined where all that is told is the same. */
function naiveRuns(scan: Scan): FileRun[] {
  const { map, stored, references, image } = scan;
  const runs: FileRun[] = [];
  for (let cluster = 0; cluster < map.clusters; cluster++) {
    const here = {
      types: kindNames(kindsOf(map.cell(cluster))),
      refcount: Number(stored.exact(cluster)),
      references: references.exact(cluster),
    };
    const last = runs.at(-1);
    if (last && JSON.stringify({ ...last, ...here }) === JSON.stringify(last))
      runs[runs.length - 1] = { ...last, clusters: last.clusters + 1 };
    else
      runs.push({ offset: hostOffset(cluster * image.geometry.clusterSize), clusters: 1, ...here });
  }
  return runs;
}

/** Clusters shared by more snapshots than eight bits can count. */
function muchShared() {
  const image = new ImageBuilder({ virtualSize: 2 ** 24, clusterBits: 12 }).write(0, 300);
  for (let i = 0; i < 260; i++) image.snapshot({ name: `s${i}` });
  return layOut(image.write(5, 3));
}

describe.each([
  ['a damaged image', scanned(databaseDamaged())],
  ['counts beyond a byte', scanned(muchShared())],
])('runs of %s', (_, scan) => {
  const expected = naiveRuns(scan);
  const runs = new FileRuns(scan);

  it('are those of a look at every cluster', () => {
    expect([...fileRuns(scan)]).toEqual(expected);
    expect(runs.total).toBe(expected.length);
  });

  it('come in pages', () => {
    for (const from of [0, 1, 7, expected.length - 2, expected.length])
      expect([...runs.page(from, 5)]).toEqual(expected.slice(from, from + 5));
  });

  it('are found by cluster', () => {
    for (let cluster = 0; cluster < scan.map.clusters; cluster += 37) {
      const { clusterSize } = scan.image.geometry;
      const position = expected.findLastIndex(({ offset }) => offset <= cluster * clusterSize);
      expect(runs.positionOf(hostCluster(cluster))).toBe(position);
    }
  });

  it.each([
    { type: 'kind', kind: 'data' },
    { type: 'kind', kind: 'unallocated' },
    { type: 'claimed-twice' },
    { type: 'leak' },
    { type: 'too-low' },
  ] as const)('are filtered: %o', (filter) => {
    const matches = matcher(filter, NOTHING_BESIDE);
    const some = expected.filter(({ offset }) => {
      const cluster = offset / scan.image.geometry.clusterSize;
      return matches(scan.map.cell(cluster), cluster);
    });
    const filtered = new FileRuns(scan, filter);
    expect([...filtered.page(0, Infinity)]).toEqual(some);
    expect(filtered.total).toBe(some.length);
  });
});

it('the shared image does have counts beyond a byte', () => {
  const { map } = scanned(muchShared());
  const stored = Array.from({ length: map.clusters }, (_, cluster) => storedOf(map.cell(cluster)));
  expect(Math.max(...stored)).toBe(255);
});
