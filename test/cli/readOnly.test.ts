import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { findProgram } from '../../scripts/lib/install.mjs';
import { COMMAND_NAMES } from '../../src/cli/commands.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { fileBytes, writeSparse } from '../images/pieces.js';
import { poke, poked } from '../images/pokes.js';
import { folderOfTests, runCli } from './runCli.js';
import { bundleCli } from './bundledCli.js';

const folder = folderOfTests();
const ops = join(folder, 'ops');
writeFileSync(ops, 'write 0 64k\nsnapshot-create s\n');
const log = join(folder, 'log');
writeFileSync(log, 'write 0 4096\nflush\n');

const written = () =>
  layOut(
    new ImageBuilder({ virtualSize: 2 ** 22 })
      .write(0, 4)
      .snapshot({ name: 'one' })
      .write(1)
      .leak(2),
  );
const healthy = written();
const REFCOUNTS = healthy.places.refcountBlocks[0];
/** Such as a tool that repairs would like to write, and such as nobody can open. */
const IMAGES = {
  leaky: fileBytes(healthy),
  corrupt: fileBytes(poked(healthy, [poke(REFCOUNTS, 0, 2)])),
  'of no header': new Uint8Array(2 ** 16),
};

let files = 0;
const fresh = (): string => join(folder, `fresh-${String(files++)}`);
const other = join(folder, 'other.qcow2');
writeSparse(other, written());

/** The words of a command that has a file to write or repair, wherever it may. */
const wordsOf = (command: string, image: string): string[] => {
  switch (command) {
    case 'simulate':
      return [command, image, '--ops', ops];
    case 'caches':
      return [command, image, '--workload', log];
    case 'repair':
      return [command, image, 'all', '--changes', fresh()];
    case 'compare':
      return [command, image, other];
    case 'export-metadata':
      return [command, image, fresh()];
    default:
      return [command, image];
  }
};

function readOnlyFile(bytes: Uint8Array): string {
  const own = fresh();
  mkdirSync(own);
  const image = join(own, 'image.qcow2');
  writeFileSync(image, bytes);
  chmodSync(image, 0o444);
  return image;
}

/** All that a write would change; the time of the last access is the file system's own affair. */
function stateOf(image: string) {
  const { mtimeNs, ctimeNs, size, ino, mode, nlink } = statSync(image, { bigint: true });
  const digest = createHash('sha256').update(readFileSync(image)).digest('hex');
  return { mtimeNs, ctimeNs, size, ino, mode, nlink, digest };
}

describe.each(Object.entries(IMAGES))('an image of mode 0444, %s', (_, bytes) => {
  it.each(COMMAND_NAMES)('%s leaves its bytes and its times', (command) => {
    const image = readOnlyFile(bytes);
    const before = stateOf(image);
    for (const words of [wordsOf(command, image), [...wordsOf(command, image), '--json']]) {
      const { stderr } = runCli(words);
      expect(stderr).not.toMatch(/EACCES|permission/i);
    }
    expect(stateOf(image)).toEqual(before);
  });
});

/** System calls that change nothing; others that name the image, or a descriptor of it, are faults. */
const HARMLESS =
  /^(read|readv|pread64|preadv|close|lseek|access|faccessat2?|stat|lstat|fstat|newfstatat|statx|readlink|readlinkat|poll|epoll_ctl)$/;

/** The calls of strace's lines that may not be. */
function forbiddenCalls(trace: string): string[] {
  return trace.split('\n').filter((line) => {
    const [, name, rest] = /^(?:\d+ +)?([a-z_0-9]+)\((.*)/.exec(line) ?? [];
    if (name === undefined || HARMLESS.test(name)) return false;
    const isOpening = name === 'open' || name === 'openat';
    return (
      !isOpening || !/\bO_RDONLY\b/.test(rest) || /O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)/.test(rest)
    );
  });
}

const strace = findProgram('strace');
const works =
  strace !== undefined && spawnSync(strace, ['-o', join(folder, 'probe'), 'true']).status === 0;
const isInstallable =
  strace === undefined && existsSync('/etc/debian_version') && process.getuid?.() === 0;

if (!works) {
  const why = strace === undefined ? 'strace is not installed' : 'strace may not trace here';
  console.warn(`NOT TESTED: that an image is only ever opened O_RDONLY: ${why}`);
  // A failure where CI is set, but only where `npm test` installs it.
  if (isInstallable || (process.env.CI ?? '') === '') test.skip(`traced: ${why}`, () => undefined);
}

if (strace !== undefined && works)
  describe('traced, the image is opened O_RDONLY and nothing else is done to it', () => {
    const script = join(folder, 'cli.mjs');

    beforeAll(() => bundleCli(script));

    /** What a process does to a file. */
    const traceOf = (image: string, program: readonly string[]): string => {
      const trace = fresh();
      const { status } = spawnSync(strace, ['-f', '-qq', '-P', image, '-o', trace, ...program]);
      expect(status).not.toBeNull();
      return readFileSync(trace, 'utf8');
    };

    it.each(COMMAND_NAMES)('%s', (command) => {
      const image = readOnlyFile(IMAGES.corrupt);
      const trace = traceOf(image, [process.execPath, script, ...wordsOf(command, image)]);
      expect(trace).toMatch(/\bopen(at)?\(.*O_RDONLY/);
      expect(trace).toMatch(/\bpread64\(/);
      expect(forbiddenCalls(trace)).toEqual([]);
    });

    it.each([
      [`fs.openSync(f, 'r+')`, /O_RDWR/],
      [`fs.openSync(f, 'a')`, /O_APPEND/],
      [`fs.utimesSync(f, 1, 1)`, /utimens/],
      [`fs.chmodSync(f, 0o600)`, /chmod/],
      [`fs.renameSync(f, f + 2)`, /rename/],
      [`fs.truncateSync(f, 1)`, /O_RDWR/],
    ])('a process that does otherwise is told: %s', (code, call) => {
      const image = readOnlyFile(IMAGES.leaky);
      chmodSync(image, 0o644);
      const program = `const fs = require('node:fs'), f = process.argv[1]; ${code}`;
      const [first] = forbiddenCalls(traceOf(image, [process.execPath, '-e', program, image]));
      expect(first).toMatch(call);
    });
  });
