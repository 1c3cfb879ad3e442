import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/byteSource.js';
import { imageFacts } from '../../../src/core/qcow2/facts.js';
import { openImage } from '../../../src/core/qcow2/image.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { poke, poked } from '../../images/pokes.js';
import {
  clusterBits40,
  l1Size2G,
  notQcow2,
  tablesPastEnd,
} from '../../images/samples/brokenHeaders.js';
import { opened } from '../opened.js';

const CLUSTER = 65_536;
const builder = () => new ImageBuilder({ virtualSize: 2 ** 30 }).write(0, 20);

describe('openImage', () => {
  it('reads what the header says', () => {
    const image = opened(
      layOut(
        new ImageBuilder({
          virtualSize: 3 * 2 ** 20,
          clusterBits: 12,
          refcountOrder: 6,
          lazyRefcounts: true,
          dirty: true,
          backing: { name: 'base.img', format: 'raw' },
        }),
      ),
    );
    expect(image.refusal.open).toBeUndefined();
    expect(image.problems).toEqual([]);
    expect(imageFacts(image, 'x').geometry).toMatchObject({
      version: 3,
      clusterBits: 12,
      virtualSize: 3 * 2 ** 20,
      refcountBits: 64,
      dirty: true,
      corrupt: false,
      lazyRefcounts: true,
      backingFile: 'base.img',
      compression: 'zlib',
      encryption: 'none',
    });
  });

  it('reads version 2 with the defaults of its format', () => {
    const { header, geometry } = opened(
      layOut(new ImageBuilder({ virtualSize: 2 ** 20, version: 2 })),
    );
    expect(geometry).toMatchObject({ version: 2, refcountBits: 16, extendedL2: false });
    expect(header.number('header_length')).toBe(72);
    expect(header.fields.at(-1)?.name).toBe('snapshots_offset');
  });

  it('reads snapshots and bitmaps', () => {
    const image = opened(
      layOut(
        builder()
          .snapshot({ name: 'before update' })
          .write(4, 2)
          .bitmap({ name: 'nightly', granularityBits: 16, dirty: [[0, 9]] }),
      ),
    );
    expect(image.snapshotTable.snapshots.map((s) => s.name)).toEqual(['before update']);
    expect(image.bitmaps?.bitmaps.map((b) => b.name)).toEqual(['nightly']);
    expect(image.problems).toEqual([]);
  });

  it.each([
    ['empty', { size: 0, pieces: [] }, 'The file is empty', 0, 'Image is not in qcow2 format'],
    ['foreign', notQcow2(), 'This is not a qcow2 image', 0, 'Image is not in qcow2 format'],
    [
      'cluster_bits 40',
      clusterBits40(),
      'Impossible cluster size',
      20,
      'Unsupported cluster size: 2^40',
    ],
    ['l1_size 2^31', l1Size2G(), 'Active L1 table is too large', 36, 'Active L1 table too large'],
  ])('explains an image that is %s', (_, file, message, offset, refusal) => {
    const image = opened(file);
    expect(image.problems[0].message).toContain(message);
    expect(image.problems[0].message).toMatch(/at 0x[0-9a-f]+ is .*, expected /);
    expect(image.problems[0].offset).toBe(offset);
    expect(image.refusal.check).toBe(refusal);
  });

  it('still lays out a file whose tables lie past its end, and says so', () => {
    const image = opened(tablesPastEnd());
    expect(image.geometry).toBeDefined();
    expect(image.refusal.check).toBeUndefined();
    expect(image.problems.map((p) => p.message).join()).toContain('past the end of the file');
  });

  it('believes no length field: what it allocates is bounded by the file', () => {
    const small = poked(layOut(builder()), [
      poke(36, 4 * 2 ** 20, 4),
      poke(56, 128, 4),
      poke(60, 65_536, 4),
      poke(64, 15 * CLUSTER),
    ]);
    const image = opened(small);
    expect(image.l1.length).toBe(4 * 2 ** 20);
    expect(image.l1.present * 8).toBeLessThanOrEqual(small.size);
    expect(image.refcountTable.present * 8).toBeLessThanOrEqual(small.size);
    expect(image.snapshotTable.snapshots.length).toBeLessThan(small.size / 40);
  });

  it('takes any bytes for a header without throwing', () => {
    const base = layOut(builder());
    for (let offset = 0; offset < 112; offset += 4)
      for (const value of [0, 1, 0x7fffffff, 0xffffffff])
        expect(() => opened(poked(base, [poke(offset, value, 4)]))).not.toThrow();
  });

  it('lets an I/O error through', () => {
    const broken = {
      ...memorySource(new Uint8Array(4096)),
      readInto: () => {
        throw new Error('disk on fire');
      },
    };
    expect(() => openImage(broken)).toThrow('disk on fire');
  });
});
