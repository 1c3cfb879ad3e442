import { describe, expect, test } from 'vitest';
import { memorySource } from '../../src/core/byteSource.js';
import { GUEST_KINDS } from '../../src/core/guest/guestKinds.js';
import { glyphOfKind } from '../../src/core/picture/tile.js';
import type { RangeTotals } from '../../src/core/picture/rangeTotals.js';
import type { View } from '../../src/core/picture/layer.js';
import { guestCluster, hostCluster } from '../../src/core/units.js';
import { ImageSession } from '../../src/session/imageSession.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { fileBytes } from '../images/pieces.js';
import { Random } from '../images/random.js';
import { MACHINE } from './machine.js';

const GUESTS = 3000;

/** 4 KiB clusters, written in any order: data, zeros, compressed ones, some of it in a snapshot. */
function scattered(): Uint8Array {
  const random = new Random(5);
  const image = new ImageBuilder({ virtualSize: GUESTS * 2 ** 12, clusterBits: 12 });
  image.write(0, 200).snapshot({ id: '1', name: 'one' }).write(100, 40).leak(3);
  for (let i = 0; i < 300; i++) image.write(300 + random.below(900), 1 + random.below(4));
  image.zero(250, 20).zero(1300, 10, true);
  for (let guest = 1400; guest < 1420; guest++)
    image.compress(guest, new TextEncoder().encode('pages'.repeat(100)));
  image.write(GUESTS - 3, 3);
  return fileBytes(layOut(image));
}

function opened(file: Uint8Array): ImageSession {
  const made = new ImageSession(memorySource(file), 'a.qcow2', () => undefined, MACHINE);
  made.start();
  while (made.advance(10));
  return made;
}

const bytes = scattered();
const session = opened(bytes);

function totalsOf(view: View, first: number, end: number): RangeTotals {
  for (;;) {
    const answer = session.service.range({ view, first, end });
    if (answer.state === 'known') return answer.totals;
    if (answer.state === 'failed') throw new Error(answer.message);
    session.advance(1);
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

/** Where each guest cluster lies, one after the other, as the Cluster tab tells of it. */
const details = Array.from({ length: GUESTS }, (_, cluster) =>
  session.service.guestCluster({ cluster: guestCluster(cluster) }),
);
const hostClusters = bytes.length / 2 ** 12;

const RANGES = [
  [0, GUESTS],
  [0, 1],
  [90, 150],
  [240, 1500],
  [511, 513],
  [1405, 1409],
  [GUESTS - 2, GUESTS + 100],
  [7, 7],
] as const;

describe('totals of a range', () => {
  test.each(RANGES)('of guest clusters %i to %i are what its clusters are', (first, end) => {
    const totals = totalsOf('guest', first, end);
    const inside = details.slice(first, end);
    GUEST_KINDS.forEach((kind, value) => {
      expect(totals.counts[value], kind).toBe(inside.filter((each) => each.kind === kind).length);
    });
    expect(sum(totals.counts)).toBe(inside.length);
    expect(totals.guestClusters).toBe(
      inside.filter(({ hostClusters: held }) => held.length > 0).length,
    );
  });

  test.each(RANGES)('have the runs in which guest clusters %i to %i lie', (first, end) => {
    const { runs, runCount } = totalsOf('guest', first, end);
    expect(runs).toHaveLength(runCount);
    const told = new Map<number, number>();
    for (const { guest, clusters, host, hostClusters: held } of runs) {
      for (let i = 0; i < clusters && held === clusters; i++) told.set(guest + i, host + i);
    }
    for (const { cluster, kind, hostClusters: held } of details.slice(first, end)) {
      if (kind !== 'compressed') expect(told.get(cluster)).toBe(held.at(0));
    }
  });

  test('of host clusters are the kinds of the file, with the data that lies there', () => {
    for (const [first, end] of [
      [0, hostClusters],
      [10, 90],
      [hostClusters - 5, hostClusters],
    ]) {
      const { counts, guestClusters } = totalsOf('host', first, end);
      const kinds = Array.from({ length: end - first }, (_, i) =>
        session.service.cluster({ cluster: hostCluster(first + i) }),
      );
      const data = kinds.filter(({ kinds: [kind] }) => kind === 'data').length;
      expect(counts[glyphOfKind('data')]).toBe(data);
      expect(sum(counts)).toBe(end - first);
      const held = details.filter(({ hostClusters: all }) =>
        all.some((cluster) => cluster >= first && cluster < end),
      );
      expect(guestClusters).toBe(held.length);
    }
  });

  test('tell the longest of very many runs, and how many there are', () => {
    const many = new ImageBuilder({ virtualSize: 2 ** 24, clusterBits: 12 });
    for (let guest = 0; guest < 2000; guest += 2) many.write(guest);
    many.write(2100, 50);
    const all = opened(fileBytes(layOut(many))).service.range({
      view: 'guest',
      first: 0,
      end: 4096,
    });
    if (all.state !== 'known') throw new Error(all.state);
    expect(all.totals.runCount).toBe(1001);
    expect(all.totals.longest).toBe(50);
    expect(all.totals.runs).toHaveLength(256);
    expect(all.totals.runs.at(-1)).toMatchObject({ guest: 2100, clusters: 50 });
  });
});

test('an active L2 table is found by its cluster, and by what it maps', () => {
  const found = session.service.tableRange({ of: 'guest', cluster: guestCluster(600) });
  expect(found?.guest).toEqual({ first: 512, end: 1024 });
  const cluster = found?.table ?? hostCluster(0);
  expect(session.service.cluster({ cluster }).kinds).toEqual(['active-l2']);
  expect(session.service.tableRange({ of: 'host', cluster })).toEqual(found);
  expect(session.service.tableRange({ of: 'host', cluster: hostCluster(0) })).toBeUndefined();
  expect(session.service.tableRange({ of: 'host', cluster: hostCluster(2 ** 40) })).toBeUndefined();
});
