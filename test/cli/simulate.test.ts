import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ImageBuilder, type ImageOptions } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { writeSparse } from '../images/pieces.js';
import { survey } from '../peer/survey.js';
import { type Poke, poked, poke } from '../images/pokes.js';
import { type CliRun, runCli } from './runCli.js';

const folder = mkdtempSync(join(tmpdir(), 'simulate-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function imageFile(
  name: string,
  pokes: readonly Poke[] = [],
  options: Partial<ImageOptions> = {},
): string {
  const path = join(folder, name);
  const builder = new ImageBuilder({ virtualSize: 64 * 2 ** 20, ...options }).write(0);
  writeSparse(path, poked(layOut(builder), pokes));
  return path;
}

/** The cluster of the refcount table has refcount 0. */
const LOST_TABLE = poke(0x20002, 0, 2);
const healthy = imageFile('healthy.qcow2');
const damaged = imageFile('damaged.qcow2', [LOST_TABLE]);

function output(operations: string, ...args: string[]): CliRun {
  const ops = join(folder, 'ops');
  writeFileSync(ops, operations);
  return runCli(['simulate', ...args, '--ops', ops]);
}

/** The lines of `--json`, read back. */
function lines(operations: string, ...args: string[]): unknown[] {
  return output(operations, ...args, '--json')
    .stdout.trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe('qcow2-lens simulate', () => {
  it('repairs a dirty image first, as opening it does, and says what of', () => {
    const dirty = imageFile('dirty.qcow2', [poke(0x20000 + 2 * 5, 2, 2)], { dirty: true });
    expect(output('write 1M 64K', dirty).stdout.split('\n').slice(0, 5)).toEqual([
      'open: Leaked cluster 5 refcount=2 reference=1',
      'open: Repairing cluster 5 refcount=2 reference=1',
      'The image is dirty: opening it repairs 1 leak first',
      '  refcount: 1',
      'write 1048576 65536: done',
    ]);
    expect(lines('flush', dirty)[0]).toMatchObject({
      open: { ok: true, repair: { 'leaks-fixed': 1, 'corruptions-left': 0, rebuilt: false } },
    });
  });

  it('prints a line for opening, for each operation, and for what is different', () => {
    expect(lines('write 1M 64k\n\n', healthy)).toMatchObject([
      { open: { ok: true } },
      {
        op: 'write 1048576 65536',
        ok: true,
        allocated: [{ offset: 0x60000, clusters: 1, type: 'data' }],
        freed: [],
        writes: [
          { offset: 0x60000, size: 65536, what: 'guest data', checked: true, ignore: [] },
          { offset: 0x20000, size: 65536, what: 'refcount block', ignore: ['refcount-block'] },
          { offset: 0x40000, size: 65536, what: 'L2 slice', ignore: ['active-l2'] },
        ],
        caches: { l2: { hits: 2, misses: 1 }, refcount: { misses: 1 } },
      },
      { op: 'close', ok: true, writes: [] },
      {
        final: {
          fileLength: 0x70000,
          header: {},
          l1: [],
          l2: [{ guestCluster: 16, old: '0x0', new: '0x8000000000060000' }],
          refcountTable: [],
          refcounts: [{ cluster: 6, old: '0', new: '1' }],
        },
      },
    ]);
  });

  it('says in QEMU’s words what stops a write', () => {
    const message = 'Preventing invalid write on metadata (overlaps with refcount table)';
    const [, write, later] = lines('write 1M 64k\nwrite 2M 64k', damaged);
    expect(write).toMatchObject({
      ok: false,
      error: 'Input/output error',
      message: `qcow2: Marking image as corrupt: ${message}; further corruption events will be suppressed`,
      corruption: { message, offset: 0x10000, size: 65536, fatal: true },
      writes: [{ conflict: message, hits: ['refcount-table'] }, { what: 'header' }],
    });
    expect(later).toMatchObject({ ok: false, error: 'No medium found' });
  });

  it.each([
    [['--overlap-check', 'none'], true],
    [['--overlap-check', 'none', '--overlap-check.refcount-table', 'on'], false],
    [['--overlap-check.refcount-table', 'off'], true],
    [['--engine', 'structures'], false],
    [['--engine', 'structures', '--overlap-check', 'none'], true],
  ])('asks the check that %j chooses', (args, passes) => {
    expect(lines('write 1M 64k', damaged, ...args)[1]).toMatchObject({ ok: passes });
  });

  it('keeps metadata in memory until the end with --cache writeback', () => {
    const final = lines('write 1M 64k\nabort', healthy, '--cache', 'writeback').at(-1);
    expect(final).toMatchObject({ final: { fileLength: 0x70000, l2: [], refcounts: [] } });
  });

  it('keeps discarded clusters with --discard-no-unref, but not in version 2', () => {
    const kept = lines('discard 0 64k', healthy, '--discard-no-unref').at(-1);
    expect(kept).toMatchObject({
      final: { l2: [{ new: '0x8000000000050001' }], refcounts: [] },
    });
    const old = imageFile('old.qcow2', [], { version: 2 });
    const { stdout, code } = output('discard 0 64k', old, '--discard-no-unref');
    expect(code).toBe(1);
    expect(stdout).toBe('open: discard-no-unref is only supported since qcow2 version 3\n');
  });

  it('tells apart what only newer versions say', () => {
    const builder = new ImageBuilder({ virtualSize: 2 ** 20 }).write(0).snapshot({ name: 's' });
    const built = layOut(builder);
    const path = join(folder, 'unread.qcow2');
    // Where the snapshot's L1 table lies: off the grid.
    writeSparse(path, poked(built, [poke(Number(survey(built).read(64, 8)), 0x50200n)]));
    const args = [path, '--overlap-check', 'all'];
    const text = "qemu-io: Failed flush for 'FILE' during close: Invalid argument";
    expect(lines('write 0 4k', ...args).at(2)).toMatchObject({
      op: 'close',
      message: 'qemu-io: Failed to flush the refcount block cache: Invalid argument',
      'later-messages': [{ since: '11.1.3', text }],
    });
    expect(output('write 0 4k', ...args).stdout).toContain(`  ${text} (since QEMU 11.1.3)\n`);
  });

  it('prints QEMU’s refusal to open the image, and nothing else', () => {
    const corrupt = imageFile('corrupt.qcow2', [poke(72, 2)]);
    const { stdout, code } = output('write 0 1', corrupt, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      open: { ok: false, message: 'qcow2: Image is corrupt; cannot be opened read/write' },
    });
  });

  it('prints the line for opening, and stderr says it too, when the file cannot be opened', () => {
    const missing = join(folder, 'missing.qcow2');
    const why = `Cannot look up '${missing}': no such file or directory`;
    expect(output('write 0 1', missing, '--json')).toEqual({
      code: 1,
      stdout: `${JSON.stringify({ open: { ok: false, message: why } })}\n`,
      stderr: `qcow2-lens: ${why}\n`,
    });
    const noImage = join(folder, 'ops');
    const { code, stdout } = output('write 0 1', noImage, '--json');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\{"open":\{"ok":false,"message":".*not a qcow2 image.*"\}\}\n$/);
  });

  it('prints a text for people', () => {
    const { stdout } = output('write 1M 64k', damaged);
    expect(stdout).toContain('write 1048576 65536: failed: Input/output error');
    expect(stdout).toContain('write header 0x0 +0x10000 (unchecked)');
    expect(stdout).toContain('incompatible_features: 0x0 -> 0x2');
  });

  it.each([
    ['write 0', [healthy], /ops line 1: bad argument count 1 to write/],
    ['flush\nfoo', [healthy], /ops line 2: command "foo" not found/],
    ['flush', [], /simulate takes one image, found 0/],
    ['flush', [healthy, '--cache', 'none'], /--cache is 'none'/],
    ['flush', [healthy, '--engine', 'x'], /--engine is 'x'/],
    ['flush', [healthy, '--overlap-check', 'x'], /Unsupported value 'x' for qcow2 option/],
    ['flush', [healthy, '--overlap-check.active-l1', 'x'], /expects 'on' or 'off'/],
  ])('refuses %j with %j', (operations, args, message) => {
    const { code, stdout, stderr } = output(operations, ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.split('\n')).toHaveLength(2);
  });
});
