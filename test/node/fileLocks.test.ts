import { expect, test } from 'vitest';
import { useIn } from '../../src/node/fileLocks.js';

const FILE = { size: 0n, mtime: 0n, ctime: 0n, device: 0xfe00n, inode: 2155666n };

/** Rows of /proc/locks. */
const table = (...rows: readonly string[]): string =>
  rows.map((row, index) => `${index + 1}: ${row}\n`).join('');

test.each([
  ['nobody', table()],
  ['another file', table('OFDLCK ADVISORY  READ -1 fe:00:2155667 100 101')],
  ['the same number on another device', table('OFDLCK ADVISORY  READ -1 fe:01:2155666 100 101')],
  ['other bytes', table('OFDLCK ADVISORY  READ -1 fe:00:2155666 201 203')],
  ['one that waits', table('-> OFDLCK ADVISORY  WRITE -1 fe:00:2155666 100 101')],
])('not in use: %s', (_, text) => {
  expect(useIn(text, FILE)).toBe('unknown');
});

test('open: a reader of QEMU', () => {
  const text = table(
    'OFDLCK ADVISORY  READ -1 fe:00:2155666 201 201',
    'OFDLCK ADVISORY  READ -1 fe:00:2155666 100 100',
  );
  expect(useIn(text, FILE)).toBe('open');
});

test.each([
  ['with one lock', table('OFDLCK ADVISORY  READ -1 fe:00:2155666 100 101')],
  [
    'with one each, in any order',
    table(
      'OFDLCK ADVISORY  READ -1 fe:00:2155666 101 101',
      'OFDLCK ADVISORY  READ -1 fe:00:2155666 100 100',
    ),
  ],
  ['with POSIX locks', table('POSIX  ADVISORY  READ 4711 fe:00:2155666 101 101')],
  ['that takes the whole file', table('POSIX  ADVISORY  WRITE 4711 fe:00:2155666 0 EOF')],
])('writing: a writer %s', (_, text) => {
  expect(useIn(text, FILE)).toBe('writing');
});

test('large device numbers', () => {
  // makedev(0x1fe, 0x12345) as glibc packs it.
  const device = (0x123n << 20n) | (0x1fen << 8n) | 0x45n;
  const text = table('OFDLCK ADVISORY  READ -1 1fe:12345:2155666 100 100');
  expect(useIn(text, { ...FILE, device })).toBe('open');
});
