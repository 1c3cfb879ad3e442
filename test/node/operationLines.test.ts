import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  MAX_LINE_BYTES,
  MAX_LIST_BYTES,
  MAX_OPERATIONS_READ,
  operationLines,
} from '../../src/node/operationLines.js';
import { runCli } from '../cli/runCli.js';

const folder = mkdtempSync(join(tmpdir(), 'operations-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('a list of operations', () => {
  it('is read line by line, with the numbers of the lines', () => {
    const long = 'x'.repeat(MAX_LINE_BYTES - 1);
    const path = file('lines', `flush\n\n  \r\n${long}\nclose`);
    expect([...operationLines(path)]).toEqual([
      { number: 1, text: 'flush' },
      { number: 4, text: long },
      { number: 5, text: 'close' },
    ]);
  });

  it.each([
    ['a line', () => file('line', 'x'.repeat(MAX_LINE_BYTES + 1)), /line 1 is too long/],
    [
      'the number of operations',
      () => file('many', 'a\n'.repeat(MAX_OPERATIONS_READ + 1)),
      /more operations than that/,
    ],
    [
      'the file',
      () => {
        const path = file('large', '');
        truncateSync(path, MAX_LIST_BYTES + 1);
        return path;
      },
      /67108865 bytes/,
    ],
  ])('is refused for the length of %s', (_, made, message) => {
    expect(() => [...operationLines(made())]).toThrow(message);
  });

  it.skipIf(process.platform === 'win32')('that never ends is refused by every reader', () => {
    const refusal = /^qcow2-lens: \/dev\/zero: line 1 is too long, expected at most/;
    for (const words of [['simulate', 'image'], ['structures']]) {
      const { code, stderr } = runCli([...words, '--ops', '/dev/zero']);
      expect(code).toBe(1);
      expect(stderr).toMatch(refusal);
    }
  });
});
