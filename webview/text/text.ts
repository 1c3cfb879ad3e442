import type { Trouble } from '../../src/core/map/cell.js';
import type { KindName } from '../../src/core/map/kinds.js';

export { countText as count, plural, shareText, sizeText as size } from '../../src/core/numbers.js';

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
