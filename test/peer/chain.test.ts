import { afterAll, describe, expect, test } from 'vitest';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../../src/core/record.js';
import { Random } from '../images/random.js';
import { runCli } from '../cli/runCli.js';
import { qemu, temporaryFolder } from './qemu.js';
import { SEED } from './seed.js';

const CASES = 8;
const MIB = 2 ** 20;
const CLUSTER_SIZES = [512, 4096, 65_536, 2 ** 20] as const;

type Layers = readonly Readonly<Record<string, unknown>>[];

/** A chain of three, made by qemu-img: each layer with sizes and writes of its own. */
function makeChain(folder: string, random: Random): readonly string[] {
  const names = ['base.qcow2', 'mid.qcow2', 'top.qcow2'];
  for (const [index, name] of names.entries()) {
    const size = `${String(8 + 2 * random.below(3))}M`;
    const cluster = `cluster_size=${String(random.pick(CLUSTER_SIZES))}`;
    const backing = index === 0 ? [] : ['-b', names[index - 1], '-F', 'qcow2'];
    qemu(
      'qemu-img',
      ['create', '-q', '-f', 'qcow2', '-o', cluster, ...backing, name, size],
      folder,
    );
    const writes = Array.from({ length: 5 }, () => {
      const at = random.below(7) * MIB + random.below(2048) * 512;
      const length = 512 * (1 + random.below(1500));
      const zeros = random.below(3) === 0 ? ['-z', '-u'] : [];
      return [
        '-c',
        ['write', ...zeros, String(at), String(Math.min(length, 8 * MIB - at))].join(' '),
      ];
    });
    qemu('qemu-io', [...writes.flat(), name], folder);
  }
  return names;
}

/** Objects of a JSON array, or of the array under a key. */
function objects(text: string, key?: string): Layers {
  const value: unknown = JSON.parse(text);
  const list: unknown = key === undefined ? value : isRecord(value) ? value[key] : undefined;
  if (!Array.isArray(list)) throw new Error(`no list: ${text}`);
  return list.filter(isRecord);
}

/** Bytes of data of each depth, in a map. */
function dataByDepth(map: Layers): Map<unknown, number> {
  const bytes = new Map<unknown, number>();
  for (const { depth, data, length } of map)
    if (data === true) bytes.set(depth, (bytes.get(depth) ?? 0) + Number(length));
  return bytes;
}

/** Bytes of data in clusters that an image has of its own. */
const ownData = (path: string): number =>
  [...dataByDepth(objects(runCli(['map', '--json', path]).stdout)).values()].reduce(
    (sum, bytes) => sum + bytes,
    0,
  );

function commitOf(layer: Readonly<Record<string, unknown>>, key: 'commit' | 'fold') {
  const found = layer[key];
  if (!isRecord(found)) throw new Error(`no ${key}`);
  return { net: Number(found.added) - Number(found.zeroed), grows: Number(found.grows) };
}

