import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { writeSparse } from '../images/pieces.js';
import { poke, poked } from '../images/pokes.js';
import { folderOfTests, runCli } from './runCli.js';

const folder = folderOfTests();
const image = join(folder, 'image.qcow2');
const built = layOut(new ImageBuilder({ virtualSize: 2 ** 30 }).write(0, 16384));
writeSparse(image, built);

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const aNumber = (): unknown => expect.any(Number);
const containing = (...values: readonly unknown[]): unknown => expect.arrayContaining([...values]);

const caches = (...words: string[]) => runCli(['caches', ...words]);

describe('qcow2-lens caches', () => {
  it('prints one JSON document, as the contract has it', () => {
    const { code, stdout } = caches(
      ...[image, '--json', '--l2-cache-size', '8K', '--bitmap-size', '4K'],
      ...['--workload', 'uniform:ops=2000,block=4K,reads=80'],
    );
    expect(code).toBe(0);
    const document: unknown = JSON.parse(stdout);
    const count = aNumber();
    const cache = {
      lookups: count,
      hits: count,
      misses: count,
      evictions: count,
      writeBacks: count,
    };
    expect(document).toMatchObject({
      workload: { kind: 'pattern', pattern: { name: 'uniform' }, requests: 2000, failed: 0 },
      l2: { ...cache, lookups: 2000, slots: 2, entryBytes: 4096 },
      refcount: { ...cache, lookups: 0, slots: 4, entryBytes: 65536 },
      windows: { checks: count, hits: count, misses: count, evictions: count, conversions: count },
      curves: {
        l2: containing({ bytes: 131072, hits: 1998 }),
        refcount: [{ bytes: 262144, hits: 0 }],
        windows: containing(),
      },
      advice: containing(expect.objectContaining({ option: 'l2-cache-size', bytes: 131072 })),
      options: { drive: 'l2-cache-size=128K,refcount-cache-size=256K' },
    });
  });

  it('prints a text with counts, curves, advice and options', () => {
    const { code, stdout } = caches(
      image,
      '--workload',
      'database:ops=3000',
      '--l2-cache-size',
      '16K',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^L2 tables +3,000 +[\d,]+ +[\d,]+ /m);
    expect(stdout).toMatch(/^ +128 KiB +2 +< 0\.1 % +default, full coverage$/m);
    expect(stdout).toMatch(/^ {2}l2-cache-size 128K \(now 16 KiB\): The smallest size with 99 %/m);
    expect(stdout).toContain('-blockdev  {"driver":"qcow2","l2-cache-size":131072');
    expect(stdout).toContain("<max_size unit='bytes'>393216</max_size>");
  });

  it('reads a file, and says how, what is bad in it, and which disks it is of', () => {
    const log = file(
      'two.iolog',
      'fio version 2 iolog\n/a read 0 4096\nrubbish\n/b write 65536 512\n/a read 4294967296 512\n',
    );
    const { stdout, code } = caches(image, '--workload', log);
    expect(code).toBe(0);
    expect(stdout).toContain(`3 requests of '${log}', read as fio\n`);
    expect(stdout).toContain('1 bad line: number 3\n');
    expect(stdout).toContain('several disks, all taken as one disk: /a (2), /b (1)\n');
    expect(stdout).toContain('1 request failed, such as past the end of the disk\n');
    expect(caches(image, '--workload', log, '--workload-volume', '/b').stdout).toContain(
      'only /b is taken',
    );
  });

  it('shows what it takes a table to be, and can be told otherwise', () => {
    const table = file('table.csv', '1,R,8,8\n2,W,16,1\n');
    expect(caches(image, '--workload', table).stdout).toContain(
      'offset in column 3 in units of 512 bytes, length in 4 of 512 bytes, operation in 2, volume in none',
    );
    const format = ['--workload-format', 'csv:offset-unit=1,length-unit=1'];
    expect(caches(image, '--workload', table, ...format).stdout).toContain('as you say');
  });

  it('stops where nobody can tell what QEMU would do', () => {
    const broken = join(folder, 'broken.qcow2');
    writeSparse(broken, poked(built, [poke(built.entryOffset(9), 0x8000000000000200n, 8)]));
    const { stdout, code } = caches(broken, '--workload', 'sequential:ops=20,block=64K');
    expect(code).toBe(0);
    expect(stdout).toContain('11 requests failed');
  });

  it.each([
    [[image], 'caches needs a workload: --workload FILE|PATTERN'],
    [['--workload', 'uniform'], 'caches takes one image, found 0'],
    [[image, '--workload', 'uniform:ops=x'], "pattern uniform: Parameter 'ops' expects"],
    [[image, '--workload', 'uniform', '--workload-volume', 'a'], 'the pattern uniform is no file'],
    [[image, '--workload', 'nowhere'], "Cannot open the workload 'nowhere': ENOENT"],
    [[image, '--workload', image], 'looks like no workload; --workload-format says what it is'],
    [[image, '--workload', image, '--workload-format', 'x'], "there is no format 'x'"],
    [[image, '--workload', '/dev/zero', '--workload-format', 'fio'], 'has no request in its first'],
    [[image, '--workload', 'uniform', '--cache', 'none'], "--cache is 'none'"],
    [
      [image, '--workload', 'uniform', '--cache-size', '1M', '--l2-cache-size', '2M'],
      'l2-cache-size may not exceed cache-size',
    ],
    [[image, '--workload', 'uniform', '--l2-cache-size', 'x'], "Parameter 'l2-cache-size' expects"],
  ])('refuses %j', (words, message) => {
    const { code, stdout, stderr } = caches(...words);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
