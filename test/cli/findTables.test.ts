import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ImageBuilder, type ImageOptions } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { fileBytes } from '../images/pieces.js';
import { folderOfTests, runCli } from './runCli.js';

const folder = folderOfTests();

const LOG = new TextEncoder().encode('Nov 29 11:07:51 host kernel: nothing to see here\n');

/** A disk with data here and there, two snapshots, compressed and zero clusters. */
function used(options: Partial<ImageOptions>): ImageBuilder {
  const { clusterBits = 16, version = 3, extendedL2 = false } = options;
  const perTable = 2 ** clusterBits / (extendedL2 ? 16 : 8);
  const image = new ImageBuilder({
    virtualSize: (3 * perTable + 5) * 2 ** clusterBits,
    ...options,
  });
  const text = (byte: number): Uint8Array => new Uint8Array(2 ** clusterBits).fill(byte);
  image.write(0, 30, text(1)).write(perTable - 3, 9, text(2));
  image.snapshot({ name: 'first' });
  image
    .write(4, 3, text(3))
    .compress(50, text(4))
    .write(2 * perTable + 7, 2, text(5));
  if (version === 3) image.zero(60, 3);
  image.snapshot({ name: 'second' });
  return image.write(20, 2, text(6));
}

/** The same image whole, and with log text over its start. */
function images(options: Partial<ImageOptions>): { whole: string; lost: string } {
  const bytes = fileBytes(layOut(used(options)));
  const whole = join(folder, 'whole.qcow2');
  writeFileSync(whole, bytes);
  const end = Math.min(65_536, 2 ** (options.clusterBits ?? 16));
  for (let at = 0; at < end; at++) bytes[at] = LOG[at % LOG.length];
  const lost = join(folder, 'lost.qcow2');
  writeFileSync(lost, bytes);
  return { whole, lost };
}

const without = (text: string): string => text.replaceAll(/whole|lost/g, 'image');

describe('an image with log text over its header', () => {
  it.each([
    {},
    { version: 2 as const },
    { clusterBits: 18 },
    { clusterBits: 12 },
    { clusterBits: 9 },
    { extendedL2: true },
    { extendedL2: true, clusterBits: 14 },
    { refcountOrder: 3 },
    { refcountOrder: 6 },
  ])('is brought back: %j', (options) => {
    const { whole, lost } = images(options);
    const said = runCli(['find-tables', lost, '--json']);
    expect(said.code).toBe(0);
    const header = /"header": "(.*)"/.exec(said.stdout)?.[1] ?? '';
    // What a bitmap would take hangs on the version, of which nothing is left.
    const space = options.version === 2 ? [] : [['space', '--json']];
    for (const command of [...space, ['map', '--json'], ['layout'], ['check'], ['diagnose']]) {
      const [name, ...more] = command;
      const expected = runCli([name, whole, ...more]);
      const { code, stdout } = runCli([name, lost, ...more, '--assume-header', header]);
      expect({ code, stdout: without(stdout) }, name).toEqual({
        code: expected.code,
        stdout: without(expected.stdout),
      });
    }
  });

  it('is brought back by a guess in one command', () => {
    const { whole, lost } = images({});
    const expected = runCli(['map', whole, '--json']).stdout;
    expect(runCli(['map', lost, '--json']).code).toBe(1);
    expect(runCli(['map', lost, '--json', '--assume-header', 'guess']).stdout).toBe(expected);
  });

  it('names the command to look at it, and why', () => {
    const { lost } = images({});
    const { stdout } = runCli(['find-tables', lost]);
    expect(stdout).toContain(
      `As if it had one: qcow2-lens map '${lost}' --assume-header cluster-size=65536,size=`,
    );
    expect(stdout).toContain("the disk of snapshot 'second' has");
    expect(stdout).toMatch(/2 of 2 entries name an L1 table that is there/);
  });

  it('says so when there is nothing to be found', () => {
    const path = join(folder, 'noise');
    writeFileSync(path, LOG);
    const { code, stdout, stderr: said } = runCli(['find-tables', path]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(said).toContain('This is not a qcow2 image');
    const { code: refused, stderr } = runCli(['map', path, '--assume-header', 'guess']);
    expect(refused).toBe(1);
    expect(stderr).toContain('no header can be guessed');
  });
});

describe('find-tables', () => {
  it('finds a snapshot table that the header has lost, and the L1 tables of its snapshots', () => {
    const bytes = fileBytes(layOut(used({})));
    const whole = join(folder, 'whole.qcow2');
    writeFileSync(whole, bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const table = Number(view.getBigUint64(64));
    view.setUint32(60, 0);
    view.setBigUint64(64, 0n);
    const lost = join(folder, 'lost.qcow2');
    writeFileSync(lost, bytes);
    const { stdout } = runCli(['find-tables', lost]);
    const assumed = `snapshots=0x${table.toString(16)},snapshot-count=2`;
    expect(stdout).toContain(`qcow2-lens map '${lost}' --assume-header ${assumed}`);
    expect(stdout).toContain("snapshot 'first' has it");
    expect(without(runCli(['layout', lost, '--assume-header', assumed]).stdout)).toBe(
      without(runCli(['layout', whole]).stdout),
    );
  });

  it('finds the L1 table that the header does not name any more, before all others', () => {
    const bytes = fileBytes(layOut(used({})));
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const l1 = Number(view.getBigUint64(40));
    view.setBigUint64(40, BigInt(bytes.length + 65_536 - (bytes.length % 65_536)));
    const lost = join(folder, 'lost.qcow2');
    writeFileSync(lost, bytes);
    const { stdout } = runCli(['find-tables', lost]);
    expect(/ L1 tables?\n {2}(0x\w+) /.exec(stdout)?.[1]).toBe(`0x${l1.toString(16)}`);
    expect(stdout).toContain(`qcow2-lens map '${lost}' --assume-l1 0x${l1.toString(16)}\n`);
  });

  it('finds L2 tables among leaks', () => {
    const image = used({});
    const bytes = fileBytes(layOut(image));
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    // The table that is the active disk's alone.
    const entry = Number(view.getBigUint64(40)) + 2 * 8;
    const table = Number(view.getBigUint64(entry) & 0x00fffffffffffe00n);
    view.setBigUint64(entry, 0n);
    for (const { l1 } of image.snapshots) view.setBigUint64(l1.cluster * 65_536 + 2 * 8, 0n);
    const lost = join(folder, 'lost.qcow2');
    writeFileSync(lost, bytes);
    const { stdout } = runCli(['find-tables', lost, '--json']);
    const candidate: unknown = expect.objectContaining({ kind: 'l2', offset: table, entries: 2 });
    const candidates: unknown = expect.arrayContaining([candidate]);
    expect(JSON.parse(stdout)).toMatchObject({ candidates });
  });

  it('says of a sound image that nothing is lost', () => {
    const path = join(folder, 'sound.qcow2');
    writeFileSync(path, fileBytes(layOut(used({}))));
    expect(runCli(['find-tables', path])).toMatchObject({
      code: 1,
      stdout: 'No table was found that nothing points to.\n',
    });
  });
});

describe('--assume-header', () => {
  it.each([
    '',
    'size',
    'l1=x',
    'colour=red',
    'cluster-size=1000',
    'refcount-bits=3',
    'l1=1=2',
    'extended-l2=1',
  ])('refuses %j', (text) => {
    const { whole } = images({});
    const { code, stderr } = runCli(['map', whole, '--assume-header', text]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^qcow2-lens: .*(assume-header)/);
  });
});
