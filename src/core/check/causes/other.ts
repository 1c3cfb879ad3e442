import { explain } from '../explanations.js';
import type { FindingCode } from '../finding.js';
import type { Suspect } from './rule.js';
import { plural } from '../../numbers.js';
import { CHECK_COPY, COPY, REPAIR_COPY } from './words.js';

/** Findings of one kind that no rule explains, in the words of that kind. */
export function otherSuspect(code: FindingCode, isNotice: boolean): Suspect {
  const { title, meaning, repair } = explain(code);
  return {
    id: 'other',
    takes: (finding) => finding.code === code,
    tell: ({ findings, examples }) => ({
      severity: isNotice ? 'note' : 'damage',
      title: findings === 1 ? title : `${title}: ${plural(findings, 'finding')}`,
      explanation: `${meaning} ${repair}`,
      doNext: [COPY, ...(repair.startsWith('"-r all"') ? [REPAIR_COPY, CHECK_COPY] : [])],
      doNot: [],
      clusterToShow: examples.at(0)?.cluster,
    }),
  };
}
