import { heldByWindow } from './memory.js';
import type { MetadataList } from './metadataList.js';
import { exposureOf, formOf } from './windowState.js';

/** What a table of windows can be sorted by. */
export const WINDOW_COLUMNS = ['window', 'state', 'used', 'allocated', 'bytes', 'age'] as const;
export type WindowColumn = (typeof WINDOW_COLUMNS)[number];

/** What is unprotected comes behind all that is not. */
const FORM_ORDER = { empty: 0, fragments: 1, cached: 2, kept: 3 } as const;
const EXPOSURE_ORDER = { refused: 4, dropped: 8, lost: 12 } as const;

/** Listed windows, which fit into the low bits of a sort key. Ages leave that much room: they count uses. */
const MAX_WINDOWS = 2 ** 25;

/**
 * Rows of the windows that are not empty, or are unprotected, in the order of a column; ties by
 * window. Sorts plain numbers: there may be half a million.
 *
 * @param refusesBitmaps see refusesBitmap
 */
export function sortedRows(
  list: MetadataList,
  refusesBitmaps: boolean,
  column: WindowColumn,
  descending: boolean,
): Uint32Array {
  const { windows } = list;
  const rows = new Uint32Array(windows.rows);
  let listed = 0;
  for (const row of windows.ascendingRows())
    if (formOf(list, row) !== 'empty' || exposureOf(list, row, refusesBitmaps))
      rows[listed++] = row;
  const ascending = rows.subarray(0, listed);
  if (column === 'window') return descending ? ascending.reverse() : ascending;
  const keys = new Float64Array(listed);
  for (let i = 0; i < listed; i++) {
    const key = sortKey(list, ascending[i], refusesBitmaps, column);
    keys[i] = (descending ? -key : key) * MAX_WINDOWS + i;
  }
  keys.sort();
  // A remainder of a negative number would be one too.
  return Uint32Array.from(
    keys,
    (key) => ascending[key - Math.floor(key / MAX_WINDOWS) * MAX_WINDOWS],
  );
}

function sortKey(
  list: MetadataList,
  row: number,
  refusesBitmaps: boolean,
  column: Exclude<WindowColumn, 'window'>,
): number {
  const { windows } = list;
  switch (column) {
    case 'state': {
      const exposure = exposureOf(list, row, refusesBitmaps);
      return FORM_ORDER[formOf(list, row)] + (exposure ? EXPOSURE_ORDER[exposure] : 0);
    }
    case 'bytes':
      return heldByWindow(formOf(list, row), windows.allocated[row]);
    case 'age':
      // Never used is older than any.
      return list.now - windows.ages[row];
    case 'used':
    case 'allocated':
      return windows[column][row];
  }
}
