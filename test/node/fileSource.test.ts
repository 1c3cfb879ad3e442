import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readBytes } from '../../src/core/byteSource.js';
import { FileError, FileSource } from '../../src/node/fileSource.js';
import { temporaryFolder } from './temporary.js';

function sourceOf(bytes: Uint8Array): { source: FileSource; path: string } {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, bytes);
  const source = FileSource.open(path);
  onTestFinished(() => {
    source.close();
  });
  return { source, path };
}

const count = Uint8Array.from({ length: 100 }, (_, i) => i + 1);

describe('reading', () => {
  test('a part from the middle', () => {
    const { source } = sourceOf(count);
    expect(source.size).toBe(100);
    expect([...readBytes(source, 40, 3)]).toEqual([41, 42, 43]);
  });

  test('what lies past the end is zeros, whatever the buffer held', () => {
    const { source } = sourceOf(count);
    const target = new Uint8Array(4).fill(0xee);
    source.readInto(target, 98);
    expect([...target]).toEqual([99, 100, 0, 0]);
    source.readInto(target.fill(0xee), 2 ** 52);
    expect([...target]).toEqual([0, 0, 0, 0]);
  });

  test('a file that shrinks or grows keeps its size, and reads as it is', () => {
    const { source, path } = sourceOf(count);
    truncateSync(path, 50);
    expect(source.size).toBe(100);
    expect([...readBytes(source, 49, 3)]).toEqual([50, 0, 0]);
    appendFileSync(path, new Uint8Array([7]));
    expect([...readBytes(source, 49, 3)]).toEqual([50, 7, 0]);
  });

  test('leaves the file alone, and cannot make one', () => {
    const { source, path } = sourceOf(count);
    const before = statSync(path);
    readBytes(source, 0, 1000);
    expect(statSync(path)).toMatchObject({ size: before.size, mtimeMs: before.mtimeMs });
    const missing = join(temporaryFolder(), 'missing');
    expect(() => FileSource.open(missing)).toThrow(
      new FileError(`Cannot look up '${missing}': no such file or directory`),
    );
    expect(statSync(missing, { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe('what is not a regular file', () => {
  test('a directory', () => {
    const path = join(temporaryFolder(), 'folder.qcow2');
    mkdirSync(path);
    expect(() => FileSource.open(path)).toThrow(
      `'${path}': expected a regular file, found a directory`,
    );
  });

  test.runIf(process.platform !== 'win32')('a named pipe, without waiting for a writer', () => {
    const path = join(temporaryFolder(), 'pipe.qcow2');
    execFileSync('mkfifo', [path]);
    expect(() => FileSource.open(path)).toThrow(
      `'${path}': expected a regular file, found a named pipe`,
    );
  });

  test.runIf(process.platform !== 'win32')('a device', () => {
    expect(() => FileSource.open('/dev/null')).toThrow('expected a regular file, found a device');
  });
});
