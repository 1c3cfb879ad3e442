import { describe, expect, it } from 'vitest';
import { Inspection } from '../../../src/core/inspect/inspection.js';
import { describeOwner } from '../../../src/core/map/owner.js';
import { ownersOfAll } from '../../../src/core/inspect/findOwners.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { poke, poked } from '../../images/pokes.js';
import { databaseDamaged } from '../../images/samples/damaged.js';
import { scanned } from '../opened.js';
import { hostCluster } from '../../../src/core/units.js';

const CLUSTER = 65_536;
const COPIED = 1n << 63n;

/** Twenty clusters, a snapshot, then three of them written anew. */
function withSnapshot() {
  return layOut(
    new ImageBuilder({ virtualSize: 2 ** 30 }).write(0, 20).snapshot({ name: 'a' }).write(5, 3),
  );
}

function inspected(file: Parameters<typeof scanned>[0]) {
  const scan = scanned(file);
  return { scan, inspection: new Inspection(scan) };
}

describe('Inspection.cluster', () => {
  it('names every owner of a cluster shared with a snapshot', () => {
    const file = withSnapshot();
    const { inspection, scan } = inspected(file);
    const shared = [...Array(scan.map.clusters).keys()]
      .map((cluster) => inspection.cluster(hostCluster(cluster)))
      .filter((detail) => detail.references === 2 && detail.kinds.includes('data'));
    expect(shared).toHaveLength(17);
    expect(shared[0].owners.map(describeOwner)).toEqual([
      'L2 entry 0 of L1 entry 0 (guest offset 0x0)',
      "L2 entry 0 of L1 entry 0 of snapshot 'a' (guest offset 0x0)",
    ]);
    expect(shared[0]).toMatchObject({ stored: '2', claimedTwice: false, findings: [] });
  });

  it('names both claimants of a table that is data too', () => {
    const file = withSnapshot();
    const l1 = file.places.l1;
    const { inspection } = inspected(poked(file, [poke(file.entryOffset(6), COPIED | BigInt(l1))]));
    const detail = inspection.cluster(hostCluster(l1 / CLUSTER));
    expect(detail.kinds).toEqual(['active-l1', 'data']);
    expect(detail.claimedTwice).toBe(true);
    expect(detail.owners.map(describeOwner)).toEqual([
      'active L1 table',
      'L2 entry 6 of L1 entry 0 (guest offset 0x60000)',
    ]);
    expect(detail.findings.map((f) => f.message)).toEqual([
      `ERROR cluster ${l1 / CLUSTER} refcount=1 reference=2`,
    ]);
  });

  it('counts as many owners as references, on the clusters of a damaged image', () => {
    const { inspection, scan } = inspected(databaseDamaged());
    const all = new Set(Array.from({ length: scan.map.clusters }, (_, i) => hostCluster(i)));
    const owners = ownersOfAll(scan, all);
    for (const cluster of all) {
      if (cluster % 11 !== 0) continue;
      const detail = inspection.cluster(cluster);
      if (!detail.more) expect(detail.owners, `cluster ${cluster}`).toHaveLength(detail.references);
      if (!detail.more) expect(owners.get(cluster)?.owners).toEqual(detail.owners);
    }
  });
});

describe('Inspection.summary', () => {
  it('counts each kind, and every cluster of the file', () => {
    const file = withSnapshot();
    const { inspection, scan } = inspected(file);
    const { clusters, counts, claimedTwice } = inspection.summary(0);
    expect(clusters).toMatchObject({
      'main-header': 1,
      'active-l1': 1,
      'inactive-l1': 1,
      'active-l2': 1,
      'inactive-l2': 1,
      data: 23,
      'refcount-block': 1,
    });
    expect(Object.values(clusters).reduce((sum, n) => sum + n)).toBe(scan.map.clusters);
    expect(claimedTwice).toBe(0);
    expect(counts).toMatchObject({ corruptions: 0, leaks: 0, allocatedClusters: 20 });
  });

  it('has no counts where QEMU has none', () => {
    const { inspection } = inspected(poked(withSnapshot(), [poke(60, 65_537, 4)]));
    expect(inspection.summary(0).counts).toBeUndefined();
  });
});

describe('Inspection.findings', () => {
  const { inspection } = inspected(databaseDamaged());
  const all = [...inspection.allFindings()];

  it('pages through all findings in order', () => {
    const pages = [];
    for (let from = 0; from < all.length + 7; from += 7)
      pages.push(...inspection.findings({ from, count: 7, severity: undefined }).findings);
    expect(pages).toEqual(all);
  });

  it('pages through those of one severity', () => {
    const leaks = all.filter((finding) => finding.severity === 'leak');
    const page = inspection.findings({ from: 3, count: 10, severity: 'leak' });
    expect(page).toEqual({ total: leaks.length, findings: leaks.slice(3, 13) });
    expect(leaks.length).toBeGreaterThan(30);
  });

  it.each(['refcount-too-low', 'copied-data', 'leak', 'bitmap-in-use'] as const)(
    'pages through those of one kind: %s',
    (code) => {
      const some = all.filter((finding) => finding.code === code);
      const page = inspection.findings({ from: 1, count: 5, severity: undefined, code });
      expect(page).toEqual({ total: some.length, findings: some.slice(1, 6) });
      expect(some.length).toBeGreaterThan(0);
    },
  );

  it('finds none where severity and kind contradict each other', () => {
    const query = { from: 0, count: 10, severity: 'error', code: 'leak' } as const;
    expect(inspection.findings(query)).toEqual({ total: 0, findings: [] });
  });
});
