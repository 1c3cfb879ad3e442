import { readFileSync } from 'node:fs';
import type { FileUse } from '../protocol/imageService.js';
import type { FileState } from './fileState.js';

/**
 * The bytes that QEMU locks of a file it has open (block/file-posix.c): the first one and n for each
 * permission that it uses, in QEMU's order, of which it has eight at most.
 */
const PERMISSIONS = { first: 100, last: 107, write: 101 } as const;

/** Linux tells the locks of all processes here, without those that only wait. */
const TABLE = '/proc/locks';

/** What others do with a file, as far as their locks tell. */
export function fileUse(state: FileState): FileUse {
  let table: string;
  try {
    table = readFileSync(TABLE, 'latin1');
  } catch {
    return 'unknown';
  }
  return useIn(table, state);
}

/** The same of the text of /proc/locks. */
export function useIn(table: string, { device, inode }: FileState): FileUse {
  let use: FileUse = 'unknown';
  // "2: OFDLCK ADVISORY  READ -1 fe:00:2155666 100 101"; a waiting one has "->" before its type.
  const row = /^\d+: \S+ +\S+ +\S+ +-?\d+ ([0-9a-f]+):([0-9a-f]+):(\d+) (\d+) (\d+|EOF)$/gm;
  for (const [, major, minor, node, first, end] of table.matchAll(row)) {
    const isOurs =
      BigInt(node) === inode &&
      BigInt(`0x${major}`) === majorOf(device) &&
      BigInt(`0x${minor}`) === minorOf(device);
    if (!isOurs) continue;
    const last = end === 'EOF' ? Infinity : Number(end);
    const covers = (from: number, to: number): boolean => Number(first) <= to && last >= from;
    if (covers(PERMISSIONS.write, PERMISSIONS.write)) return 'writing';
    if (covers(PERMISSIONS.first, PERMISSIONS.last)) use = 'open';
  }
  return use;
}

/** As glibc packs them into a dev_t. */
const majorOf = (device: bigint): bigint =>
  ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
const minorOf = (device: bigint): bigint => (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
