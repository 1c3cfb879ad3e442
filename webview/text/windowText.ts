import type { Exposure } from '../../src/core/overlap/windowState.js';
import type { WindowForm } from '../../src/core/overlap/windowTable.js';
import { windowOf } from '../../src/core/picture/windowNumber.js';
import { count } from './text.js';
import type { WindowStates } from './windowStates.js';

const FORM_TEXT: Readonly<Record<WindowForm, string>> = {
  empty: 'empty',
  fragments: 'fragments',
  cached: 'cached bitmap',
  kept: 'kept bitmap',
};

/** Why a window is unprotected, in a few words. */
export const EXPOSURE_TEXT: Readonly<Record<Exposure, string>> = {
  lost: 'metadata could not be entered',
  dropped: 'all it held was dropped',
  refused: 'a check would get no bitmap',
};

/** What is known of the window that a cluster is in; undefined where no windows are shown. */
export const describeWindowOf = (
  states: WindowStates | undefined,
  cluster: number | undefined,
): string | undefined =>
  states && cluster !== undefined ? describeWindow(states, windowOf(cluster)) : undefined;

/** What is known of a window, in a line: "window 12: cached bitmap, age 3"; undefined past the file's end. */
export function describeWindow(states: WindowStates, window: number): string | undefined {
  const mark = states.markOf(window);
  if (!mark) return undefined;
  const parts = [FORM_TEXT[mark.form]];
  const age = states.ageOf(window);
  if (mark.form === 'cached' && age !== undefined) parts.push(`age ${count(age)}`);
  if (mark.exposure) parts.push(`unprotected: ${EXPOSURE_TEXT[mark.exposure]}`);
  return `window ${count(window)}: ${parts.join(', ')}`;
}
