import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from '../../src/cli/commands.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { writeSparse } from '../images/pieces.js';
import { poke, poked } from '../images/pokes.js';
import { folderOfTests } from './runCli.js';
import { bundleCli } from './bundledCli.js';

const folder = folderOfTests();
const script = join(folder, 'cli.mjs');
const ops = join(folder, 'ops');
writeFileSync(ops, 'write 0 64k\n');

const small = () => layOut(new ImageBuilder({ virtualSize: 2 ** 20 }).write(0));
const healthy = join(folder, 'healthy.qcow2');
writeSparse(healthy, small());
/** Cluster 0 has refcount 0. */
const corrupt = join(folder, 'corrupt.qcow2');
writeSparse(corrupt, poked(small(), [poke(0x20000, 0, 2)]));
const leaky = join(folder, 'leaky.qcow2');
writeSparse(leaky, layOut(new ImageBuilder({ virtualSize: 2 ** 20 }).leak(1)));

beforeAll(() => bundleCli(script));

/** Stands for a file that is not there yet. */
const NEW_FILE = 'a new file';
let newFiles = 0;
const named = (words: readonly string[]): string[] =>
  words.map((word) => (word === NEW_FILE ? join(folder, `new-${String(newFiles++)}`) : word));

/** Every command, in both forms, and what needs no image. */
const CALLS: readonly (readonly [string, readonly string[]])[] = [
  ['--help', ['--help']],
  ['--version', ['--version']],
  ...COMMAND_NAMES.flatMap((name) => {
    const own = {
      simulate: ['--ops', ops],
      caches: ['--workload', 'uniform:ops=5'],
      repair: ['all'],
      compare: [healthy],
      'export-metadata': [NEW_FILE],
    };
    const words = [
      name,
      healthy,
      ...(Object.entries(own).find(([key]) => key === name)?.[1] ?? []),
    ];
    return [
      [name, words],
      [`${name} --json`, [...words, '--json']],
      [`${name} --help`, [name, '--help']],
    ] as const;
  }),
];
const UNDER_CHECK = [
  [healthy, 0],
  [corrupt, 2],
  [leaky, 3],
  [ops, 63],
] as const;

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs with a full device in place of an output. */
function withFull(stdio: 'stdout' | 'stderr', words: readonly string[]): Ended {
  const full = openSync('/dev/full', 'w');
  try {
    const run = spawnSync(process.execPath, [script, ...named(words)], {
      encoding: 'utf8',
      stdio: stdio === 'stdout' ? ['ignore', full, 'pipe'] : ['ignore', 'pipe', full],
    });
    return { code: run.status, stderr: run.stderr ?? '' };
  } finally {
    closeSync(full);
  }
}

/** Runs with a reader of its output who is gone before the first byte. */
function withoutReader(words: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // The shell's `exec` takes the process's place when the pipe's other end is closed.
    const child = spawn(
      'sh',
      ['-c', 'read _; exec "$@"', 'sh', process.execPath, script, ...named(words)],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject).on('close', (code) => {
      resolve({ code, stderr });
    });
    child.stdout.once('close', () => {
      child.stdin.end('go\n');
    });
    child.stdout.destroy();
  });
}

describe.runIf(existsSync('/dev/full'))('an output that cannot be written', () => {
  it.each(CALLS)('%s: stdout is full', (_, words) => {
    expect(withFull('stdout', words)).toEqual({
      code: 1,
      stderr: 'qcow2-lens: Cannot write the output: no space left on device\n',
    });
  });

  it.each(CALLS)('%s: nobody reads it any more', async (_, words) => {
    expect(await withoutReader(words)).toEqual({ code: 1, stderr: '' });
  });

  it.each(UNDER_CHECK)('check %s keeps its exit code %i', async (image, expected) => {
    for (const json of [[], ['--json']]) {
      const words = ['check', image, ...json];
      const lost = expected === 0 ? 1 : expected;
      expect(withFull('stdout', words).code).toBe(lost);
      expect((await withoutReader(words)).code).toBe(lost);
      expect(withFull('stderr', words).code).toBe(expected);
    }
  });

  it('a wrong request keeps its exit code when stderr is full', () => {
    for (const words of [[], ['check'], ['info', `${healthy}-missing`], ['info', ops]])
      expect(withFull('stderr', words).code).toBe(1);
  });
});

it('the version is that of the bundle', () => {
  const run = spawnSync(process.execPath, [script, '--version'], { encoding: 'utf8' });
  expect(run.stdout).toBe('qcow2-lens 1.2.3\n');
});
