import { describe, expect, it } from 'vitest';
import { sizeText } from '../../../../src/core/numbers.js';
import { spaceBill } from '../../../../src/core/space/bill.js';
import { finish } from '../../../../src/core/work.js';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut } from '../../../images/layOut.js';
import type { SparseFile } from '../../../images/pieces.js';
import { poke, poked } from '../../../images/pokes.js';
import { scanned } from '../../opened.js';
import { causeOf, diagnosed, idsOf } from './diagnosed.js';

const CLUSTER = 65_536;
const MIB = 2 ** 20;
const GIB = 2 ** 30;
const COPIED = 1n << 63n;

const noise = (seed: number): Uint8Array =>
  Uint8Array.from({ length: CLUSTER }, (_, i) => (i * 37 + (i >> 8) * seed + seed) & 0xff);
const cutTo = ({ pieces }: SparseFile, size: number): SparseFile => ({
  size,
  pieces: [...pieces]
    .filter(({ offset }) => offset < size)
    .map(({ offset, bytes }) => ({ offset, bytes: bytes.subarray(0, size - offset) })),
});
const disk = (size = GIB): ImageBuilder => new ImageBuilder({ virtualSize: size });

describe('a healthy image', () => {
  it('is said to be so, whatever is in it', () => {
    const file = layOut(
      disk()
        .write(0, 40)
        .snapshot({ name: 'a', vmState: new Uint8Array(9 * CLUSTER) })
        .write(3, 9),
    );
    expect(diagnosed(file)).toMatchObject({
      verdict: 'healthy',
      causes: [],
      firstStep: undefined,
    });
  });
});

describe('two owners of a cluster', () => {
  it('guest data on the active L1 table puts the whole disk at risk', () => {
    const image = layOut(disk().write(0, 40));
    const file = poked(image, [poke(image.entryOffset(5), COPIED | BigInt(image.places.l1))]);
    const diagnosis = diagnosed(file);
    const cause = causeOf(diagnosis, 'two-owners');
    expect(cause).toMatchObject({
      severity: 'danger',
      title: 'Guest data at 0x50000 lies on the active L1 table',
      picture: {
        cluster: image.places.l1 / CLUSTER,
        left: { kind: 'data', text: 'guest 0x50000', guest: { start: 0x50000, length: CLUSTER } },
        right: { kind: 'active-l1', text: 'active L1' },
      },
      danger: {
        wholeDisk: true,
        bytes: 40 * CLUSTER,
        text: 'the whole 1 GiB disk hangs on the active L1 table',
        guest: [{ start: 0, length: 40 * CLUSTER, snapshot: undefined }],
      },
    });
    expect(cause.doNext.map(({ command }) => command)).toEqual([
      'cp {image} {copy}',
      'qemu-img convert -f qcow2 --salvage -O qcow2 {image} {new}',
    ]);
    expect(cause.qemuLines).toContain('ERROR cluster 3 refcount=1 reference=2');
    expect(diagnosis.headline).toContain('The whole 1 GiB disk is at risk');
  });

  it('guest data on an L2 table endangers what that maps, once, and another card not again', () => {
    const image = layOut(
      disk(2 * GIB)
        .write(0, 40)
        .write(8192, 10),
    );
    const second = image.l2Offset(8192);
    const file = poked(image, [
      poke(image.entryOffset(5), COPIED | BigInt(second)),
      poke(image.entryOffset(6), COPIED | BigInt(image.places.l1)),
    ]);
    const causes = diagnosed(file).causes.filter(({ id }) => id === 'two-owners');
    expect(causes.map(({ danger }) => danger.bytes)).toEqual([39 * CLUSTER, 11 * CLUSTER]);
    expect(causes[1].danger.guest).toEqual([
      { start: 5 * CLUSTER, length: CLUSTER, snapshot: undefined },
      { start: 8192 * CLUSTER, length: 10 * CLUSTER, snapshot: undefined },
    ]);
  });

  it('is not what a disk shares with its snapshot: that only has a refcount too low', () => {
    const image = layOut(disk().write(0, 40).snapshot({ name: 'a' }));
    const cluster = image.dataOffset(7) / CLUSTER;
    const file = poked(image, [poke(image.places.refcountBlocks[0] + 2 * cluster, 1, 2)]);
    const diagnosis = diagnosed(file);
    expect(idsOf(diagnosis)).toEqual(['refcounts-wrong']);
    expect(causeOf(diagnosis, 'refcounts-wrong').danger).toMatchObject({
      bytes: 2 * CLUSTER,
      snapshots: ['a'],
    });
  });

  it('is two places of the disk with one cluster', () => {
    const image = layOut(disk().write(0, 40));
    const file = poked(image, [poke(image.entryOffset(5), COPIED | BigInt(image.dataOffset(30)))]);
    const cause = causeOf(diagnosed(file), 'two-owners');
    expect(cause.title).toBe('Guest 0x1e0000 and guest 0x50000 were given the same cluster');
    expect(cause.danger.bytes).toBe(2 * CLUSTER);
  });

  it('stays two places with one cluster when a repair has made the refcounts agree', () => {
    const image = layOut(disk().write(0, 40));
    const shared = image.dataOffset(30);
    const file = poked(image, [
      poke(image.entryOffset(5), BigInt(shared)),
      poke(image.entryOffset(30), BigInt(shared)),
      poke(image.places.refcountBlocks[0] + (2 * shared) / CLUSTER, 2, 2),
    ]);
    const cause = causeOf(diagnosed(file), 'two-owners');
    expect(cause.title).toBe('Guest 0x1e0000 and guest 0x50000 were given the same cluster');
    expect(cause.danger.bytes).toBe(2 * CLUSTER);
  });

  it('is none when a snapshot and the disk have a cluster at one place', () => {
    const file = layOut(disk().write(0, 40).snapshot({ name: 'a' }).write(3, 9));
    expect(idsOf(diagnosed(file))).toEqual([]);
  });

  it('stays one when a repair has made the refcounts agree', () => {
    const image = layOut(disk().write(0, 40));
    const l1 = image.places.l1 / CLUSTER;
    const file = poked(image, [
      poke(image.entryOffset(5), BigInt(image.places.l1)),
      poke(image.places.refcountBlocks[0] + 2 * l1, 2, 2),
    ]);
    expect(idsOf(diagnosed(file))).toContain('two-owners');
  });
});

