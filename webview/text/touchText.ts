import type { ClusterMark, Touch } from '../../src/core/simulate/verdict/marks.js';
import { count } from './text.js';

/** What stands before a mark's number, so that shape tells it apart as well as colour. */
export const TOUCH_SIGN: Readonly<Record<Touch, string>> = {
  written: '',
  allocated: '+',
  freed: '−',
  stopped: '!',
  overwritten: '≠',
  destroyed: '×',
};

/** What a mark at a place says: "step 3: allocated". */
export function markText({ number, touch, text }: ClusterMark): string {
  return text ?? `step ${count(number)}: ${touch}`;
}
