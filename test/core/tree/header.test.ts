import { describe, expect, it } from 'vitest';
import { ImageBuilder, type ImageOptions } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { poke, poked } from '../../images/pokes.js';
import { child, childrenOf, structuresOf } from './tree.js';

const built = (options: Partial<ImageOptions> = {}) =>
  layOut(new ImageBuilder({ virtualSize: 2 ** 30, ...options }).write(0));
const field = (file: Parameters<typeof structuresOf>[0], name: string) =>
  child(structuresOf(file), 'header', name);

describe('the header', () => {
  it('tells every field with offset, bytes and meaning', () => {
    const lines = childrenOf(structuresOf(built({ compression: 'zstd' })), 'header').map(
      ({ label, offset, raw, value }) => `${offset} ${label} ${raw} ${value}`,
    );
    expect(lines).toEqual([
      '0 magic 514649fb QFI\\xfb: a qcow2 image',
      '4 version 00000003 3',
      '8 backing_file_offset 0000000000000000 no backing file',
      '16 backing_file_size 00000000 0 bytes',
      '20 cluster_bits 00000010 16: clusters of 64 KiB',
      '24 size 0000000040000000 1 GiB',
      '32 crypt_method 00000000 0: none',
      '36 l1_size 00000002 2 entries',
      '40 l1_table_offset 0000000000030000 0x30000',
      '48 refcount_table_offset 0000000000010000 0x10000',
      '56 refcount_table_clusters 00000001 1 cluster, 8,192 entries',
      '60 nb_snapshots 00000000 0',
      '64 snapshots_offset 0000000000000000 no snapshot table',
      '72 incompatible_features 0000000000000008 compression type',
      '80 compatible_features 0000000000000000 none',
      '88 autoclear_features 0000000000000000 none',
      '96 refcount_order 00000004 4: refcounts of 16 bits',
      '100 header_length 00000070 112 bytes',
      '104 compression_type 01 1: zstd',
      '105 padding 00000000000000 7 bytes',
    ]);
  });

  it('ends at byte 72 in version 2', () => {
    const lines = childrenOf(structuresOf(built({ version: 2 })), 'header');
    expect(lines.at(-1)).toMatchObject({ label: 'snapshots_offset', offset: 64 });
  });

  it('leads to the tables', () => {
    const file = built();
    expect(field(file, 'l1_table_offset').target).toBe(file.places.l1);
    expect(field(file, 'refcount_table_offset').target).toBe(file.places.refcountTable);
  });

  it('names each feature bit, and those that nobody knows', () => {
    const structures = structuresOf(poked(built(), [poke(72, 0x41)]));
    expect(child(structures, 'header', 'incompatible_features')).toMatchObject({
      value: 'dirty, bit 6',
      expandable: true,
    });
    expect(childrenOf(structures, 'header/incompatible_features')).toMatchObject([
      { label: 'bit 0', value: 'dirty', trouble: undefined },
      { label: 'bit 6', value: 'bit 6', trouble: 'not known here' },
    ]);
    expect(child(structures, '', 'Header').trouble).toBe('1 field with something wrong');
  });

  it('shows what lies behind the known fields as bytes', () => {
    const longer = poked(built({ featureNames: false }), [
      poke(100, 144, 4),
      poke(112, 0, 32),
      poke(120, 0x41424344, 4),
    ]);
    const structures = structuresOf(longer);
    expect(child(structures, 'header', 'unknown')).toMatchObject({ offset: 112, size: 32 });
    expect(childrenOf(structures, 'header/unknown')).toMatchObject([
      { label: '0x70', raw: '00000000000000004142434400000000', value: '........ABCD....' },
      { label: '0x80' },
    ]);
  });

  it('says what QEMU refuses, at the field that causes it', () => {
    const { value, trouble } = field(poked(built(), [poke(20, 40, 4)]), 'cluster_bits');
    expect(value).toBe('40: clusters of 1 TiB');
    expect(trouble).toContain('expected 9 to 21');
  });

  it('tells only magic and version of what is no qcow2 image', () => {
    const structures = structuresOf(poked(built(), [poke(0, 0, 4)]));
    expect(childrenOf(structures, '').map((node) => node.label)).toEqual(['Header']);
    expect(childrenOf(structures, 'header').map((node) => node.label)).toEqual([
      'magic',
      'version',
    ]);
  });
});

describe('the header extensions', () => {
  it('are decoded, each in its own way', () => {
    const structures = structuresOf(
      built({
        backing: { name: 'base.qcow2', format: 'qcow2' },
        dataFile: { name: 'guest.raw', raw: true },
        cryptoHeader: 4096,
      }),
    );
    expect(childrenOf(structures, 'extensions')).toMatchObject([
      { label: 'Backing format', value: 'qcow2' },
      { label: 'External data file', value: 'guest.raw' },
      { label: 'Encryption header', value: '4 KiB' },
      { label: 'Feature names', value: '8 names' },
    ]);
    expect(childrenOf(structures, 'extensions/0')).toMatchObject([
      { label: 'type', raw: 'e2792aca' },
      { label: 'length', value: '5 bytes' },
      { label: 'name', value: 'qcow2', raw: Buffer.from('qcow2').toString('hex') },
    ]);
    expect(childrenOf(structures, 'extensions/3')[2]).toMatchObject({
      label: 'incompatible bit 0',
      value: 'dirty bit',
      size: 48,
    });
    expect(child(structures, 'header', 'backing_file_name').value).toBe('base.qcow2');
  });

  it('are shown raw when nobody knows them, and with the reason when they do not fit', () => {
    const unknown = poked(built({ featureNames: false }), [
      poke(112, 0x12345678, 4),
      poke(116, 5, 4),
      poke(120, 0x6162636465000000n),
      poke(128, 0x99999999, 4),
      poke(132, 0x7fffffff, 4),
    ]);
    const structures = structuresOf(unknown);
    const [first, second] = childrenOf(structures, 'extensions');
    expect(first).toMatchObject({ label: 'Unknown 0x12345678', value: '5 bytes', offset: 112 });
    expect(child(structures, 'extensions/0', 'data').raw).toBe('6162636465');
    expect(second).toMatchObject({ label: '0x99999999', offset: 128, expandable: false });
    expect(second.trouble).toContain('too long');
  });
});
