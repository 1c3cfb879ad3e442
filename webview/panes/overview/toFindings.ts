import type { FindingCode } from '../../../src/core/check/finding.js';
import type { Cause, CauseId } from '../../../src/core/check/causes/cause.js';
import { ALL, findingFilterOf } from '../../state/findingFilter.js';
import type { Store } from '../../state/store.js';

/** Causes that may be all there is of one kind of findings. */
const CODES: Readonly<Partial<Record<CauseId, FindingCode>>> = {
  'overwritten-l2': 'not-a-table',
  'lost-l2': 'lost-l2-table',
  'cut-off': 'past-end',
  'refcounts-zero': 'refcount-too-low',
  'refcounts-wrong': 'refcount-too-low',
  'snapshot-table': 'snapshot-table-unreadable',
  'bitmap-directory': 'bitmap-directory-unreadable',
  'repair-deletes-snapshots': 'repair-deletes-snapshots',
  leaks: 'leak',
};

/** Opens the findings: those of the cause alone where one kind is exactly these. */
export function showFindings(store: Store, { id, findings }: Cause): void {
  const scan = store.scan.value;
  const code = CODES[id];
  const isAll =
    code !== undefined &&
    scan.state === 'scanned' &&
    scan.summary.findingsByCode[code] === findings;
  findingFilterOf(store).value = isAll ? { severity: undefined, code } : ALL;
  store.showTab('findings');
}
