import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { memorySource } from '../../src/core/byteSource.js';
import type { Cause, CauseId, Diagnosis, Step } from '../../src/core/check/causes/cause.js';
import { diagnose } from '../../src/core/check/causes/diagnose.js';
import { stepCommand } from '../../src/core/check/causes/stepCommand.js';
import { scan, type Scan } from '../../src/core/check/scan.js';
import { isMappable, openImage } from '../../src/core/qcow2/image.js';
import { Random } from '../images/random.js';
import { qemu, temporaryFolder } from './qemu.js';

const CLUSTER = 65_536;
const MIB = 2 ** 20;

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

let images = 0;
const at = (name: string): string => join(folder.path, name);
const result = <T>(steps: Generator<unknown, T, void>): T => {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
};

function diagnosisOf(name: string): Diagnosis {
  const image = openImage(memorySource(readFileSync(at(name))));
  const scanned: Scan | undefined = isMappable(image) ? result(scan(image)) : undefined;
  return result(diagnose(image, scanned, name));
}

function causeIn(name: string, id: CauseId): Cause {
  const { causes } = diagnosisOf(name);
  const found = causes.find((cause) => cause.id === id);
  if (!found) throw new Error(`no ${id} among ${causes.map((cause) => cause.id).join(', ')}`);
  return found;
}

/** Runs the command of a step as it is copied into a shell; its exit code. */
function exitOf(step: Step, name: string): number | null {
  const line = stepCommand(step, name, 'bash');
  if (line === undefined) throw new Error(`nothing to type: ${step.text}`);
  const run = spawnSync('bash', ['-c', line], {
    cwd: folder.path,
    encoding: 'utf8',
    input: '',
    maxBuffer: 2 ** 28,
  });
  // qemu-io reports a failed command in its output and still exits with 0.
  return /^(write|read) failed/m.test(run.stdout) ? 1 : run.status;
}

const typed = (steps: readonly Step[]): Step[] =>
  steps.filter(({ command }) => command !== undefined);

/** Runs all that is to be done, in order. */
const doAll = (cause: Cause, name: string): (number | null)[] =>
  typed(cause.doNext).map((step) => exitOf(step, name));

const check = (name: string): number | null =>
  spawnSync('qemu-img', ['check', '-f', 'qcow2', name], { cwd: folder.path }).status;

/** The guest's disk as QEMU reads it. */
function diskOf(name: string): Buffer {
  const raw = `${name}.raw`;
  qemu('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', name, raw], folder.path);
  return readFileSync(at(raw));
}

/** The same, with zeros for what it cannot read. */
function salvaged(name: string): Buffer {
  const raw = `${name}.raw`;
  qemu('qemu-img', ['convert', '--salvage', '-f', 'qcow2', '-O', 'raw', name, raw], folder.path);
  return readFileSync(at(raw));
}

/** Guest clusters in which two disks differ, by offset. */
function differences(one: Buffer, other: Buffer): number[] {
  const found: number[] = [];
  for (let start = 0; start < one.length; start += CLUSTER)
    if (one.compare(other, start, start + CLUSTER, start, start + CLUSTER) !== 0) found.push(start);
  return found;
}

const endangered = ({ danger }: Cause): number[] =>
  danger.guest.flatMap(({ start, length, snapshot }) =>
    snapshot === undefined
      ? Array.from({ length: length / CLUSTER }, (_, i) => start + i * CLUSTER)
      : [],
  );

/** A new image of 64 MiB whose first clusters hold noise. */
function fresh(clusters = 40, options = 'cluster_size=64k', size = '64M'): string {
  const name = `it's ${++images}.qcow2`;
  const data = `data-${images}`;
  writeFileSync(at(data), new Random(images).bytes(clusters * CLUSTER));
  qemu('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', options, name, size], folder.path);
  const write = `write -q -s ${data} 0 ${clusters * CLUSTER}`;
  qemu('qemu-io', ['-f', 'qcow2', '-c', write, name], folder.path);
  return name;
}

