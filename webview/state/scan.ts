import type { Explanation } from '../../src/core/check/explanations.js';
import type { FindingCode } from '../../src/core/check/finding.js';
import type { ScanSummary } from '../../src/core/inspect/inspection.js';

/** How far the image has been read. */
export type Scan =
  | { readonly state: 'scanning'; readonly phase: string; readonly done: number }
  | { readonly state: 'scanned'; readonly summary: ScanSummary }
  | { readonly state: 'cancelled' };

/** What a kind of finding means; undefined while the scan has not found it. */
export const explanationOf = (scan: Scan, code: FindingCode): Explanation | undefined =>
  scan.state === 'scanned' ? scan.summary.explanations[code] : undefined;