describe('two writers', () => {
  const both = (count: number) => {
    const image = layOut(disk().write(0, 80));
    return poked(
      image,
      Array.from({ length: count }, (_, i) =>
        poke(image.entryOffset(40 + i), COPIED | BigInt(image.dataOffset(i))),
      ),
    );
  };

  it('leave many clusters that two places were given', () => {
    const diagnosis = diagnosed(both(24));
    expect(causeOf(diagnosis, 'two-writers')).toMatchObject({
      severity: 'danger',
      title: 'Written by two programs at once, most likely: 24 clusters given out twice',
      danger: { bytes: 48 * CLUSTER },
    });
    expect(idsOf(diagnosis)).not.toContain('two-owners');
  });

  it('are not thought of where there are few', () => {
    expect(idsOf(diagnosed(both(3)))).not.toContain('two-writers');
  });
});

describe('refcounts of zero', () => {
  const zeroed = (options: object, from: number, count: number) => {
    const image = layOut(new ImageBuilder({ virtualSize: GIB, ...options }).write(0, 40));
    const block = image.places.refcountBlocks[0];
    return poked(
      image,
      Array.from({ length: count }, (_, i) => poke(block + 2 * (from + i), 0, 2)),
    );
  };

  it('of all clusters: nobody filled them in', () => {
    const cause = causeOf(diagnosed(zeroed({}, 0, 60)), 'refcounts-zero');
    expect(cause.title).toBe('No refcounts: they were never filled in, or their table is lost');
    expect(cause.danger).toMatchObject({ bytes: 40 * CLUSTER, wholeDisk: true });
  });

  it('of some: QEMU gives them away', () => {
    const diagnosis = diagnosed(zeroed({}, 20, 3));
    // The COPIED flags that contradict such refcounts are right, and no cause of their own.
    expect(idsOf(diagnosis)).toEqual(['refcounts-zero']);
    expect(causeOf(diagnosis, 'refcounts-zero')).toMatchObject({
      title: 'QEMU gives 3 clusters away that are in use: their refcount is 0',
      findings: 6,
      danger: { bytes: 3 * CLUSTER },
    });
  });

  it('are harmless with lazy refcounts in an image that was not closed', () => {
    const diagnosis = diagnosed(zeroed({ lazyRefcounts: true, dirty: true }, 20, 3));
    expect(idsOf(diagnosis)).toEqual(['dirty-lazy']);
    expect(diagnosis.verdict).toBe('notes');
  });

  it('are no harmless ones when the image was closed', () => {
    expect(idsOf(diagnosed(zeroed({ lazyRefcounts: true }, 20, 3)))).toEqual(['refcounts-zero']);
  });
});

