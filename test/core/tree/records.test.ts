import { describe, expect, it } from 'vitest';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { poke, poked, type Poke } from '../../images/pokes.js';
import { child, childrenOf, structuresOf } from './tree.js';

const fresh = (cryptoHeader?: number) =>
  new ImageBuilder({ virtualSize: 2 ** 30, ...(cryptoHeader ? { cryptoHeader } : {}) });

describe('snapshots', () => {
  const image = fresh().write(0, 3).snapshot({ name: 'first' });
  const file = layOut(
    image.write(1).snapshot({ name: 'live', vmState: new Uint8Array(70_000), date: 86_400 }),
  );
  const structures = structuresOf(file);

  it('are told with all their fields', () => {
    expect(childrenOf(structures, 'snapshots')).toMatchObject([
      { label: '0: first', value: 'id 1 · 2023-11-14 22:13:20 UTC', trouble: undefined },
      {
        label: '1: live',
        value: 'id 2 · 1970-01-02 00:00:00 UTC · VM state of 68.4 KiB (70,000 bytes)',
        target: file.places.snapshotL1s[1],
      },
    ]);
    const fields = childrenOf(structures, 'snapshots/1').map(({ label, value }) => [label, value]);
    expect(Object.fromEntries(fields)).toMatchObject({
      l1_size: '3 entries',
      vm_state_size: '68.4 KiB (70,000 bytes)',
      vm_state_size_large: '68.4 KiB (70,000 bytes)',
      disk_size: '1 GiB',
      icount: 'none',
      id_str: '2',
      name: 'live',
      'L1 table': '3 entries',
    });
  });

  it('lead to L1 and L2 tables, and tell the VM state from the disk', () => {
    expect(childrenOf(structures, 'snapshots/1/l1').map(({ value }) => value)).toEqual([
      'guest 0x0',
      'VM state 0x40000000',
    ]);
    expect(childrenOf(structures, 'snapshots/0/l1/0')).toHaveLength(3);
    expect(childrenOf(structures, 'snapshots/1/l1/2')).toHaveLength(2);
  });

  it('are shown as far as they go', () => {
    const table = file.places.snapshotTable ?? 0;
    const tooLong = structuresOf(poked(file, [poke(table + 36, 5000, 4)]));
    expect(childrenOf(tooLong, 'snapshots')).toEqual([]);
    expect(child(tooLong, '', 'Snapshot table').trouble).toContain('Too much extra metadata');
    const many = structuresOf(poked(file, [poke(60, 70_000, 4)]));
    expect(many.page({ path: 'snapshots', from: 0, count: 2 }).nodes).toMatchObject([
      { label: '0: first' },
      { label: '1: live' },
    ]);
    const huge = structuresOf(poked(file, [poke(table + 8, 0xffffffff, 4)]));
    expect(child(huge, 'snapshots/0', 'l1_size').trouble).toBe('more than 4,194,304');
    expect(childrenOf(huge, 'snapshots/0/l1').length).toBeGreaterThan(0);
  });
});

describe('bitmaps', () => {
  const image = fresh()
    .write(0)
    .bitmap({ name: 'nightly', granularityBits: 9, dirty: [[0, 5]] })
    .bitmap({ name: 'left', granularityBits: 16, dirty: [], inUse: true, auto: false });
  const file = layOut(image);
  const structures = structuresOf(file);

  it('are told with all their fields and the entries of their tables', () => {
    expect(childrenOf(structures, 'bitmaps')).toMatchObject([
      { label: '0: nightly', value: '512 bytes a bit', target: file.places.bitmapTables[0] },
      { label: '1: left', value: '64 KiB a bit · in use' },
    ]);
    expect(child(structures, 'bitmaps', '1: left').trouble).toContain('left in use');
    const fields = childrenOf(structures, 'bitmaps/0').map(({ label, value }) => [label, value]);
    expect(Object.fromEntries(fields)).toMatchObject({
      bitmap_table_size: '4 entries',
      flags: 'auto',
      type: '1: dirty tracking',
      granularity_bits: '9: 512 bytes a bit',
      name_size: '7 bytes',
      name: 'nightly',
    });
    expect(childrenOf(structures, 'bitmaps/0/table')).toMatchObject([
      { label: '0', value: 'bits · guest 0x0', trouble: undefined },
    ]);
  });

  it('are shown though QEMU honours none', () => {
    const lost = structuresOf(poked(file, [poke(88, 0)]));
    expect(child(lost, '', 'Bitmap directory').trouble).toContain('inconsistent');
    expect(childrenOf(lost, 'bitmaps')).toHaveLength(2);
  });

  it('are shown as far as they go', () => {
    const broken = structuresOf(poked(file, [poke((file.places.bitmapDirectory ?? 0) + 48, 1, 2)]));
    expect(childrenOf(broken, 'bitmaps').map(({ label }) => label)).toEqual([
      '0: nightly',
      'entry 1',
    ]);
  });
});

describe('the LUKS header', () => {
  const image = layOut(fresh(2 ** 21).write(0));
  const at = child(structuresOf(image), '', 'LUKS header').offset ?? 0;
  const text = (offset: number, value: string): Poke => ({
    offset: at + offset,
    hex: Buffer.from(value).toString('hex').padEnd(64, '0'),
  });
  const slots = Array.from({ length: 8 }, (_, slot) => {
    const from = at + 208 + slot * 48;
    return [poke(from, slot === 0 ? 0x00ac71f3 : 0xdead, 4), poke(from + 40, 8 + slot * 504, 4)];
  }).flat();
  const header = [
    poke(at, 0x4c554b53babe0001n),
    text(8, 'aes'),
    text(40, 'xts-plain64'),
    text(72, 'sha256'),
    poke(at + 104, 4096, 4),
    poke(at + 108, 64, 4),
    poke(at + 212, 1_000_000, 4),
  ];

  it('is told with cipher, hash and key slots', () => {
    const structures = structuresOf(poked(image, [...header, ...slots]));
    const lines = childrenOf(structures, 'luks').map(({ label, value }) => [label, value]);
    expect(Object.fromEntries(lines)).toMatchObject({
      version: '1',
      'cipher-name': 'aes',
      'cipher-mode': 'xts-plain64',
      'hash-spec': 'sha256',
      'payload-offset': '4,096 sectors: 2 MiB',
      'key-bytes': '512 bits',
      'Key slot 0': 'enabled',
      'Key slot 7': 'disabled',
    });
    expect(child(structures, 'luks', 'Key slot 0')).toMatchObject({
      target: at + 8 * 512,
      trouble: undefined,
    });
    expect(child(structures, 'luks/slot-0', 'iterations').value).toBe('1,000,000');
  });

  it('says what is wrong with a key slot, and with what is no LUKS header', () => {
    const structures = structuresOf(
      poked(image, [...header, ...slots, poke(at + 208, 7, 4), poke(at + 296, 2 ** 31, 4)]),
    );
    expect(child(structures, 'luks', 'Key slot 0').trouble).toBe('expected 0xac71f3 or 0xdead');
    expect(child(structures, 'luks', 'Key slot 1').trouble).toBe('outside the encryption header');
    expect(childrenOf(structuresOf(image), 'luks')).toMatchObject([
      { label: 'magic', value: 'not LUKS', trouble: 'expected 4c554b53babe' },
    ]);
  });
});
