import { signal } from '@preact/signals';
import type { FindingCode, Severity } from '../../src/core/check/finding.js';
import { paneState } from './paneState.js';

/** Which findings are listed: all, those of a severity, or those of a kind. */
export interface Filter {
  readonly severity: Severity | undefined;
  readonly code: FindingCode | undefined;
}

export const ALL: Filter = { severity: undefined, code: undefined };

/** That of the Findings tab, which others set as they lead there. */
export const findingFilterOf = paneState(() => signal<Filter>(ALL));
