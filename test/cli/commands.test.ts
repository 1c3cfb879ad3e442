import { appendFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { percent } from '../../src/cli/check/checkText.js';
import { COMMAND_NAMES } from '../../src/cli/commands.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { fileBytes, writeSparse } from '../images/pieces.js';
import { poke, poked } from '../images/pokes.js';
import { notQcow2 } from '../images/samples/brokenHeaders.js';
import { COMMANDS, folderOfTests, runCli } from './runCli.js';

const names = COMMAND_NAMES;
const folder = folderOfTests();
const ops = join(folder, 'ops');
writeFileSync(ops, 'write 0 64k\n');
const build = () => layOut(new ImageBuilder({ virtualSize: 2 ** 20 }).write(0));
const healthy = join(folder, 'healthy.qcow2');
writeSparse(healthy, build());

let outs = 0;

/** The words that make a command look at an image. */
const wordsOf = (command: string, image: string): string[] => [
  command,
  image,
  ...(command === 'simulate' ? ['--ops', ops] : []),
  ...(command === 'caches' ? ['--workload', 'uniform:ops=5'] : []),
  ...(command === 'repair' ? ['all'] : []),
  ...(command === 'compare' ? [healthy] : []),
  ...(command === 'export-metadata' ? [join(folder, `out-${String(outs++)}`)] : []),
];

describe('info of a header full of extensions', () => {
  const EMPTY = 5000;
  const file = layOut(new ImageBuilder({ virtualSize: 2 ** 20 }));
  const bytes = fileBytes(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = view.getUint32(100);
  for (let i = 0; i < EMPTY; i++) {
    view.setUint32(start + i * 8, 0x12345678);
    view.setUint32(start + i * 8 + 4, 0);
  }
  bytes.fill(0, start + EMPTY * 8, start + EMPTY * 8 + 8);
  const image = join(folder, 'extensions.qcow2');
  writeFileSync(image, bytes);

  it('lists a thousand of them, and counts the rest', () => {
    const { stdout } = runCli(['info', image]);
    expect(stdout.match(/ unknown, 0 bytes$/gm)).toHaveLength(1000);
    expect(stdout).toContain(`\n  … and ${EMPTY - 1000} more; info --json lists them all\n`);
  });

  it('has all of them in JSON, as one document in pieces', () => {
    const { stdout } = runCli(['info', '--json', image]);
    const document: unknown = JSON.parse(stdout);
    expect(document).toMatchObject({ format: 'qcow2', bitmaps: [], problems: [] });
    expect(stdout.match(/"magic": "0x12345678"/g)).toHaveLength(EMPTY);
    expect(stdout).toBe(`${JSON.stringify(document, undefined, 1)}\n`);
  });
});

describe('check --json of a refcount table whose entries all name one block', () => {
  it('lists the owners of a cluster once, and counts them elsewhere', () => {
    const file = layOut(new ImageBuilder({ virtualSize: 2 ** 20 }));
    const table = file.places.refcountTable;
    const block = new DataView(fileBytes(file).buffer).getBigUint64(table);
    const entries = 400;
    const pokes = Array.from({ length: entries }, (_, index) => poke(table + index * 8, block));
    const image = join(folder, 'one-block.qcow2');
    writeSparse(image, poked(file, pokes));
    const { code, stdout } = runCli(['check', image, '--json']);
    expect(code).toBe(2);
    const parsed: unknown = JSON.parse(stdout);
    if (!isReport(parsed)) throw new Error(`expected findings, found ${stdout.slice(0, 200)}`);
    const { findings } = parsed;
    expect(findings.length).toBeGreaterThanOrEqual(entries - 1);
    // Each of them is about a block that all of the entries name.
    const ofBlock = findings.filter(({ cluster }) => BigInt(cluster) === block / 65_536n);
    expect(ofBlock.length).toBeGreaterThanOrEqual(entries - 1);
    for (const { ownersTotal } of ofBlock) expect(ownersTotal).toBe(entries);
    expect(Math.max(...findings.map(({ owners }) => owners.length))).toBe(100);
    // In full with the first one, and with the refcount's own, which no entry is at fault of.
    expect(findings.filter(({ owners }) => owners.length > 1)).toHaveLength(2);
  });
});

interface Report {
  readonly findings: readonly {
    readonly cluster: number;
    readonly owners: readonly unknown[];
    readonly ownersTotal: number;
  }[];
}

const isReport = (value: unknown): value is Report =>
  typeof value === 'object' &&
  value !== null &&
  'findings' in value &&
  Array.isArray(value.findings);

describe('help', () => {
  it('tells the version', () => {
    expect(runCli(['--version'])).toEqual({
      code: 0,
      stdout: 'qcow2-lens 0.0.0-test\n',
      stderr: '',
    });
  });

  it('names every command', () => {
    const { code, stdout } = runCli(['--help']);
    expect(code).toBe(0);
    const width = Math.max(...names.map(({ length }) => length));
    for (const { name, summary } of COMMANDS)
      expect(stdout).toContain(`  ${name.padEnd(width)}  ${summary}\n`);
    expect(runCli(['-h']).stdout).toBe(stdout);
  });

  it.each(names)('of %s names its options, needs no image', (command) => {
    const { code, stdout } = runCli([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`usage: qcow2-lens ${command}`);
    const options = COMMANDS.find(({ name }) => name === command)?.options ?? {};
    for (const name of Object.keys(options)) expect(stdout).toContain(`--${name}`);
  });

  it.each(names)('%s: an unknown option names those there are', (command) => {
    const { code, stdout, stderr } = runCli([command, healthy, '--jsno']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const options = COMMANDS.find(({ name }) => name === command)?.options ?? {};
    const all = Object.keys(options).map((name) => `--${name}`);
    expect(stderr).toBe(
      `qcow2-lens: ${command}: unknown option '--jsno', there are ${all.join(', ')}\n`,
    );
  });

  it.each([
    [[], 'no command given, there are info, check'],
    [['chek', 'x'], "unknown command 'chek', expected one of info, check"],
    [['--verbose'], "unknown option '--verbose', there are --version, --help"],
    [['--json', 'check', 'x'], "unknown option '--json'"],
    [['check'], 'check takes one image, found 0'],
    [['check', 'a', 'b'], 'check takes one image, found 2'],
    [['check', 'a', '--json=yes'], '--json takes no value'],
    [['structures', 'a', '--bitmap-size'], '--bitmap-size needs a value: SIZE'],
    [['layout', 'a', '--backing'], "layout: unknown option '--backing'"],
  ])('%j is refused in one line', (words, message) => {
    const { code, stdout, stderr } = runCli(words);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('what follows -- is no option', () => {
    expect(runCli(['check', '--', '--json']).stderr).toContain("Cannot look up '--json'");
  });
});

describe('a file that is no qcow2 image', () => {
  const text = join(folder, 'notes.qcow2');
  writeSparse(text, notQcow2());
  const vmdk = join(folder, 'disk.vmdk');
  writeFileSync(vmdk, Buffer.from('KDMV\x01\0\0\0'.padEnd(1024, '\0'), 'latin1'));

  it.each(names)('is refused by %s, with its format', (command) => {
    for (const [image, what] of [
      [text, 'This is not a qcow2 image: magic at 0x0'],
      [vmdk, 'This is a VMDK disk image, not a qcow2 image: magic at 0x0 is 0x4b444d56'],
    ]) {
      const { code, stdout, stderr } = runCli(wordsOf(command, image));
      expect(code).toBe(['check', 'diagnose', 'repair'].includes(command) ? 63 : 1);
      // Only a diagnosis goes on, and says what to do with such a file.
      if (command === 'diagnose') expect(stdout).toContain('This is no qcow2 image');
      else expect(stdout).toBe('');
      expect(stderr.split('\n')[0]).toContain(`qcow2-lens: '${image}': ${what}`);
    }
  });

  it('has a JSON document without a word of features', () => {
    const { code, stdout } = runCli(['info', vmdk, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      filename: vmdk,
      'file-size': 1024,
      'found-format': {
        name: 'vmdk',
        title: 'a VMDK disk image',
        advice: 'qemu-img convert -f vmdk -O qcow2 makes a qcow2 image of it.',
      },
      problems: [expect.objectContaining({ field: 'magic' })],
      refusal: 'Image is not in qcow2 format',
    });
  });

  it('an image that QEMU refuses is shown behind the refusal, exit code 1', () => {
    const refused = join(folder, 'refused.qcow2');
    writeSparse(refused, poked(build(), [poke(4, 9, 4)]));
    const { code, stdout, stderr } = runCli(['info', refused]);
    expect(code).toBe(1);
    expect(stderr).toBe(`qcow2-lens: Could not open '${refused}': Unsupported qcow2 version 9\n`);
    expect(stdout).toMatch(/^QEMU refuses this image: Unsupported qcow2 version 9\n/);
    expect(stdout).toContain('cluster_bits');
  });
});

describe('a file that changes while it is read', () => {
  const changes: Record<string, (path: string) => void> = {
    grows: (path) => {
      appendFileSync(path, 'x');
    },
    'is written to': (path) => {
      utimesSync(path, 1, 1);
    },
    'is replaced': (path) => {
      writeFileSync(`${path}.new`, fileBytes(build()));
      renameSync(`${path}.new`, path);
    },
    'is gone': (path) => {
      renameSync(path, `${path}.old`);
    },
  };

  it.each(names.flatMap((name) => Object.keys(changes).map((change) => [name, change])))(
    '%s says so when it %s',
    (command, change) => {
      for (const json of [[], ['--json']]) {
        const path = join(folder, 'changing.qcow2');
        writeSparse(path, build());
        let isOpen = false;
        const { code, stdout, stderr } = runCli([...wordsOf(command, path), ...json], () => {
          if (!isOpen) changes[change](path);
          isOpen = true;
        });
        expect(code).toBe(1);
        expect(stderr).toBe(
          `qcow2-lens: '${path}' has changed while it was read: nothing here can be relied on\n`,
        );
        // What prints an array has no place for a key.
        if (json.length === 0 || ['map', 'layout', 'diagnose'].includes(command)) continue;
        const document = command === 'simulate' ? stdout.trim().split('\n').at(-1) : stdout;
        expect(JSON.parse(document ?? '')).toHaveProperty('changed-while-read', true);
      }
    },
  );

  it.each(names)('%s says nothing of one that does not', (command) => {
    const { stdout, stderr } = runCli([...wordsOf(command, healthy), '--json']);
    expect(stderr).toBe('');
    expect(stdout).not.toContain('changed-while-read');
  });

  it('map --backing looks at the files below as well', () => {
    const base = join(folder, 'base.qcow2');
    const top = join(folder, 'top.qcow2');
    writeSparse(base, build());
    const backing = { name: 'base.qcow2', format: 'qcow2' };
    writeSparse(top, layOut(new ImageBuilder({ virtualSize: 2 ** 20, backing })));
    let opened = 0;
    const { code, stderr } = runCli(['map', top, '--backing'], () => {
      if (++opened === 2) appendFileSync(base, 'x');
    });
    expect(opened).toBe(2);
    expect(code).toBe(1);
    expect(stderr).toContain('has changed while it was read');
  });
});

it.each([
  [1, 32, '3.12%'],
  [3, 32, '9.38%'],
  [5, 32, '15.62%'],
  [1, 3, '33.33%'],
  [1, 800, '0.12%'],
  [32, 32, '100.00%'],
  [0, 7, '0.00%'],
])('percentages are those of printf: %i of %i', (part, whole, text) => {
  expect(percent(part, whole)).toBe(text);
});