describe('the chain, and what qemu-img says and does', () => {
  const root = temporaryFolder();
  afterAll(() => {
    root.remove();
  });

  test.for(Array.from({ length: CASES }, (_, number) => number))('agree on chain %i', (number) => {
    const make = (name: string): string => {
      const folder = join(root.path, `${String(number)}-${name}`);
      mkdirSync(folder);
      makeChain(folder, new Random(SEED + number * 0x9e3779b1));
      return folder;
    };
    const folder = make('read');
    const path = join(folder, 'top.qcow2');
    const ours = objects(runCli(['chain', '--json', path]).stdout, 'layers');
    const info = objects(
      qemu('qemu-img', ['info', '--backing-chain', '--output=json', path], folder),
    );
    expect(ours).toHaveLength(info.length);
    for (const [index, layer] of info.entries())
      for (const key of ['filename', 'format', 'virtual-size', 'actual-size', 'backing-filename'])
        expect(ours[index][key]).toEqual(layer[key]);

    const seen = dataByDepth(objects(qemu('qemu-img', ['map', '--output=json', path], folder)));
    expect(ours.map(({ bytes }) => isRecord(bytes) && bytes.visible)).toEqual(
      info.map((_, depth) => seen.get(depth) ?? 0),
    );

    for (const [what, key, upper, base] of [
      ['top', 'commit', 0, 'mid.qcow2'],
      ['mid', 'commit', 1, 'base.qcow2'],
      ['fold', 'fold', 1, 'base.qcow2'],
    ] as const) {
      const copy = make(what);
      const before = ownData(join(copy, base));
      const said = commitOf(ours[upper], key);
      // The lower layer is committed on its own; folding names the base.
      const args = what === 'fold' ? ['-b', base, 'top.qcow2'] : [`${what}.qcow2`];
      qemu('qemu-img', ['commit', '-q', ...args], copy);
      const after = objects(
        qemu('qemu-img', ['info', '--output=json', base], copy).replace(/^/, '[').concat(']'),
      );
      expect([what, ownData(join(copy, base)) - before]).toEqual([what, said.net]);
      expect([what, after[0]['virtual-size']]).toEqual([
        what,
        Number(info.find(({ filename }) => String(filename).endsWith(base))?.['virtual-size']) +
          said.grows,
      ]);
    }
  });

  test('of a layer behind a json: name, and of one whose map nobody here reads', () => {
    const folder = join(root.path, 'json');
    mkdirSync(folder);
    const base = join(folder, 'base.raw');
    writeFileSync(base, new Random(SEED).bytes(MIB));
    const cut = { driver: 'raw', offset: 65_536, size: 131_072 };
    const json = `json:${JSON.stringify({ ...cut, file: { driver: 'file', filename: base } })}`;
    qemu('qemu-img', ['create', '-q', '-f', 'vmdk', 'disk', '1M'], folder);
    for (const [name, backing, format] of [
      ['cut.qcow2', json, 'raw'],
      ['over.qcow2', 'disk', 'vmdk'],
    ] as const) {
      const below = ['-u', '-b', backing, '-F', format];
      qemu('qemu-img', ['create', '-q', '-f', 'qcow2', ...below, name, '1M'], folder);
    }
    qemu('qemu-io', ['-c', 'write 64k 64k', 'cut.qcow2'], folder);
    qemu('qemu-io', ['-c', 'write 64k 64k', 'over.qcow2'], folder);

    const ofCut = join(folder, 'cut.qcow2');
    const info = qemu('qemu-img', ['info', '--backing-chain', '--output=json', ofCut], folder);
    const layers = objects(runCli(['chain', '--json', ofCut]).stdout, 'layers');
    const told = ({ filename, format }: Layers[number]): unknown[] => [filename, format];
    expect(layers.map(told)).toEqual(objects(info).map(told));
    expect(layers[1]).toMatchObject({
      'virtual-size': 131_072,
      'actual-size': MIB,
      bytes: { data: 131_072, visible: 65_536, shadowed: 65_536, unreachable: 0 },
    });

    // Without the format's name it is probed, by QEMU too.
    for (const isNamed of [true, false]) {
      const path = join(folder, 'over.qcow2');
      const bytes = readFileSync(path);
      if (!isNamed) bytes.writeUInt32BE(0x11223344, bytes.indexOf('e2792aca', 'hex'));
      writeFileSync(path, bytes);
      expect(qemu('qemu-img', ['info', '--backing-chain', path], folder)).toContain(
        'file format: vmdk',
      );
      const { stdout, stderr } = runCli(['chain', '--json', path]);
      const [top, disk] = objects(stdout, 'layers');
      expect(top).toMatchObject({ bytes: { data: 65_536, visible: 65_536 } });
      expect(disk).toMatchObject({ format: 'vmdk', exists: true });
      expect(stderr).toContain("has the format 'vmdk', whose own map is not known here");
    }
  });
});
