import { describe, expect, it } from 'vitest';
import {
  blockdevJson,
  driveText,
  libvirtXml,
  optionsOf,
  settingValues,
} from '../../../src/core/options/diskOptions.js';
import { pastedOptions } from '../../../src/core/options/pastedOptions.js';

const read = (text: string): Record<string, string> | string => {
  const options = pastedOptions(text);
  return options.ok ? Object.fromEntries(options.value) : options.message;
};

const NODE = {
  driver: 'qcow2',
  'l2-cache-size': 4194304,
  'overlap-check': { template: 'constant', 'inactive-l2': true },
  backing: { driver: 'qcow2', 'l2-cache-size': 1 },
};
const OF_NODE = {
  'l2-cache-size': '4194304',
  'overlap-check.template': 'constant',
  'overlap-check.inactive-l2': 'on',
};

describe('options that are pasted', () => {
  it.each([
    [
      'a -drive',
      'qemu-system-x86_64 -m 4G -drive "file=a,,b.qcow2,if=virtio,l2-cache-size=4M,overlap-check=all,discard-no-unref=on" -smp 2',
      { 'l2-cache-size': '4M', 'overlap-check': 'all', 'discard-no-unref': 'on' },
    ],
    [
      'a dotted -blockdev',
      '-blockdev driver=qcow2,node-name=x,overlap-check.template=none,overlap-check.active-l2=on,file.filename=/a',
      { 'overlap-check.template': 'none', 'overlap-check.active-l2': 'on' },
    ],
    ['a -blockdev in JSON', `-blockdev '${JSON.stringify(NODE)}'`, OF_NODE],
    ['QMP, added', JSON.stringify({ execute: 'blockdev-add', arguments: NODE }), OF_NODE],
    [
      'QMP, reopened',
      JSON.stringify({ execute: 'blockdev-reopen', arguments: { options: [NODE] } }),
      OF_NODE,
    ],
    [
      'QMP with a filter above',
      JSON.stringify({ driver: 'throttle', 'throttle-group': 'g', file: NODE }),
      OF_NODE,
    ],
    [
      "libvirt's disk, and not its backing store",
      `<disk type='file'><driver name='qemu' type='qcow2' discard_no_unref='on'><metadata_cache><max_size unit='KiB'>1024</max_size></metadata_cache></driver><source file='/a'/><backingStore><format type='qcow2'><metadata_cache><max_size>7</max_size></metadata_cache></format></backingStore></disk>`,
      { 'cache-size': '1048576', 'discard-no-unref': 'on' },
    ],
    [
      "what libvirt's XML hands through",
      `<domain><qemu:commandline><qemu:arg value='-blockdev'/><qemu:arg value='{"driver":"qcow2","cache-size":1048576}'/><qemu:arg value="{&quot;driver&quot;:&quot;qcow2&quot;,&quot;l2-cache-size&quot;:65536}"/></qemu:commandline></domain>`,
      { 'cache-size': '1048576', 'l2-cache-size': '65536' },
    ],
  ])('are read from %s', (_, text, options) => {
    expect(read(text)).toEqual(options);
  });

  it.each([
    // As qemu-storage-daemon 7.2.22 says it.
    [
      '{"driver":"qcow2","cache-size":"1M"}',
      "Invalid parameter type for 'cache-size', expected: integer",
    ],
    ['-blockdev {"driver":', 'the JSON in it cannot be read'],
    ['hello', 'there is no option of the qcow2 driver in it that a setting has'],
    [
      "<driver type='qcow2'><metadata_cache><max_size unit='parsec'>1</max_size></metadata_cache></driver>",
      "the size of the metadata cache has the unit 'parsec'",
    ],
  ])('are refused: %s', (text, message) => {
    expect(read(text)).toBe(message);
  });

  it('have values that QEMU would take, or its words', () => {
    const values = (options: Record<string, string>) =>
      settingValues(new Map(Object.entries(options)));
    const conflict = values({ 'overlap-check': 'all', 'overlap-check.template': 'none' });
    expect(conflict.ok ? '' : conflict.message).toContain('Conflicting values');
    expect(values({ 'l2-cache-size': 'lots' })).toMatchObject({ ok: false });
    expect(values({ 'discard-no-unref': 'perhaps' })).toMatchObject({ ok: false });
    expect(values(OF_NODE)).toMatchObject({
      ok: true,
      value: {
        overlapCheck: 'constant',
        types: { 'inactive-l2': true },
        caches: { cacheSize: '', l2CacheSize: '4194304' },
        discardNoUnref: false,
      },
    });
  });
});

describe('settings as options', () => {
  const options = optionsOf({
    overlapCheck: 'cached',
    types: { 'inactive-l2': true },
    caches: { cacheSize: '8M', l2CacheSize: '', l2CacheEntrySize: '4096', refcountCacheSize: '' },
    discardNoUnref: true,
  });

  it('are read back to the same, whichever way they are written', () => {
    const drive = driveText(options, 'a,b.qcow2');
    expect(drive).toBe(
      'file=a,,b.qcow2,format=qcow2,overlap-check.template=cached,overlap-check.inactive-l2=on,cache-size=8M,l2-cache-entry-size=4K,discard-no-unref=on',
    );
    const written = settingValues(options);
    for (const text of [drive, blockdevJson(options, 'a,b.qcow2')]) {
      const back = pastedOptions(text);
      if (!back.ok) throw new Error(back.message);
      const values = settingValues(back.value);
      if (!values.ok || !written.ok) throw new Error('refused');
      expect({ ...values.value, caches: undefined }).toEqual({
        ...written.value,
        caches: undefined,
      });
      expect(settingValues(optionsOf(values.value))).toEqual(values);
    }
  });

  it('are numbers, true and false in JSON, without dots', () => {
    expect(JSON.parse(blockdevJson(options, 'a.qcow2'))).toEqual({
      driver: 'qcow2',
      file: { driver: 'file', filename: 'a.qcow2' },
      'overlap-check': { template: 'cached', 'inactive-l2': true },
      'cache-size': 8388608,
      'l2-cache-entry-size': 4096,
      'discard-no-unref': true,
    });
  });

  it('say what libvirt cannot set', () => {
    const { xml, missing } = libvirtXml(options);
    expect(read(xml)).toEqual({ 'cache-size': '8388608', 'discard-no-unref': 'on' });
    expect(missing).toEqual([
      ...['overlap-check.template', 'overlap-check.inactive-l2', 'l2-cache-entry-size'],
    ]);
  });
});
