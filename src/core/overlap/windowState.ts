import { encodeFragments } from './fragments.js';
import type { MetadataList } from './metadataList.js';
import { WINDOW_SIZE } from './typeRuns.js';
import type { TypeSet } from './types.js';
import { DROPPED, HAS_BITMAP, KEPT, MODIFIED, type WindowForm } from './windowTable.js';
import { bytes, type Bytes, hostOffset, type HostOffset } from '../units.js';

/**
 * Why writes to a window may go unnoticed: memory was refused when something was entered; a removal
 * dropped all it held; or a check now would be refused its bitmap.
 */
export type Exposure = 'lost' | 'dropped' | 'refused';

/** One window. */
export interface WindowState {
  readonly window: number;
  readonly start: HostOffset;
  readonly length: Bytes;
  readonly form: WindowForm;
  /** Undefined when the window is protected. */
  readonly exposure: Exposure | undefined;
  /** Types of which something could not be entered. */
  readonly lost: TypeSet;
  /** Fragments of the list in memory. While a bitmap is modified, the list is out of date. */
  readonly used: number;
  readonly allocated: number;
  readonly modified: boolean;
  /** Uses of any window since this one was last used; undefined when it never was. */
  readonly age: number | undefined;
  /** All types in the window. */
  readonly types: TypeSet;
}

/** A window opened: what its 4096 clusters hold, and the same run-length encoded. */
export interface WindowContents extends WindowState {
  /** 4096 sets of types. */
  readonly bytes: Uint8Array;
  /** See fragments.ts. As they are, or, of a modified bitmap, as they would be written. */
  readonly fragments: Uint32Array;
}

/**
 * All windows of the array in ascending order; of those that a broken image put far behind the
 * file's end, only the ones that were touched.
 *
 * @param refusesBitmaps see refusesBitmap
 */
export function* windowStates(list: MetadataList, refusesBitmaps: boolean): Generator<WindowState> {
  for (const row of list.windows.ascendingRows()) yield stateOf(list, row, refusesBitmaps);
}

export interface WindowCounts {
  readonly forms: Readonly<Record<WindowForm, number>>;
  readonly exposures: Readonly<Record<Exposure, number>>;
}

/** How many windows there are of each form, and how many are unprotected and why. */
export function countWindows(list: MetadataList, refusesBitmaps: boolean): WindowCounts {
  const forms = { empty: 0, fragments: 0, cached: 0, kept: 0 };
  const exposures = { lost: 0, dropped: 0, refused: 0 };
  const { windows } = list;
  for (let row = 0; row < windows.rows; row++) {
    forms[formOf(list, row)]++;
    const exposure = exposureOf(list, row, refusesBitmaps);
    if (exposure) exposures[exposure]++;
  }
  return { forms, exposures };
}

/** One window's contents; undefined for one that is not in the array and was never touched. */
export function windowContents(
  list: MetadataList,
  window: number,
  refusesBitmaps: boolean,
): WindowContents | undefined {
  const row = list.windows.existingRow(window);
  if (row < 0) return undefined;
  const bytes = list.windows.runs.bytes(row);
  return { ...stateOf(list, row, refusesBitmaps), bytes, fragments: encodeFragments(bytes) };
}

/** Window in each slot that was ever taken, in order, undefined for an empty one; the others are empty. */
export function slotWindows(list: MetadataList): (number | undefined)[] {
  return Array.from({ length: list.cache.reached }, (_, slot) => {
    const row = list.cache.row(slot);
    return row < 0 ? undefined : list.windows.window(row);
  });
}

/** Whether a check of a window without a bitmap would now be refused one. It is the same for all. */
export function refusesBitmap(list: MetadataList): boolean {
  const { windows } = list;
  for (let row = 0; row < windows.rows; row++) {
    const window = windows.window(row);
    if ((windows.flags[row] & HAS_BITMAP) !== 0 || window >= windows.count) continue;
    const trial = list.clone();
    trial.check(0, window * list.windowBytes, 1);
    return trial.counters.events > list.counters.events;
  }
  return false;
}

/** How a row's window is kept. */
export function formOf({ windows }: MetadataList, row: number): WindowForm {
  const flags = windows.flags[row];
  if ((flags & KEPT) !== 0) return 'kept';
  if ((flags & HAS_BITMAP) !== 0) return 'cached';
  return windows.runs.isEmpty(row) ? 'empty' : 'fragments';
}

/** Why a row's window is unprotected, if it is. */
export function exposureOf(
  { windows }: MetadataList,
  row: number,
  refusesBitmaps: boolean,
): Exposure | undefined {
  const flags = windows.flags[row];
  if (windows.lost[row] !== 0) return 'lost';
  if ((flags & DROPPED) !== 0) return 'dropped';
  if (!refusesBitmaps || (flags & HAS_BITMAP) !== 0) return undefined;
  // Where nothing is, "clean" is the right answer however it comes about.
  return windows.runs.isEmpty(row) ? undefined : 'refused';
}

/** All about a row's window. */
export function stateOf(list: MetadataList, row: number, refusesBitmaps: boolean): WindowState {
  const { windows } = list;
  const flags = windows.flags[row];
  const window = windows.window(row);
  const hasBitmap = (flags & HAS_BITMAP) !== 0;
  const lost = windows.lost[row];
  const age = windows.ages[row];
  return {
    window,
    start: hostOffset(window * list.windowBytes),
    length: bytes(list.windowBytes),
    form: formOf(list, row),
    exposure: exposureOf(list, row, refusesBitmaps),
    lost,
    used: windows.used[row],
    allocated: windows.allocated[row],
    modified: hasBitmap && (flags & MODIFIED) !== 0,
    age: age === 0 ? undefined : list.now - age,
    types: windows.runs.union(row, 0, WINDOW_SIZE),
  };
}
