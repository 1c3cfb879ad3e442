import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileState, hasChanged } from '../../src/node/fileState.js';

let folder: string;
let file: string;
let descriptor: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qcow2-lens-state-'));
  file = join(folder, 'image');
  writeFileSync(file, 'as it was');
  // A clock tick of the file system may be coarser than the test is fast.
  utimesSync(file, 1, 1);
  descriptor = openSync(file, 'r');
});
afterEach(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

const changes = {
  appended: () => {
    appendFileSync(file, '!');
  },
  cut: () => {
    truncateSync(file, 3);
  },
  'overwritten in place': () => {
    writeFileSync(file, 'as it is!');
  },
  'written with its old time': () => {
    writeFileSync(file, 'as it is!');
    utimesSync(file, 1, 1);
  },
  replaced: () => {
    copyFileSync(file, `${file}.new`);
    utimesSync(`${file}.new`, 1, 1);
    renameSync(`${file}.new`, file);
  },
  removed: () => {
    rmSync(file);
  },
};

test.each(Object.entries(changes))('%s: changed', (name, change) => {
  const byPath = fileState(file);
  const opened = fileState(descriptor);
  // The change time of a file cannot be set: wait for the clock that stamps it to move on.
  for (;;) {
    writeFileSync(join(folder, 'clock'), '');
    const clock = fileState(join(folder, 'clock'));
    if (clock && opened && clock.ctime > opened.ctime) break;
  }
  change();
  expect(hasChanged(byPath, fileState(file))).toBe(true);
  const isAnotherFile = name === 'replaced' || name === 'removed';
  if (!isAnotherFile) expect(hasChanged(opened, fileState(descriptor))).toBe(true);
});

test('reading changes nothing', () => {
  const before = fileState(file);
  readFileSync(file);
  expect(hasChanged(before, fileState(file))).toBe(false);
  expect(hasChanged(before, fileState(descriptor))).toBe(false);
});

test('what is not there: undefined, and the same as itself', () => {
  expect(fileState(join(folder, 'none'))).toBeUndefined();
  expect(hasChanged(undefined, undefined)).toBe(false);
});
