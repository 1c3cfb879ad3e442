import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import vectors from '../core/repair/vectors.json' with { type: 'json' };
import { folderOfTests, runCli } from './runCli.js';

const folder = folderOfTests();

/** One of the recorded images as a file. */
function image(name: keyof typeof vectors): string {
  const path = join(folder, `${name}.qcow2`);
  writeFileSync(path, inflateSync(Buffer.from(vectors[name].deflated, 'base64')));
  return path;
}

/** Applies lines of `--changes` to the bytes of a file. */
function applied(path: string, lines: string): Buffer {
  const copy = join(folder, 'copy');
  writeFileSync(copy, readFileSync(path));
  let bytes: Buffer | undefined;
  for (const line of lines.trim().split('\n')) {
    const change: unknown = JSON.parse(line);
    if (typeof change !== 'object' || change === null) throw new Error(line);
    bytes ??= readFileSync(copy);
    if ('length' in change) {
      writeFileSync(copy, bytes);
      truncateSync(copy, Number(change.length));
      return readFileSync(copy);
    }
    if (!('offset' in change) || !('hex' in change)) throw new Error(line);
    const piece = Buffer.from(String(change.hex), 'hex');
    const end = Number(change.offset) + piece.length;
    if (end > bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(end - bytes.length)]);
    bytes.set(piece, Number(change.offset));
  }
  throw new Error('the length is missing');
}

describe('repair', () => {
  it('says what qemu-img says, and leaves the image alone', () => {
    const path = image('leak_4k');
    const before = readFileSync(path);
    const { code, stdout, stderr } = runCli(['repair', path, 'leaks']);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    const theirs = vectors.leak_4k.leaks.stdout;
    expect(lines.slice(0, theirs.length)).toEqual(theirs);
    expect(lines.slice(theirs.length)).toEqual([
      '',
      'Safe: 3 leaks repaired, and every disk reads as before.',
      '  the disk: reads as before',
    ]);
    expect(stderr.trimEnd().split('\n')).toEqual(vectors.leak_4k.leaks.stderr);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it.each(['rt_zero_2blocks_512', 'rb_outside_64k', 'snap_extra_4k', 'bitmap_snap_64k'] as const)(
    'the changes of %s, applied to a copy, are the repaired file',
    (name) => {
      const path = image(name);
      const target = join(folder, `${name}.changes`);
      const { stdout } = runCli(['repair', path, 'all', '--changes', '-']);
      expect(runCli(['repair', path, 'all', '--changes', target]).stdout).not.toContain('"hex"');
      expect(readFileSync(target, 'utf8')).toBe(stdout);
      const repaired = join(folder, `${name}-repaired.qcow2`);
      writeFileSync(repaired, applied(path, stdout));
      expect(readFileSync(repaired)).toHaveLength(vectors[name].all.length);
      const { code, json } = vectorOf(repaired);
      expect({ code, fixed: json['corruptions-fixed'] }).toEqual({ code: 0, fixed: undefined });
    },
  );

  it('without holes the bytes of what is given free stay', () => {
    const path = image('leak_4k');
    const words = ['repair', path, 'leaks', '--changes', '-'];
    const changed = (more: readonly string[]): number =>
      applied(path, runCli([...words, ...more]).stdout).filter((byte, i) => byte !== old[i]).length;
    const old = readFileSync(path);
    expect(changed(['--no-hole-punching'])).toBe(3);
    expect(changed([])).toBeGreaterThan(4096);
  });

  it('says what it costs in data, as keys beside those of QEMU too', () => {
    const path = image('owners_4k');
    const { stdout } = runCli(['repair', path, 'all']);
    expect(stdout).toContain('\nDestroys 8 KiB of the disk; leaves 2 clusters with two owners.\n');
    expect(stdout).toContain('    0x1000 - 0x1fff (4 KiB): other bytes\n');
    const json: unknown = JSON.parse(runCli(['repair', path, 'all', '--json']).stdout);
    expect(json).toMatchObject({
      'check-errors': 0,
      verdict: 'destroys',
      'two-owners-left': 2,
      'data-cost': [{ state: 'kept', 'range-count': 2, 'changed-bytes': { 'other-bytes': 8192 } }],
    });
  });

  it('never writes over the image', () => {
    const path = image('leak_4k');
    const before = readFileSync(path);
    const { code, stderr } = runCli(['repair', path, 'all', '--changes', path]);
    expect(code).toBe(1);
    expect(stderr).toContain('which is the image itself');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('a missing backing file stops QEMU when it has written', () => {
    const path = image('autoclear_backing_gone_4k');
    const { code, stdout, stderr } = runCli(['repair', path, 'all', '--changes', '-']);
    expect(code).toBe(1);
    expect(stderr).toContain('Could not open backing file');
    expect(applied(path, stdout).readUInt32BE(60)).toBe(0);
  });

  it.each([
    [['x'], "repair takes an image and 'leaks' or 'all', found 1"],
    [['x', 'most'], "repair takes 'leaks' or 'all', found 'most'"],
  ])('%j is refused', (words, message) => {
    expect(existsSync(join(folder, 'x'))).toBe(false);
    expect(runCli(['repair', ...words])).toEqual({
      code: 1,
      stdout: '',
      stderr: `qcow2-lens: ${message}\n`,
    });
  });
});

function vectorOf(path: string): { code: number; json: Record<string, unknown> } {
  const { code, stdout } = runCli(['repair', path, 'leaks', '--json']);
  const json: unknown = JSON.parse(stdout);
  return { code, json: Object.fromEntries(Object.entries(json ?? {})) };
}
