import { closeSync, copyFileSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { memorySource } from '../../src/core/byteSource.js';
import { openImage } from '../../src/core/qcow2/image.js';
import { repairDanger } from '../../src/core/check/repairDanger.js';
import { qemu, runQemu, temporaryFolder } from './qemu.js';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

const AUTOCLEAR_AT = 88;
let images = 0;

/** A new image with two snapshots and data that only they have, as a QEMU of today writes it. */
function image(...options: readonly string[]): string {
  const name = `${++images}.qcow2`;
  qemu('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, name, '8M'], folder.path);
  for (const tag of ['first', 'second']) {
    qemu('qemu-io', ['-c', 'write -P 1 0 2M', name], folder.path);
    qemu('qemu-img', ['snapshot', '-c', tag, name], folder.path);
  }
  qemu('qemu-io', ['-c', 'write -P 2 0 2M', name], folder.path);
  return name;
}

const addBitmap = (name: string, bitmap: string): string =>
  qemu('qemu-img', ['bitmap', '--add', name, bitmap], folder.path);
const removeBitmap = (name: string, bitmap: string): string =>
  qemu('qemu-img', ['bitmap', '--remove', name, bitmap], folder.path);
const openForWriting = (name: string): string => qemu('qemu-io', ['-c', 'quit', name], folder.path);

/** Leaves the bitmaps marked as in use, as a QEMU that is killed does. */
const kill = async (name: string): Promise<void> => {
  await runQemu('qemu-io', ['-c', 'write 0 64k', '-c', 'abort', name], folder.path);
};

function setAutoclear(name: string, change: (bits: bigint) => bigint): void {
  const file = openSync(join(folder.path, name), 'r+');
  const bytes = Buffer.alloc(8);
  readSync(file, bytes, 0, 8, AUTOCLEAR_AT);
  bytes.writeBigUInt64BE(change(bytes.readBigUInt64BE()));
  writeSync(file, bytes, 0, 8, AUTOCLEAR_AT);
  closeSync(file);
}

const snapshotsOf = (name: string): number =>
  qemu('qemu-img', ['snapshot', '-l', name], folder.path).match(/ (first|second) /g)?.length ?? 0;

const danger = (name: string) =>
  repairDanger(openImage(memorySource(readFileSync(join(folder.path, name)))));

/** What is left of the two snapshots after a repair of a copy, as QEMU does it. */
async function snapshotsAfterRepair(name: string, mode: 'leaks' | 'all'): Promise<number> {
  const copy = `repaired-${mode}-${name}`;
  copyFileSync(join(folder.path, name), join(folder.path, copy));
  const run = await runQemu('qemu-img', ['check', '-r', mode, copy], folder.path);
  expect(run.exitCode).toBe(0);
  return snapshotsOf(copy);
}

const CASES: Readonly<Record<string, () => string | Promise<string>>> = {
  'snapshots alone': () => image(),
  'snapshots alone, version 2': () => image('-o', 'compat=0.10'),
  'with a bitmap': () => {
    const name = image();
    addBitmap(name, 'b');
    return name;
  },
  'with a disabled bitmap': () => {
    const name = image();
    qemu('qemu-img', ['bitmap', '--add', '--disable', name, 'b'], folder.path);
    return name;
  },
  'with a bitmap left in use': async () => {
    const name = image();
    addBitmap(name, 'b');
    await kill(name);
    return name;
  },
  'with bitmaps of which one was left in use': async () => {
    const name = image();
    addBitmap(name, 'b');
    await kill(name);
    addBitmap(name, 'c');
    return name;
  },
  'with bitmaps out of date': () => {
    const name = image();
    addBitmap(name, 'b');
    setAutoclear(name, () => 0n);
    return name;
  },
  'with an unknown autoclear bit': () => {
    const name = image();
    setAutoclear(name, (bits) => bits | (1n << 7n));
    return name;
  },
  'with a bitmap removed again': () => {
    const name = image();
    addBitmap(name, 'b');
    removeBitmap(name, 'b');
    return name;
  },
};

describe('a repair deletes the snapshots exactly where it is said to', () => {
  test.for(Object.entries(CASES))('%s', async ([, make]) => {
    const name = await make();
    expect(snapshotsOf(name)).toBe(2);
    const left = danger(name) ? 0 : 2;
    expect(await snapshotsAfterRepair(name, 'leaks')).toBe(left);
    expect(await snapshotsAfterRepair(name, 'all')).toBe(left);
  });
});

describe('the safe order keeps them', () => {
  const SAFE: Readonly<Record<string, (name: string) => unknown>> = {
    'with a bitmap': (name) => removeBitmap(name, 'b'),
    'with a disabled bitmap': (name) => removeBitmap(name, 'b'),
    'with bitmaps of which one was left in use': (name) => {
      removeBitmap(name, 'b');
      removeBitmap(name, 'c');
    },
    'with bitmaps out of date': openForWriting,
    'with an unknown autoclear bit': openForWriting,
  };

  test.for(Object.entries(SAFE))('%s', async ([what, first]) => {
    const name = await CASES[what]();
    const told = danger(name);
    expect(told?.snapshots).toBe(2);
    // What is done here is what is said.
    expect(told?.safeOrder).toContain(first === openForWriting ? '-c quit' : 'bitmap --remove');
    first(name);
    expect(danger(name)).toBeUndefined();
    expect(await snapshotsAfterRepair(name, 'leaks')).toBe(2);
    expect(await snapshotsAfterRepair(name, 'all')).toBe(2);
  });

  test('every dangerous case has one', async () => {
    for (const [what, make] of Object.entries(CASES)) {
      expect(danger(await make()) !== undefined, what).toBe(what in SAFE);
    }
  });
});