function copied(name: string): string {
  const copy = `${++images}-${name}`;
  copyFileSync(at(name), at(copy));
  return copy;
}

/** A copy with 64-bit words, or single bytes, changed. */
function damaged(name: string, change: (bytes: Buffer) => void): string {
  const copy = copied(name);
  const bytes = readFileSync(at(copy));
  change(bytes);
  writeFileSync(at(copy), bytes);
  return copy;
}

const word = (bytes: Buffer, offset: number): bigint => bytes.readBigUInt64BE(offset);
const l1At = (bytes: Buffer): number => Number(word(bytes, 40));
const l2At = (bytes: Buffer): number => Number(word(bytes, l1At(bytes)) & 0xfffffffffffe00n);
const entryAt = (bytes: Buffer, guest: number): number => l2At(bytes) + guest * 8;
const dataAt = (bytes: Buffer, guest: number): number =>
  Number(word(bytes, entryAt(bytes, guest)) & 0xfffffffffffe00n);
const blockAt = (bytes: Buffer): number => Number(word(bytes, Number(word(bytes, 48))));
const COPIED = 1n << 63n;

/** A write of the guest to a part of the disk that has nothing yet, unguarded. */
const allocate = (name: string, length: string): string =>
  qemu(
    'qemu-io',
    [
      '--image-opts',
      '-c',
      `write -q -P 170 32M ${length}`,
      `driver=qcow2,overlap-check=none,file.filename=${name}`,
    ],
    folder.path,
  );

