import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { poke, poked } from '../images/pokes.js';
import { writeSparse } from '../images/pieces.js';
import { type CliRun, runCli } from './runCli.js';

const folder = mkdtempSync(join(tmpdir(), 'structures-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const image = join(folder, 'image.qcow2');
writeSparse(
  image,
  layOut(
    new ImageBuilder({ virtualSize: 2 ** 24, clusterBits: 9 })
      .write(0, 5000)
      .write(20_000, 4)
      .snapshot({ name: 'one' }),
  ),
);

const output = (...args: string[]): CliRun => runCli(['structures', ...args]);

describe('qcow2-lens structures', () => {
  it('lists no cache of more slots than any document can have', () => {
    const { stdout, stderr, code } = output(image, '--json', '--bitmap-size', '4E');
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^qcow2-lens: [0-9]+ cache slots, expected at most 16777216 in JSON\n$/);
  });

  it('prints one JSON document, in the words of the recorded traces', () => {
    const { stdout, code } = output(image, '--json', '--bitmap-size', '4K');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'built',
      'cluster-size': 512,
      settings: { 'bitmap-size': 4096, 'limit-policy': 'evict' },
      windows: 2,
      slots: [1],
      w: [
        [0, 0, expect.any(Number), expect.any(Number)],
        [1, 1, expect.any(Number), expect.any(Number)],
      ],
      unprotected: { lost: 0, dropped: 0, refused: 0 },
      'window-list': [
        { window: 0, form: 'fragments' },
        { window: 1, form: 'cached' },
      ],
      events: [],
    });
  });

  it('refuses what QEMU refuses to open, unless it is to look all the same', () => {
    const refused = join(folder, 'refused.qcow2');
    writeSparse(
      refused,
      poked(layOut(new ImageBuilder({ virtualSize: 2 ** 24 })), [poke(60, 65_537, 4)]),
    );
    const { stderr, code } = output(refused);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /QEMU refuses to open it: Snapshot table too large; --anyway looks all the same/,
    );
    expect(output(refused, '--anyway').stdout).toContain('total-size-limit');
  });

  it('prints a text that answers how large the settings need be', () => {
    const { stdout, code } = output(image);
    expect(code).toBe(0);
    expect(stdout).toContain('2 windows of 2M');
    expect(stdout).toContain('With these settings nothing is unprotected (2 windows).');
    expect(stdout).toMatch(
      /The smallest total-size-limit that protects everything is [\d,]+ bytes\./,
    );
    expect(stdout).toMatch(/avoids evictions while opening is 8K \(8,192 bytes\), for 2 windows\./);
  });

  it('advises even when the image would not open', () => {
    const { stdout, code } = output(image, '--total-size-limit', '100', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'failed',
      message: 'Cannot allocate metadata overlap check windows',
      advice: { bitmapSize: { windows: 2 } },
    });
  });

  it('has nothing to show when nothing is guarded', () => {
    expect(output(image, '--overlap-check', 'none').stdout).toContain('overlap-check=none');
  });

  it('applies operations from a file', () => {
    const file = join(folder, 'operations');
    writeFileSync(file, 'create 9 512 4096 18446744073709551615 255\n\nenter 0 1 4\r\n');
    expect(output('--ops', file).stdout.split('\n')).toEqual([
      '{"op":"create 9 512 4096 18446744073709551615 255","ret":0,"events":[],"mem":92,"windows":1,"slots":[-1],"w":[]}',
      '{"op":"enter 0 1 4","ret":0,"events":[],"mem":4188,"windows":1,"slots":[0],"w":[[0,1,0,0]]}',
      '',
    ]);
  });

  it.each([
    [[image, '--overlap-check', 'foo'], "Unsupported value 'foo' for qcow2 option 'overlap-check'"],
    [[image, '--bitmap-size', '64Q'], "Parameter 'overlap-structures.bitmap-size' expects"],
    [[image, '--limit-policy', 'hope'], "--limit-policy is 'hope', expected 'evict' or 'fail'"],
    [[], 'structures takes one image, found 0'],
    [[image, '--ops', '-'], 'structures --ops takes no image'],
    [
      ['--ops', '-', '--bitmap-size', '1'],
      "structures --ops takes no --bitmap-size: 'create' says it",
    ],
  ])('refuses %j', (args, message) => {
    const { code, stdout, stderr } = output(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
  });
});
