import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backingRefusal } from '../../src/node/backingRefusal.js';
import { temporaryFolder } from './temporary.js';

test('a backing file that is not there is refused as by QEMU', () => {
  const folder = temporaryFolder();
  const image = join(folder, 'overlay.qcow2');
  const path = join(folder, 'base.raw');
  expect(backingRefusal(image, 'base.raw')).toBe(
    `Could not open backing file: Could not open '${path}': No such file or directory`,
  );
  writeFileSync(path, '');
  expect(backingRefusal(image, 'base.raw')).toBeUndefined();
  expect(backingRefusal(image, `file:${path}`)).toBeUndefined();
  const json = (filename: string): string =>
    `json:{"driver":"raw","offset":512,"file":{"driver":"file","filename":${JSON.stringify(filename)}}}`;
  expect(backingRefusal(image, json(path))).toBeUndefined();
  expect(backingRefusal(image, json(`${path}.gone`))).toBe(
    `Could not open backing file: Could not open '${path}.gone': No such file or directory`,
  );
  expect(backingRefusal(image, 'json:[1]')).toBe(
    'Could not open backing file: Invalid JSON object given',
  );
  expect(backingRefusal(image, 'strange:thing')).toBe(
    "Could not open backing file: Unknown protocol 'strange'",
  );
});
