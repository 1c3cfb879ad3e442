import { plural } from '../../text/text.js';
import type { Exposure } from '../../../src/core/overlap/windowState.js';
import type { WindowForm } from '../../../src/core/overlap/windowTable.js';

export const FORMS: readonly WindowForm[] = ['empty', 'fragments', 'cached', 'kept'];
export const EXPOSURES: readonly Exposure[] = ['lost', 'dropped', 'refused'];

export const FORM_TEXT: Readonly<
  Record<WindowForm, { readonly name: string; readonly title: string }>
> = {
  empty: { name: 'empty', title: 'Nothing guarded lies in them' },
  fragments: { name: 'fragments', title: 'Run-length encoded: 4 bytes a fragment' },
  cached: { name: 'cached bitmap', title: 'Expanded to 4096 type bytes, in a slot of the cache' },
  kept: {
    name: 'kept bitmap',
    title: 'Fragments would not be smaller: the bitmap stays for good, outside the cache',
  },
};

export const EXPOSURE_TEXT: Readonly<Record<Exposure, string>> = {
  lost: 'Memory was refused when metadata was entered: it is lost for good',
  dropped: 'Memory was refused when metadata was removed, and all of the window’s was dropped',
  refused: 'A check now would be refused the memory for the bitmap, and answer “clean”',
};

/** "3 uses ago" */
export const ageText = (age: number | undefined): string =>
  age === undefined ? 'never used' : `${plural(age, 'use')} ago`;