describe('what a card says to do is done, and leaves what it says', () => {
  test('guest data on the active L1 table', () => {
    const name = damaged(fresh(), (bytes) =>
      bytes.writeBigUInt64BE(COPIED | BigInt(l1At(bytes)), entryAt(bytes, 5)),
    );
    const cause = causeIn(name, 'two-owners');
    const before = diskOf(name);
    expect(doAll(cause, name)).toEqual([0, 0]);
    expect(differences(before, diskOf(`${name}.new`))).toEqual([]);
    expect(check(`${name}.new`)).toBe(0);
    // What not to do: a repair is content with two owners.
    const repaired = copied(name);
    expect(exitOf(typed(cause.doNot)[0], repaired)).toBe(0);
    expect(check(repaired)).toBe(0);
    expect(causeIn(repaired, 'two-owners').title).toBe(cause.title);
    // And a write there really takes the whole disk with it, and no more than was said.
    const written = copied(name);
    overwrite(written, 5);
    const lost = differences(before, diskOf(written));
    expect(lost.length).toBeGreaterThan(38);
    expect(lost.filter((start) => !endangered(cause).includes(start))).toEqual([]);
  });

  /** Writes zeros to a guest cluster as a QEMU that guards nothing. */
  const overwrite = (name: string, guest: number): string =>
    qemu(
      'qemu-io',
      [
        '--image-opts',
        '-c',
        `write -q -P 0 ${guest * CLUSTER} 64k`,
        `driver=qcow2,overlap-check=none,file.filename=${name}`,
      ],
      folder.path,
    );

  test.for([
    ['an L2 table', (bytes: Buffer) => l2At(bytes)],
    ['data of another place', (bytes: Buffer) => dataAt(bytes, 11)],
    ['the refcount table', (bytes: Buffer) => Number(word(bytes, 48))],
    ['a refcount block', (bytes: Buffer) => blockAt(bytes)],
    ["a snapshot's L1 table", (bytes: Buffer) => Number(word(bytes, Number(word(bytes, 64))))],
    ['the snapshot table', (bytes: Buffer) => Number(word(bytes, 64))],
  ] as const)('guest data on %s: what a write there takes is in danger', ([, placeIn]) => {
    const good = fresh();
    qemu('qemu-img', ['snapshot', '-c', 'a', good], folder.path);
    // The disk has an L2 table and data of its own again.
    qemu('qemu-io', ['-f', 'qcow2', '-c', `write -q -P 7 0 ${40 * CLUSTER}`, good], folder.path);
    const name = damaged(good, (bytes) =>
      bytes.writeBigUInt64BE(COPIED | BigInt(placeIn(bytes)), entryAt(bytes, 5)),
    );
    const cause = causeIn(name, 'two-owners');
    const before = salvaged(name);
    overwrite(name, 5);
    allocate(name, '192k');
    // Refcounts of 0 give cluster 0 away, the header: then nothing is left to read.
    const isGone =
      spawnSync('qemu-io', ['-f', 'qcow2', '-c', 'quit', name], { cwd: folder.path }).status === 1;
    const after = isGone ? Buffer.alloc(before.length) : salvaged(name);
    const lost = differences(before, after).filter((start) => start < 32 * MIB);
    expect(lost).toContain(5 * CLUSTER);
    expect(lost.filter((start) => !endangered(cause).includes(start))).toEqual([]);
  });

  test('refcounts of 0', () => {
    const good = fresh();
    const name = damaged(good, (bytes) => {
      for (let guest = 20; guest < 23; guest++)
        bytes.writeUInt16BE(0, blockAt(bytes) + 2 * (dataAt(bytes, guest) / CLUSTER));
    });
    const cause = causeIn(name, 'refcounts-zero');
    expect(doAll(cause, name)).toEqual([0, 0, 0]);
    expect(differences(diskOf(good), diskOf(`${name}.copy`))).toEqual([]);
    const refused = copied(name);
    expect(exitOf(typed(cause.doNot)[0], refused)).toBe(1);
    // A VM that is started writes over just these.
    const written = copied(name);
    const before = diskOf(name);
    allocate(written, '192k');
    const lost = differences(before.subarray(0, 32 * MIB), diskOf(written).subarray(0, 32 * MIB));
    expect(lost).toEqual(endangered(cause));
  });

  test('a lost L2 table', () => {
    const good = fresh();
    const name = damaged(good, (bytes) => bytes.writeBigUInt64BE(0n, l1At(bytes)));
    const cause = causeIn(name, 'lost-l2');
    expect(differences(diskOf(good), diskOf(name))).toHaveLength(cause.danger.bytes / CLUSTER);
    const freed = copied(name);
    expect(doAll(cause, name)).toEqual([0, 0, 0]);
    expect(differences(diskOf(good), diskOf(`${name}.copy`))).toEqual([]);
    const [leaks] = typed(cause.doNot);
    expect(exitOf(leaks, freed)).toBe(0);
    doAll(cause, freed);
    expect(diskOf(`${freed}.copy`).every((byte) => byte === 0)).toBe(true);
  });

  test.for([58n, 3n, 40n])('bit %s too many', (bit) => {
    const good = fresh();
    const name = damaged(good, (bytes) =>
      bytes.writeBigUInt64BE(word(bytes, entryAt(bytes, 7)) | (1n << bit), entryAt(bytes, 7)),
    );
    const cause = causeIn(name, 'flag-bits');
    expect(check(name)).toBe(2);
    const lost = differences(diskOf(good), salvaged(name));
    expect(lost.filter((start) => !endangered(cause).includes(start))).toEqual([]);
    expect(doAll(cause, name)).toEqual([0, 0, 0]);
    expect(differences(diskOf(good), diskOf(`${name}.copy`))).toEqual([]);
  });

  test('a file cut off: exactly these ranges are lost', () => {
    const good = fresh();
    const name = copied(good);
    truncateSync(at(name), dataAt(readFileSync(at(good)), 30));
    const cause = causeIn(name, 'cut-off');
    expect(doAll(cause, name)).toEqual([0, 0]);
    expect(differences(diskOf(good), diskOf(`${name}.new`))).toEqual(endangered(cause));
    const repaired = copied(name);
    expect(exitOf(typed(cause.doNot)[0], repaired)).toBe(2);
    expect(causeIn(repaired, 'cut-off').danger.bytes).toBe(cause.danger.bytes);
  });

  test('one stray entry and one leaked cluster', () => {
    const good = fresh();
    const name = damaged(good, (bytes) =>
      bytes.writeBigUInt64BE(COPIED | (0xf0n << 40n), entryAt(bytes, 9)),
    );
    const cause = causeIn(name, 'stray-pointer');
    expect(doAll(cause, name)).toEqual([0, 0, 0, 0]);
    expect(differences(diskOf(good), diskOf(`${name}.copy`))).toEqual([]);
    expect(differences(diskOf(good), diskOf(`${name}.new`))).toEqual(endangered(cause));
  });

  test('an L2 table overwritten with data', () => {
    const good = fresh();
    const name = damaged(good, (bytes) => {
      bytes.set(new Random(5).bytes(CLUSTER), l2At(bytes));
    });
    const cause = causeIn(name, 'overwritten-l2');
    expect(diagnosisOf(name).causes.map(({ id }) => id)).toEqual(['overwritten-l2']);
    expect(doAll(cause, name)).toEqual([0, 0]);
    const lost = differences(diskOf(good), diskOf(`${name}.new`));
    expect(lost.filter((start) => !endangered(cause).includes(start))).toEqual([]);
  });

  test('an unreadable list of snapshots', () => {
    const good = fresh();
    qemu('qemu-img', ['snapshot', '-c', 'a', good], folder.path);
    const name = damaged(good, (bytes) =>
      bytes.writeUInt32BE(0x7fffffff, Number(word(bytes, 64)) + 36),
    );
    expect(spawnSync('qemu-io', ['-c', 'quit', name], { cwd: folder.path }).status).toBe(1);
    const cause = causeIn(name, 'snapshot-table');
    const [copy, repair, convert] = typed(cause.doNext);
    expect([exitOf(copy, name), exitOf(repair, name), exitOf(convert, name)]).toEqual([0, 0, 0]);
    expect(differences(diskOf(good), diskOf(`${name}.new`))).toEqual([]);
    const dropped = qemu('qemu-img', ['snapshot', '-l', `${name}.copy`], folder.path);
    expect(dropped).not.toMatch(/ a /);
  });

  test('an unreadable list of bitmaps', () => {
    const good = fresh();
    qemu('qemu-img', ['bitmap', '--add', good, 'b'], folder.path);
    const name = damaged(good, (bytes) => {
      const extension = bytes.indexOf(Buffer.from('23852875', 'hex'));
      bytes.writeUInt32BE(0, Number(word(bytes, extension + 24)) + 8);
    });
    const cause = causeIn(name, 'bitmap-directory');
    expect(exitOf(typed(cause.doNot)[0], copied(name))).toBe(1);
    expect(doAll(cause, name)).toEqual([0, 0, 0]);
    expect(differences(diskOf(good), diskOf(`${name}.copy`))).toEqual([]);
    expect([0, 3]).toContain(check(`${name}.copy`));
  });

  test.for(['zlib', 'zstd'] as const)('%s that the header calls otherwise', (method) => {
    const plain = fresh(9);
    const good = `${++images}.qcow2`;
    const text = Buffer.alloc(9 * CLUSTER, `some text of ${images}, again and again\n`);
    writeFileSync(at(`${good}.raw`), text);
    qemu(
      'qemu-img',
      ['convert', '-c', '-O', 'qcow2', '-o', `compression_type=${method}`, `${good}.raw`, good],
      folder.path,
    );
    const name = damaged(good, (bytes) => {
      bytes[79] ^= 8;
      bytes[104] ^= 1;
    });
    const fails = spawnSync('qemu-img', ['convert', '-O', 'raw', name, 'x.raw'], {
      cwd: folder.path,
    });
    expect(fails.status).toBe(1);
    expect(check(name)).toBe(0);
    const cause = causeIn(name, 'wrong-compression');
    expect(cause.danger.bytes).toBe(9 * CLUSTER);
    expect(differences(text, salvaged(name))).toEqual(endangered(cause));
    expect(doAll(cause, name)).toEqual([0, 0, 0, 0]);
    expect(differences(text, diskOf(`${name}.copy`))).toEqual([]);
    expect(diagnosisOf(plain).verdict).toBe('healthy');
  });

  test('leaks', () => {
    const name = damaged(fresh(), (bytes) => {
      for (let cluster = 30; cluster < 34; cluster++)
        bytes.writeUInt16BE(3, blockAt(bytes) + 2 * cluster);
    });
    const file = damaged(fresh(), (bytes) =>
      bytes.writeUInt16BE(1, blockAt(bytes) + 2 * (bytes.length / CLUSTER - 1)),
    );
    expect(diagnosisOf(file).verdict).toBe('healthy');
    const cause = causeIn(name, 'leaks');
    expect(doAll(cause, name)).toEqual([0, 0]);
    expect(check(name)).toBe(0);
  });

  test('a COPIED flag, and a refcount that forgets a snapshot', () => {
    const good = fresh();
    const flag = damaged(good, (bytes) => (bytes[entryAt(bytes, 7)] = 0));
    expect(doAll(causeIn(flag, 'copied-flags'), flag)).toEqual([0, 0, 0]);
    qemu('qemu-img', ['snapshot', '-c', 'a', good], folder.path);
    const low = damaged(good, (bytes) =>
      bytes.writeUInt16BE(1, blockAt(bytes) + 2 * (dataAt(bytes, 7) / CLUSTER)),
    );
    expect(doAll(causeIn(low, 'refcounts-wrong'), low)).toEqual([0, 0, 0]);
    expect(differences(diskOf(good), diskOf(`${low}.copy`))).toEqual([]);
  });

  test('lazy refcounts of a VM that was killed', () => {
    const good = fresh(1, 'cluster_size=64k,lazy_refcounts=on');
    spawnSync(
      'qemu-io',
      ['-t', 'writeback', '-c', 'write -q -P 9 1M 2M', '-c', 'flush', '-c', 'abort', good],
      { cwd: folder.path },
    );
    expect(check(good)).toBe(2);
    const cause = causeIn(good, 'dirty-lazy');
    expect(diagnosisOf(good).causes).toHaveLength(1);
    const before = diskOf(good);
    expect(doAll(cause, good)).toEqual([0]);
    expect(check(good)).toBe(0);
    expect(differences(before, diskOf(good))).toEqual([]);
  });

  test('a header overwritten: that of a new image of the same size fits', () => {
    const good = fresh();
    const name = damaged(good, (bytes) =>
      bytes.fill('Jun 10 12:00:00 guest systemd: started\n', 0, CLUSTER),
    );
    const cause = causeIn(name, 'unreadable');
    expect(cause.doNext[1].text).toContain('cluster_size=65536');
    expect(exitOf(typed(cause.doNext)[0], name)).toBe(0);
    qemu(
      'qemu-img',
      ['create', '-q', '-f', 'qcow2', '-o', 'cluster_size=65536', 'new.qcow2', '64M'],
      folder.path,
    );
    const copy = readFileSync(at(`${name}.copy`));
    copy.set(readFileSync(at('new.qcow2')).subarray(0, CLUSTER));
    writeFileSync(at(`${name}.copy`), copy);
    expect(exitOf(typed(cause.doNext)[1], name)).toBe(0);
    expect(differences(diskOf(good), diskOf(`${name}.copy`))).toEqual([]);
  });

  test('an image that is its own backing file', () => {
    const name = fresh();
    qemu('qemu-img', ['rebase', '-u', '-f', 'qcow2', '-F', 'qcow2', '-b', name, name], folder.path);
    const cause = causeIn(name, 'own-backing-file');
    expect(doAll(cause, name)).toEqual([0, 0]);
    expect(diskOf(`${name}.copy`)).toHaveLength(64 * MIB);
  });

  test('notes: bitmaps out of date, a mark, a large table, compression', () => {
    const bitmap = fresh();
    qemu('qemu-img', ['bitmap', '--add', bitmap, "b'1"], folder.path);
    spawnSync('qemu-io', ['-c', 'write 0 64k', '-c', 'abort', bitmap], { cwd: folder.path });
    expect(doAll(causeIn(bitmap, 'bitmap-in-use'), bitmap)).toEqual([0]);
    expect(diagnosisOf(bitmap).verdict).toBe('healthy');
    const marked = damaged(fresh(), (bytes) => (bytes[79] |= 2));
    expect(doAll(causeIn(marked, 'marked-corrupt'), marked)).toEqual([0, 0]);
    expect(diagnosisOf(`${marked}.copy`).verdict).toBe('healthy');
    const large = fresh(256, 'cluster_size=512', '16M');
    qemu('qemu-img', ['resize', '-q', '--shrink', large, '64k'], folder.path);
    expect(doAll(causeIn(large, 'refcount-table-large'), large)).toEqual([0]);
    expect(statSync(at(`${large}.new`)).size).toBeLessThan(MIB);
    const long = fresh(16, undefined, '16M');
    qemu('qemu-img', ['snapshot', '-c', 'old', long], folder.path);
    qemu('qemu-io', ['-c', 'write -P 7 0 16M', long], folder.path);
    expect(doAll(causeIn(long, 'larger-than-disk'), long)).toEqual([0]);
    qemu('qemu-img', ['snapshot', '-d', 'old', long], folder.path);
    const freed = causeIn(long, 'larger-than-disk');
    expect(freed.title).toMatch(/free clusters inside$/);
    expect(doAll(freed, long)).toEqual([0]);
    expect(diagnosisOf(`${long}.new`).verdict).toBe('healthy');
  });

  /** Whether what the second writer wrote is still there. */
  const readsTwo = (name: string): boolean => {
    const options = { cwd: folder.path, encoding: 'utf8' } as const;
    const run = spawnSync('qemu-io', ['-r', '-c', 'read -P 2 40G 4M', name], options);
    expect(run.stdout).toContain('read 4194304/4194304');
    return !run.stdout.includes('Pattern verification failed');
  };

  test('written by two at once', async () => {
    const name = fresh(1, 'cluster_size=64k', '64G');
    // Both have their L2 tables already: only data is given out.
    qemu('qemu-io', ['-c', 'write -q -P 9 40G 64k', name], folder.path);
    const options = `driver=qcow2,file.driver=file,file.locking=off,file.filename=${name}`;
    const first = spawn('qemu-io', ['--image-opts', options], { cwd: folder.path });
    const ended = new Promise((resolve) => first.on('close', resolve));
    const wrote = new Promise<void>((resolve) => {
      first.stdout.on('data', (text: Buffer) => {
        if (text.includes('wrote')) resolve();
      });
    });
    first.stdin.write('write -P 1 1M 64k\n');
    await wrote;
    qemu('qemu-io', ['--image-opts', '-c', 'write -q -P 2 40G 4M', options], folder.path);
    first.stdin.end('write -P 3 20M 3M\nflush\nquit\n');
    await ended;
    const cause = causeIn(name, 'two-writers');
    // Whoever wrote last has what it wrote, and the other place reads the same.
    expect(readsTwo(name)).toBe(false);
    expect(cause.danger.guest.some(({ start }) => start >= 40 * 1024 * MIB)).toBe(true);
    // What not to do: a repair is content, and the two places still have one cluster.
    const repaired = copied(name);
    exitOf(typed(cause.doNot)[0], repaired);
    expect(check(repaired)).toBe(0);
    expect(readsTwo(repaired)).toBe(false);
    expect(diagnosisOf(repaired).causes.map(({ id }) => id)).toContain('two-writers');
  });
});
