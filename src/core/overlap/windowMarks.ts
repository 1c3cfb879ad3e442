import type { MetadataList } from './metadataList.js';
import { type Exposure, exposureOf, formOf } from './windowState.js';
import type { WindowForm } from './windowTable.js';

const FORMS: readonly WindowForm[] = ['empty', 'fragments', 'cached', 'kept'];
const EXPOSURES: readonly (Exposure | undefined)[] = [undefined, 'lost', 'dropped', 'refused'];

/** What is drawn of a window. */
export interface WindowMark {
  readonly form: WindowForm;
  readonly exposure: Exposure | undefined;
}

/** Codes are below this. */
export const WINDOW_CODES = FORMS.length * EXPOSURES.length;

/** A mark in one small number. */
export const windowCode = ({ form, exposure }: WindowMark): number =>
  FORMS.indexOf(form) + FORMS.length * EXPOSURES.indexOf(exposure);

/** The mark of a code. */
export const markOfCode = (code: number): WindowMark => ({
  form: FORMS[code % FORMS.length],
  exposure: EXPOSURES[Math.floor(code / FORMS.length)],
});

/**
 * The codes of the windows `0` … `windows - 1`, run-length encoded: code and number of windows in
 * turn. Few numbers, however large the file, unless the windows differ.
 *
 * @param refusesBitmaps see refusesBitmap
 */
export function windowMarks(
  list: MetadataList,
  windows: number,
  refusesBitmaps: boolean,
): number[] {
  const runs: number[] = [];
  for (let window = 0; window < windows; window++) {
    const row = list.windows.existingRow(window);
    const code =
      row < 0
        ? 0
        : windowCode({ form: formOf(list, row), exposure: exposureOf(list, row, refusesBitmaps) });
    if (runs[runs.length - 2] === code) runs[runs.length - 1]++;
    else runs.push(code, 1);
  }
  return runs;
}
