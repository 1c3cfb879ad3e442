import { describe, expect, it } from 'vitest';
import { Inspection } from '../../../src/core/inspect/inspection.js';
import { fileRuns } from '../../../src/core/inspect/fileRuns.js';
import { describeOwner } from '../../../src/core/map/owner.js';
import { openImage } from '../../../src/core/qcow2/image.js';
import { memorySource } from '../../../src/core/byteSource.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { fileBytes } from '../../images/pieces.js';
import { poke, poked } from '../../images/pokes.js';
import { scanned } from '../opened.js';
import { hostCluster } from '../../../src/core/units.js';

const CLUSTER = 65_536;

const file = layOut(
  new ImageBuilder({ virtualSize: 2 ** 30, cryptoHeader: 1000 })
    .write(0, 20)
    .snapshot({ name: 'a' })
    .bitmap({ name: 'dirty', granularityBits: 16, dirty: [[0, 4]] }),
);
const image = openImage(memorySource(fileBytes(file)));
const [snapshot] = image.snapshotTable.snapshots;
const bitmap = image.bitmaps?.bitmaps[0];
const at = (cluster: number | bigint): number => Math.floor(Number(cluster) / CLUSTER);

describe('a pointer to what cannot be read claims its cluster all the same', () => {
  it.each([
    [
      'the snapshot table',
      poke(image.snapshotsOffset + 36, 2048, 4),
      at(image.snapshotsOffset),
      'snapshot-table',
      'snapshot table, which cannot be read: Too much extra metadata in snapshot table entry 0',
    ],
    [
      'the L1 table of the entry at fault',
      poke(image.snapshotsOffset + 36, 2048, 4),
      at(snapshot.l1Offset),
      'inactive-l1',
      "L1 table of snapshot 'of table entry 0', which cannot be read: the entry of its snapshot cannot be read",
    ],
    [
      'a snapshot table of too many entries',
      poke(60, 70_000, 4),
      at(image.snapshotsOffset),
      'snapshot-table',
      'snapshot table, which cannot be read: 70000 snapshots are too many',
    ],
    [
      'the L1 table of a snapshot',
      poke(snapshot.offset, snapshot.l1Offset + 512n),
      at(snapshot.l1Offset),
      'inactive-l1',
      "L1 table of snapshot 'a', which cannot be read: it is not cluster aligned",
    ],
    [
      'a refcount block',
      poke(image.refcountTable.offset, image.refcountTable.entry(0) + 1n),
      at(image.refcountTable.entry(0)),
      'refcount-block',
      'refcount block 0, which cannot be read: its entry has reserved bits set',
    ],
    [
      'the refcount table',
      poke(56, 0, 4),
      at(image.refcountTable.offset),
      'refcount-table',
      'refcount table, which cannot be read: the header gives it no clusters',
    ],
    [
      'the bitmap directory',
      poke(88, 0),
      at(image.bitmaps?.offset ?? 0),
      'bitmap-directory',
      'bitmap directory, which cannot be read: autoclear bit 0 of the header is clear',
    ],
    [
      'a bitmap table',
      poke(88, 0),
      at(bitmap?.tableOffset ?? 0),
      'bitmap-table',
      "table of bitmap 'dirty', which cannot be read: autoclear bit 0 of the header is clear",
    ],
    [
      'the table of a bitmap whose entry is invalid',
      poke((bitmap?.offset ?? 0) + 16, 9, 1),
      at(bitmap?.tableOffset ?? 0),
      'bitmap-table',
      "table of bitmap 'dirty', which cannot be read: its entry in the bitmap directory is invalid",
    ],
    [
      'the LUKS header',
      poke(32, 0, 4),
      at(image.crypto?.offset ?? 0),
      'crypto-header',
      'LUKS header, which cannot be read: the header does not say that the image has LUKS encryption',
    ],
  ] as const)('%s', (_, change, cluster, kind, words) => {
    expect(cluster).toBeGreaterThan(0);
    const scan = scanned(poked(file, [change]));
    const detail = new Inspection(scan).cluster(hostCluster(cluster));
    expect(detail.kinds).toContain(kind);
    expect(detail.owners.map(describeOwner)).toContain(words);
    const run = [...fileRuns(scan)].find(
      ({ offset, clusters }) => at(offset) <= cluster && cluster < at(offset) + clusters,
    );
    expect(run?.types).toContain(kind);
    expect(run?.unreadable).toContain(words);
  });

  it('and nothing is unreadable where all can be read', () => {
    const scan = scanned(file);
    expect(scan.claims.list).toEqual([]);
    expect([...fileRuns(scan)].every((run) => run.unreadable === undefined)).toBe(true);
  });
});
