import { describe, expect, it } from 'vitest';
import { Inspection } from '../../../src/core/inspect/inspection.js';
import { ALL_SUBCLUSTERS } from '../../images/guestCluster.js';
import { ImageBuilder, type ImageOptions } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { poke, poked } from '../../images/pokes.js';
import { scanned } from '../opened.js';
import { child, childrenOf, structuresOf } from './tree.js';
import { hostCluster } from '../../../src/core/units.js';

const COPIED = 1n << 63n;
const fresh = (options: Partial<ImageOptions> = {}) =>
  new ImageBuilder({ virtualSize: 2 ** 32, ...options });

describe('L1 and L2 tables', () => {
  it('list the entries that are not zero, with their place on the disk', () => {
    const file = layOut(
      fresh()
        .write(0)
        .write(8192 * 5 + 7),
    );
    const structures = structuresOf(file);
    expect(childrenOf(structures, 'l1')).toMatchObject([
      { id: 'l1/0', label: '0', value: 'guest 0x0 · copied', offset: file.places.l1 },
      { id: 'l1/5', label: '5', value: 'guest 0xa0000000 · copied' },
    ]);
    expect(childrenOf(structures, 'l1/5')).toMatchObject([
      {
        id: 'l1/5/7',
        label: '7',
        value: 'normal · guest 0xa0070000 · copied',
        offset: file.entryOffset(8192 * 5 + 7),
        size: 8,
        trouble: undefined,
      },
    ]);
  });

  it('tell the five kinds of entries apart', () => {
    const image = fresh().write(0).zero(1).zero(2, 1, true).compress(3, new Uint8Array(65_536));
    const file = poked(layOut(image.write(4)), []);
    const kinds = childrenOf(structuresOf(file), 'l1/0').map(({ value }) => value.split(' · ')[0]);
    expect(kinds).toEqual(['normal', 'zero plain', 'zero allocated', 'compressed', 'normal']);
  });

  it('say where compressed data lies, and how far it may reach', () => {
    const file = layOut(fresh().compress(3, new Uint8Array(65_536)));
    const [node] = childrenOf(structuresOf(file), 'l1/0');
    expect(node.value).toMatch(/^compressed · guest 0x30000 · [0-9,]+ bytes at most$/);
    expect(Number(node.target) % 65_536).toBe(0);
  });

  it('say what is wrong with an entry', () => {
    const image = layOut(fresh().write(0, 4));
    const at = (cluster: number) => image.entryOffset(cluster);
    const structures = structuresOf(
      poked(image, [
        poke(at(0), COPIED | 0x50000n | 0x1en),
        poke(at(1), COPIED | 0x50200n),
        poke(at(2), COPIED | (1n << 50n)),
        poke(at(3), 1n << 61n),
        poke(image.places.l1 + 8, 1n << 62n),
      ]),
    );
    expect(childrenOf(structures, 'l1/0').map(({ trouble }) => trouble)).toEqual([
      'reserved bits 0x1e are set',
      'not on a cluster boundary',
      'past the end of the file',
      'reserved bits 0x2000000000000000 are set',
    ]);
    expect(child(structures, 'l1', '1')).toMatchObject({
      trouble: 'reserved bits 0x4000000000000000 are set; no L2 table',
      expandable: false,
    });
  });

  it('show the subclusters of extended entries', () => {
    const image = fresh({ extendedL2: true });
    image.writeSubclusters(0, { allocated: 0x000000ff, zero: 0x00000f00 });
    image.writeSubclusters(1, { allocated: ALL_SUBCLUSTERS, zero: 0 }).zeroSubclusters(2, 1);
    const file = layOut(image);
    const structures = structuresOf(file);
    expect(childrenOf(structures, 'l1/0').map(({ value }) => value)).toEqual([
      'normal · guest 0x0 · 8 of 32 allocated, 4 zero · copied',
      'normal · guest 0x10000 · 32 of 32 allocated · copied',
      'unallocated · guest 0x20000 · 0 of 32 allocated, 1 zero',
    ]);
    expect(
      childrenOf(structures, 'l1/0/0').map(({ label, value }) => `${label}: ${value}`),
    ).toEqual([
      'subclusters 0–7: allocated · 16 KiB',
      'subclusters 8–11: reads as zero · 8 KiB',
      'subclusters 12–31: unallocated · 40 KiB',
    ]);
    const both = structuresOf(poked(file, [poke(file.entryOffset(1) + 8, (3n << 32n) | 1n)]));
    expect(childrenOf(both, 'l1/0')[1].trouble).toBe('subclusters 0x1 are both allocated and zero');
  });

  it('page through a full table as they read it in one go', () => {
    const structures = structuresOf(layOut(fresh({ clusterBits: 12 }).write(0, 512)));
    const whole = childrenOf(structures, 'l1/0', 1000);
    expect(whole).toHaveLength(512);
    expect(childrenOf(structures, 'l1/0', 7)).toEqual(whole);
    for (const from of [0, 255, 256, 257, 511])
      expect(structures.page({ path: 'l1/0', from, count: 3 }).nodes).toEqual(
        whole.slice(from, from + 3),
      );
  });
});

describe('refcounts', () => {
  it.each([0, 1, 2, 3, 4, 5, 6])('of 2^%i bits are those that the check reads', (refcountOrder) => {
    const image = fresh({ refcountOrder, clusterBits: 12 });
    image.write(0, 20).skip(5).write(40, 3).leak(2);
    const file = layOut(image);
    const scan = scanned(file);
    const inspection = new Inspection(scan);
    const structures = structuresOf(file);
    const told = new Map<number, string>();
    for (const block of childrenOf(structures, 'refcounts'))
      for (const { label, value } of childrenOf(structures, block.id)) {
        const [first, last = first] = label.replace(/^\D+/, '').replaceAll(',', '').split('–');
        for (let cluster = Number(first); cluster <= Number(last); cluster++)
          if (cluster < scan.map.clusters)
            told.set(cluster, value === 'free' ? '0' : value.replace(/\D/g, ''));
      }
    expect(told.size).toBe(scan.map.clusters);
    for (const [cluster, refcount] of told)
      expect(refcount).toBe(inspection.cluster(hostCluster(cluster)).stored);
  });

  it('of one value are one line', () => {
    const file = layOut(fresh().write(0, 100));
    const structures = structuresOf(file);
    expect(childrenOf(structures, 'refcounts')).toMatchObject([
      { label: '0', value: 'clusters 0–32,767', target: file.places.refcountBlocks[0] },
    ]);
    const clusters = file.size / file.clusterSize;
    expect(childrenOf(structures, 'refcounts/0')).toMatchObject([
      { label: `clusters 0–${clusters - 1}`, value: 'refcount 1', target: 0 },
      { value: 'free', target: undefined },
    ]);
  });

  it('past the end of the file, and misplaced blocks, are told', () => {
    const file = layOut(fresh().write(0));
    const last = file.places.refcountBlocks[0] + file.clusterSize - 2;
    const structures = structuresOf(
      poked(file, [poke(last, 9, 2), poke(file.places.refcountTable + 8, 0x1234_0301n)]),
    );
    expect(childrenOf(structures, 'refcounts/0').at(-1)).toMatchObject({
      label: 'cluster 32,767',
      value: 'refcount 9',
      trouble: 'refcounts past the end of the file',
    });
    expect(child(structures, 'refcounts', '1').trouble).toBe(
      'reserved bits 0x101 are set; not on a cluster boundary',
    );
  });
});