describe('an L2 table', () => {
  it('overwritten with data is one card, with its whole range', () => {
    const image = layOut(disk().write(0, 40).write(8192, 40));
    const diagnosis = diagnosed(
      poked(image, [{ offset: image.l2Offset(8192), hex: Buffer.from(noise(5)).toString('hex') }]),
    );
    const cause = causeOf(diagnosis, 'overwritten-l2');
    expect(cause.findings).toBeGreaterThan(4000);
    expect(cause.danger.guest).toEqual([
      { start: 8192 * CLUSTER, length: GIB - 8192 * CLUSTER, snapshot: undefined },
    ]);
    expect(idsOf(diagnosis)).toEqual(['overwritten-l2']);
  });

  it('that is lost: its leaks are the rescue, and the entry to write is told', () => {
    const image = layOut(disk().write(0, 40).write(8192, 40));
    const diagnosis = diagnosed(poked(image, [poke(image.places.l1 + 8, 0n)]));
    expect(idsOf(diagnosis)).toEqual(['lost-l2']);
    const cause = causeOf(diagnosis, 'lost-l2');
    expect(cause.findings).toBe(42);
    expect(cause.title).toBe('A lost L2 table: 2.50 MiB of the disk hang on nothing');
    expect(cause.doNext[1].command).toContain(`write -P 0x80 ${image.places.l1 + 8} 1`);
    expect(cause.doNot[1].command).toBe('qemu-img check -f qcow2 -r leaks {image}');
  });

  it('is not what leaked clusters of data are', () => {
    const diagnosis = diagnosed(layOut(disk().write(0, 40).leak(9)));
    expect(idsOf(diagnosis)).toEqual(['leaks']);
    expect(diagnosis.verdict).toBe('waste');
    expect(causeOf(diagnosis, 'leaks').title).toBe(
      '9 leaked clusters: 576 KiB of the file that nothing uses',
    );
  });

  it('reads as data where its first entry alone is odd', () => {
    const image = layOut(disk().write(0, 40));
    const diagnosis = diagnosed(
      poked(image, [poke(image.entryOffset(7), image.dataOffset(7) + 512 * 3)]),
    );
    expect(idsOf(diagnosis)).not.toContain('overwritten-l2');
    expect(idsOf(diagnosis)).toContain('broken-entries');
  });
});

describe('the active L1 table overwritten', () => {
  it('is the cause of all that follows from it', () => {
    const image = layOut(
      disk(40 * GIB)
        .write(0, 40)
        .write(8192 * 3, 9),
    );
    const diagnosis = diagnosed(
      poked(image, [
        { offset: image.places.l1, hex: Buffer.from(noise(3).subarray(0, 600)).toString('hex') },
      ]),
    );
    expect(idsOf(diagnosis)).toEqual(['overwritten-l1']);
    expect(causeOf(diagnosis, 'overwritten-l1').danger.wholeDisk).toBe(true);
  });
});

describe('one bit too many', () => {
  it.each([58n, 3n, 40n])('bit %s: without it the entry is right', (bit) => {
    const image = layOut(disk().write(0, 40));
    const entry = COPIED | BigInt(image.dataOffset(7));
    const diagnosis = diagnosed(
      poked(image, [poke(image.entryOffset(7), BigInt.asUintN(64, entry | (1n << bit)))]),
    );
    expect(idsOf(diagnosis)).toEqual(['flag-bits']);
    const cause = causeOf(diagnosis, 'flag-bits');
    expect(cause.danger.guest).toEqual([
      { start: 7 * CLUSTER, length: CLUSTER, snapshot: undefined },
    ]);
    expect(cause.doNext[1].command).toMatch(
      /^qemu-io -f raw -c "write -P 0x[0-9a-f]+ \d+ 1" \{copy\}$/,
    );
  });

  it('is not said where no cluster waits for the entry', () => {
    const image = layOut(disk().write(0, 40));
    const file = poked(image, [poke(image.entryOffset(900), COPIED | (1n << 40n))]);
    expect(idsOf(diagnosed(file))).toEqual(['stray-pointer']);
  });
});

