import type { Trouble } from '../../src/core/map/cell.js';
import type { KindName } from '../../src/core/map/kinds.js';

const numbers = new Intl.NumberFormat('en-US');
export const count = (n: number): string => numbers.format(n);

/** "1 snapshot", "2 snapshots" */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Bytes for people, with three digits at most: "64 KiB", "17.2 GiB". */
export function size(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** A kind on a cell of the map. */
export const KIND_CODE: Readonly<Record<KindName, string>> = {
  'main-header': 'H',
  'active-l1': 'L1',
  'active-l2': 'L2',
  'refcount-table': 'RT',
  'refcount-block': 'RB',
  'snapshot-table': 'ST',
  'inactive-l1': 'S1',
  'inactive-l2': 'S2',
  'bitmap-directory': 'BD',
  // It fills a file: letters on it would be noise.
  data: '',
  compressed: 'C',
  'bitmap-table': 'BT',
  'bitmap-data': 'B',
  'crypto-header': 'K',
  'vm-state': 'V',
  unallocated: '',
};

export const TROUBLE_TEXT: Readonly<Record<Exclude<Trouble, 0>, string>> = {
  1: 'leaked',
  2: 'refcount too low',
  3: 'claimed twice',
};
