import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guestMap } from '../../../src/core/guest/guestMap.js';
import { locate } from '../../../src/core/inspect/locate.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { poke, poked } from '../../images/pokes.js';
import { openedMappable } from '../opened.js';
import { guestOffset, hostCluster, hostOffset } from '../../../src/core/units.js';

const CLUSTER = 65_536;
const text = new Uint8Array(CLUSTER).fill(7);

function builder(): ImageBuilder {
  const image = new ImageBuilder({ virtualSize: 2 ** 31 });
  image.write(0, 20).zero(30, 4).zero(40, 2, true).compress(50, text).write(9000, 5);
  return image.write(3).write(11, 2);
}
const file = layOut(builder());
const image = openedMappable(file);

describe('a guest offset', () => {
  const runs = [...guestMap(image)];

  it('leads where the map of the guest disk says', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (offset) => {
        const run = runs.find(({ start, length }) => start <= offset && offset < start + length);
        const found = locate(image, { type: 'guest', offset: guestOffset(offset) });
        if (found.type !== 'found' || !run) throw new Error('not found');
        expect(found.entry?.guestOffset).toBe(offset - (offset % CLUSTER));
        if ('hostOffset' in run)
          expect(found.cluster).toBe(Math.floor((run.hostOffset + offset - run.start) / CLUSTER));
        const state = found.entry?.state;
        expect(state === 'no-table' ? 'unallocated' : state).toBe(run.kind);
      }),
    );
  });

  it('past the end of the disk is none', () => {
    expect(locate(image, { type: 'guest', offset: guestOffset(2 ** 31) })).toEqual({
      type: 'none',
      what: 'guest-offset',
      last: 2 ** 31 - 1,
    });
  });
});

describe('entries of tables', () => {
  it('L1: the L2 table, or the place where one is missing', () => {
    const table = locate(image, { type: 'l1', l1Index: 0 });
    expect(table).toMatchObject({ type: 'found', entry: { state: 'table', guestOffset: 0 } });
    expect(locate(image, { type: 'l1', l1Index: 2 })).toEqual({
      type: 'found',
      cluster: file.places.l1 / CLUSTER,
      entry: { l1Index: 2, l2Index: undefined, guestOffset: 2 ** 30, state: 'no-table' },
    });
    expect(locate(image, { type: 'l1', l1Index: 4 })).toEqual({
      type: 'none',
      what: 'l1-entry',
      last: 3,
    });
  });

  it('L2: the data; where there is none, the table', () => {
    const entry = file.entryOffset(9001);
    expect(locate(image, { type: 'l2', l1Index: 1, l2Index: 9001 - 8192 })).toEqual(
      locate(image, { type: 'guest', offset: guestOffset(9001 * CLUSTER) }),
    );
    expect(locate(image, { type: 'l2', l1Index: 1, l2Index: 8191 })).toMatchObject({
      cluster: Math.floor(entry / CLUSTER),
      entry: { state: 'unallocated' },
    });
    expect(locate(image, { type: 'l2', l1Index: 1, l2Index: 8192 })).toEqual({
      type: 'none',
      what: 'l2-entry',
      last: 8191,
    });
  });

  it('that point past the end or off the grid show themselves', () => {
    const entryOffset = file.entryOffset(3);
    for (const offset of [BigInt(file.size) * 4n, 0x50200n]) {
      const damaged = openedMappable(poked(file, [poke(entryOffset, offset)]));
      expect(locate(damaged, { type: 'guest', offset: guestOffset(3 * CLUSTER) })).toMatchObject({
        cluster: Math.floor(entryOffset / CLUSTER),
        entry: { state: 'unusable' },
      });
      const lost = openedMappable(poked(file, [poke(file.places.l1, offset)]));
      expect(locate(lost, { type: 'guest', offset: guestOffset(3 * CLUSTER) })).toMatchObject({
        cluster: file.places.l1 / CLUSTER,
        entry: { state: 'unusable', l2Index: undefined },
      });
    }
  });
});

it('clusters and host offsets are those of the file', () => {
  expect(locate(image, { type: 'cluster', cluster: hostCluster(5) })).toMatchObject({ cluster: 5 });
  expect(locate(image, { type: 'host', offset: hostOffset(0x5ffff) })).toMatchObject({
    cluster: 5,
  });
  const last = image.geometry.hostClusters - 1;
  expect(locate(image, { type: 'host', offset: hostOffset(Number.MAX_SAFE_INTEGER) })).toEqual({
    type: 'none',
    what: 'cluster',
    last,
  });
});