describe('a file cut off', () => {
  it('tells what is missing and which ranges are lost', () => {
    const image = layOut(disk().write(0, 40));
    const size = image.dataOffset(30);
    const diagnosis = diagnosed(cutTo(image, size));
    expect(idsOf(diagnosis)).toEqual(['cut-off']);
    expect(causeOf(diagnosis, 'cut-off')).toMatchObject({
      title: `The file is cut off: at least ${(image.size - size) / 1024} KiB are missing at its end`,
      danger: {
        bytes: 10 * CLUSTER,
        guest: [{ start: 30 * CLUSTER, length: 10 * CLUSTER, snapshot: undefined }],
      },
    });
  });

  it('is not said of one stray entry', () => {
    const image = layOut(disk().write(0, 40));
    const far = COPIED | BigInt(image.size + 40 * MIB);
    const diagnosis = diagnosed(poked(image, [poke(image.entryOffset(5), far)]));
    expect(idsOf(diagnosis)).toEqual(['stray-pointer']);
    // The one leaked cluster is what it had.
    expect(causeOf(diagnosis, 'stray-pointer').doNot[1].text).toContain('Free the leaked clusters');
  });
});

describe('snapshots', () => {
  it('whose list is unreadable', () => {
    const image = layOut(disk().write(0, 40).snapshot({ name: 'a' }).write(0, 40));
    const file = poked(image, [poke((image.places.snapshotTable ?? 0) + 36, 0x7fffffff, 4)]);
    const diagnosis = diagnosed(file);
    expect(diagnosis.verdict).toBe('unreadable');
    expect(idsOf(diagnosis)).toEqual(['snapshot-table']);
    expect(causeOf(diagnosis, 'snapshot-table').doNext.map(({ command }) => command)).toContain(
      'qemu-img check -f qcow2 -r all {copy}',
    );
  });

  it('that a repair would delete: a note, and a danger when there is something to repair', () => {
    const builder = () => {
      const made = disk().write(0, 4).snapshot({ name: 'a' });
      return made.bitmap({ name: 'c', granularityBits: 16, dirty: [] });
    };
    const healthy = diagnosed(layOut(builder()));
    expect(causeOf(healthy, 'repair-deletes-snapshots')).toMatchObject({ severity: 'note' });
    const leaky = diagnosed(layOut(builder().leak(3)));
    expect(leaky.causes.map(({ id, severity }) => [id, severity])).toEqual([
      ['repair-deletes-snapshots', 'danger'],
      ['leaks', 'waste'],
    ]);
    // So the leaks' card must not invite to free them.
    expect(causeOf(leaky, 'leaks').doNext.map(({ command }) => command)).not.toContain(
      'qemu-img check -f qcow2 -r leaks {image}',
    );
  });
});

describe('bitmaps', () => {
  it('whose list is unreadable: QEMU can be told to leave them', () => {
    const builder = disk().write(0, 4);
    builder.bitmap({ name: 'c', granularityBits: 16, dirty: [[0, 9]] });
    const image = layOut(builder);
    const file = poked(image, [poke((image.places.bitmapDirectory ?? 0) + 8, 0, 4)]);
    const cause = causeOf(diagnosed(file), 'bitmap-directory');
    expect(cause.doNext[1].command).toBe('qemu-io -f raw -c "write -P 0x0 95 1" {copy}');
  });

  it('left in use are out of date', () => {
    const builder = disk().write(0, 4);
    builder.bitmap({ name: "o'c", granularityBits: 16, dirty: [], inUse: true });
    const cause = causeOf(diagnosed(layOut(builder)), 'bitmap-in-use');
    expect(cause.doNext[1]).toMatchObject({ names: ["o'c"] });
  });
});

describe('compression', () => {
  const compressed = (compression: 'deflate' | 'zstd', count = 9) => {
    const builder = new ImageBuilder({ virtualSize: GIB, compression });
    for (let guest = 0; guest < count; guest++) builder.compress(guest, noise(guest));
    return layOut(builder);
  };

  it('by another method than the header says', () => {
    const image = compressed('zstd');
    const file = poked(image, [poke(79, 0, 1), poke(104, 0, 1)]);
    const cause = causeOf(diagnosed(file), 'wrong-compression');
    expect(cause.title).toBe('The header says zlib, but the compressed data is zstd');
    expect(cause.danger.bytes).toBe(9 * CLUSTER);
  });

  it.each(['deflate', 'zstd'] as const)('%s as the header says is only "fragmented"', (method) => {
    expect(idsOf(diagnosed(compressed(method)))).toEqual(['only-compressed']);
  });

  it('does not excuse fragments that are none of it', () => {
    const builder = disk();
    for (let guest = 0; guest < 40; guest += 2)
      builder
        .write(guest + 1)
        .write(100 + guest)
        .write(guest);
    builder.compress(200, noise(1));
    expect(idsOf(diagnosed(layOut(builder)))).not.toContain('only-compressed');
  });
});

