import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../images/random.js';
import { ourMap } from './compareMaps.js';
import { linesOf, qemu, runQemu, temporaryFolder } from './qemu.js';

const KIB = 1024;
const OPTIONS = [
  'cluster_size=512',
  'cluster_size=4k',
  'cluster_size=64k',
  'cluster_size=2M',
  'extended_l2=on,cluster_size=16k',
  'compat=0.10',
] as const;

describe('our map and qemu-img map through a backing chain', () => {
  const folder = temporaryFolder();
  afterAll(() => {
    folder.remove();
  });

  /** Makes an image in the subfolder `chain` with some writes; the lowest one has no backing file. */
  function make(random: Random, name: string, backing: string | undefined, bytes: number): void {
    const inChain = join(folder.path, 'chain');
    const options = random.pick(OPTIONS);
    const format = backing?.endsWith('.raw') === true ? 'raw' : 'qcow2';
    const below = backing === undefined ? [] : ['-b', backing, '-F', format];
    const create = ['create', '-q', '-f', 'qcow2', '-o', options, ...below, name, String(bytes)];
    qemu('qemu-img', create, inChain);
    const zeroes = options === 'compat=0.10' ? [] : ['write -z ', 'write -z -u '];
    const commands = Array.from({ length: 6 }, () => {
      const start = random.below(bytes / KIB);
      const length = random.between(1, Math.min(200, bytes / KIB - start));
      return `${random.pick(['write ', 'write ', ...zeroes])}${String(start)}k ${String(length)}k`;
    });
    const given = ['-f', 'qcow2', ...commands.flatMap((command) => ['-c', command]), name];
    qemu('qemu-io', given, inChain);
    withoutHoles(join(inChain, name));
  }

  async function compare(
    name: string,
    outputs: readonly ('json' | 'human')[] = ['json', 'human'],
  ): Promise<void> {
    for (const output of outputs) {
      const run = await runQemu('qemu-img', ['map', `--output=${output}`, name], folder.path);
      expect(ourMap(folder.path, name, output, true)).toEqual({
        exitCode: run.exitCode,
        stdout: run.stdout,
        messages: linesOf(run.stderr),
      });
    }
  }

  function fresh(): void {
    rmSync(join(folder.path, 'chain'), { recursive: true, force: true });
    mkdirSync(join(folder.path, 'chain'));
  }

  test.for([1, 2, 3, 4, 5, 6])('agree on chain %i', async (seed) => {
    fresh();
    const random = new Random(seed);
    const size = (): number => random.between(1, 4000) * KIB;
    writeFileSync(join(folder.path, 'chain/base.raw'), random.bytes(size() - random.below(1000)));
    const lowest = random.chance(0.5) ? 'base.raw' : undefined;
    make(random, 'lower.qcow2', lowest, size());
    make(random, 'middle.qcow2', 'lower.qcow2', size());
    make(random, 'top.qcow2', join(folder.path, 'chain/middle.qcow2'), size());
    await compare('chain/top.qcow2');
    await compare('chain/middle.qcow2');
  });

  test('agree on why an image below cannot be opened', async () => {
    fresh();
    const random = new Random(7);
    make(random, 'lower.qcow2', undefined, 100 * KIB);
    make(random, 'middle.qcow2', 'lower.qcow2', 100 * KIB);
    make(random, 'top.qcow2', 'middle.qcow2', 100 * KIB);
    const lower = join(folder.path, 'chain/lower.qcow2');
    const bytes = readFileSync(lower);
    bytes[23] = 8;
    writeFileSync(lower, bytes);
    await compare('chain/top.qcow2');
  });

  test('agree on names with a colon, which are protocols, and on those that only look so', async () => {
    fresh();
    const random = new Random(9);
    make(random, './x:y.qcow2', undefined, 100 * KIB);
    make(random, 'lower.qcow2', undefined, 100 * KIB);
    make(random, 'top.qcow2', 'lower.qcow2', 100 * KIB);
    const names = ['x:y.qcow2', ':y.qcow2', './x:y.qcow2', 'file:chain/lower.qcow2'];
    for (const backing of names) {
      const rebase = ['rebase', '-u', '-b', backing, '-F', 'qcow2', 'top.qcow2'];
      qemu('qemu-img', rebase, join(folder.path, 'chain'));
      withoutHoles(join(folder.path, 'chain/top.qcow2'));
      await compare('chain/top.qcow2');
    }
  });

  test('agree on an external data file, which lies in the working directory', async () => {
    fresh();
    const create = ['create', '-q', '-f', 'qcow2', '-o', 'data_file=outside.raw'];
    qemu('qemu-img', [...create, 'chain/external.qcow2', '1M'], folder.path);
    qemu('qemu-io', ['-c', 'write 64k 128k', 'chain/external.qcow2'], folder.path);
    withoutHoles(join(folder.path, 'outside.raw'));
    await compare('chain/external.qcow2');
  });

  describe('agree on json: names', () => {
    const inChain = (name: string): object => ({ driver: 'file', filename: `chain/${name}` });
    const cut = (file: object, offset: number, size?: number | string): object => ({
      ...{ driver: 'raw', offset, size, file },
    });
    const lower = { driver: 'qcow2', file: inChain('lower.qcow2') };
    const base = { driver: 'raw', file: inChain('base.raw') };
    const names: Readonly<Record<string, object>> = {
      nested: lower,
      dotted: {
        ...{ 'file.driver': 'file', 'file.filename': 'chain/lower.qcow2', driver: 'qcow2' },
        ...{ 'node-name': 'below', 'read-only': true, 'cache.direct': false },
      },
      'without a driver': { file: inChain('lower.qcow2') },
      'a format that lies': { driver: 'raw', file: inChain('lower.qcow2') },
      'a file alone': inChain('base.raw'),
      'cut off below': { ...lower, backing: null },
      'cut off below, as once': { ...lower, backing: '' },
      'another one below': { ...lower, backing: base },
      'another format below': { ...lower, 'backing.driver': 'raw' },
      'a slice': cut(inChain('base.raw'), 65_536, 131_072),
      'a slice with a suffix': cut(inChain('base.raw'), 1024, '96k'),
      'a slice to the end': cut(inChain('base.raw'), 4096),
      'a slice of a slice': cut(cut(inChain('base.raw'), 4096), 8192, 65_536),
      'an image in a slice': { driver: 'qcow2', file: cut(inChain('tar'), 65_536) },
      'a slice past the end': cut(inChain('base.raw'), 2 ** 40),
      'a slice too long': cut(inChain('base.raw'), 512, '1T'),
      'a slice of no sectors': cut(inChain('base.raw'), 0, 1000),
      'no file': { driver: 'raw' },
      'no driver': { filename: 'chain/lower.qcow2' },
      'an unknown option': { ...lower, strange: 1 },
      'an unknown option of the file': {
        driver: 'qcow2',
        file: { ...inChain('lower.qcow2'), strange: 1 },
      },
      'a node': { driver: 'qcow2', file: 'other' },
      'a list': [1],
    };

    beforeAll(() => {
      fresh();
      const random = new Random(10);
      writeFileSync(join(folder.path, 'chain/base.raw'), random.bytes(300 * KIB + 100));
      make(random, 'lower.qcow2', 'base.raw', 320 * KIB);
      const image = readFileSync(join(folder.path, 'chain/lower.qcow2'));
      writeFileSync(join(folder.path, 'chain/tar'), Buffer.concat([random.bytes(65_536), image]));
      make(random, 'top.qcow2', 'lower.qcow2', 400 * KIB);
    });

    test.for(Object.entries(names))('%s', async ([, below]) => {
      const rebase = ['rebase', '-u', '-F', 'qcow2', '-b', `json:${JSON.stringify(below)}`];
      // It may not open afterwards, which is what is asked about.
      await runQemu('qemu-img', [...rebase, 'top.qcow2'], join(folder.path, 'chain'));
      withoutHoles(join(folder.path, 'chain/top.qcow2'));
      await compare('chain/top.qcow2', ['json']);
      withoutFormat(join(folder.path, 'chain/top.qcow2'));
      await compare('chain/top.qcow2');
    });
  });

  test('ours refuses what leads nowhere, in one line', () => {
    fresh();
    const random = new Random(8);
    make(random, 'lower.qcow2', undefined, 100 * KIB);
    make(random, 'top.qcow2', 'lower.qcow2', 100 * KIB);
    const refusal = (backing: string, format = 'qcow2'): readonly string[] => {
      const rebase = ['rebase', '-u', '-b', backing, '-F', format, 'lower.qcow2'];
      qemu('qemu-img', rebase, join(folder.path, 'chain'));
      const ours = ourMap(folder.path, 'chain/top.qcow2', 'json', true);
      return typeof ours === 'string' ? [ours] : ours.messages;
    };
    const inFront =
      "qemu-img: Could not open 'chain/top.qcow2': Could not open backing file: " +
      'Could not open backing file: ';
    expect(refusal('missing.qcow2')).toEqual([
      `${inFront}Cannot look up 'chain/missing.qcow2': no such file or directory`,
    ]);
    expect(refusal('top.qcow2')).toEqual([`${inFront}'chain/top.qcow2' is in the chain already`]);
    expect(refusal('nbd://host/disk', 'raw')).toEqual([
      `${inFront}'nbd://host/disk' is no file of this machine`,
    ]);
    writeFileSync(join(folder.path, 'chain/other.img'), 'no image');
    expect(refusal('other.img', 'vmdk')).toEqual([
      `${inFront}'chain/other.img' has the format 'vmdk', whose own map is not known here: expected qcow2 or raw`,
    ]);
  });
});

/** Without the name of the backing file's format, which comes before what a `json:` name says. */
function withoutFormat(path: string): void {
  const bytes = readFileSync(path);
  const at = bytes.indexOf(Buffer.from('e2792aca', 'hex'));
  expect(at).toBeGreaterThan(0);
  bytes.writeUInt32BE(0x11223344, at);
  writeFileSync(path, bytes);
}

/** Of an image with holes, qemu-img tells what the host's file system has there. */
function withoutHoles(path: string): void {
  writeFileSync(path, readFileSync(path));
}