describe('a file larger than its disk', () => {
  const titleOf = (file: SparseFile): string => causeOf(diagnosed(file), 'larger-than-disk').title;
  const small = (clusterBits = 16): ImageBuilder =>
    new ImageBuilder({ virtualSize: 64 * CLUSTER, clusterBits });

  it('by its snapshots, as the bill has them', () => {
    const file = layOut(
      small()
        .write(0, 60)
        .snapshot({ name: 'a', vmState: new Uint8Array(9 * CLUSTER) })
        .write(0, 40)
        .snapshot({ name: 'b' })
        .write(20, 30),
    );
    const bill = finish(spaceBill(scanned(file)));
    const held = bill.parts
      .filter(({ kind }) => kind === 'snapshot-data' || kind === 'vm-state')
      .reduce((sum, { bytes }) => sum + bytes, 0);
    const diagnosis = diagnosed(file);
    const cause = causeOf(diagnosis, 'larger-than-disk');
    const excess = sizeText(file.size - 64 * CLUSTER);
    expect(cause.title).toBe(`The file is ${excess} larger than the disk it holds: its snapshots`);
    expect(cause.explanation).toContain(
      `data of snapshots alone take ${sizeText(held)} ('a' and 'b')`,
    );
    expect(diagnosis.headline).toBe('No damage. One thing to know');
  });

  it('by what is free, leaked, or tables', () => {
    expect(titleOf(layOut(small().write(0, 60).skip(40).write(60)))).toMatch(
      /free clusters inside$/,
    );
    expect(titleOf(layOut(small().write(0, 60).leak(40)))).toMatch(/leaked clusters$/);
    const tiny = new ImageBuilder({ virtualSize: 16 * MIB, clusterBits: 9 });
    for (let table = 0; table < 512; table++) tiny.write(table * 64, 64);
    for (let i = 0; i < 300; i++) tiny.snapshot({ name: String(i) });
    expect(titleOf(layOut(tiny))).toMatch(/its tables$/);
  });

  it('is not said of one that is larger by its tables alone, or by a little', () => {
    expect(idsOf(diagnosed(layOut(small().write(0, 64))))).toEqual([]);
    expect(idsOf(diagnosed(layOut(disk(4 * GIB).write(0, 65_536))))).toEqual([]);
  });
});

describe('the rest', () => {
  it('an image that QEMU marked as corrupt', () => {
    const cause = causeOf(
      diagnosed(layOut(new ImageBuilder({ virtualSize: GIB, corrupt: true }).write(0, 4))),
      'marked-corrupt',
    );
    expect(cause.severity).toBe('note');
  });

  it('an image that is its own backing file', () => {
    const backing = { name: 'disk.qcow2', format: 'qcow2' };
    const file = layOut(new ImageBuilder({ virtualSize: GIB, backing }));
    expect(idsOf(diagnosed(file))).toEqual(['own-backing-file']);
    expect(idsOf(diagnosed(file, '/images/other.qcow2'))).toEqual([]);
    expect(idsOf(diagnosed(file, '/images/disk.qcow2'))).toEqual(['own-backing-file']);
  });

  it('a header overwritten, and what is still behind it', () => {
    const image = layOut(disk().write(0, 40));
    const text = Buffer.from('Jun 10 12:00:00 guest systemd: started\n'.repeat(1600)).toString(
      'hex',
    );
    const diagnosis = diagnosed(poked(image, [{ offset: 0, hex: text.slice(0, 2 * CLUSTER) }]));
    expect(diagnosis.verdict).toBe('unreadable');
    expect(causeOf(diagnosis, 'unreadable').title).toContain(
      'The header of a qcow2 image has been overwritten by text',
    );
  });

  it('a COPIED flag alone', () => {
    const image = layOut(disk().write(0, 40));
    const file = poked(image, [poke(image.entryOffset(7), BigInt(image.dataOffset(7)))]);
    expect(idsOf(diagnosed(file))).toEqual(['copied-flags']);
  });
});
