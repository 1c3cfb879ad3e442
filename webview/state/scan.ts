import type { ScanSummary } from '../../src/core/inspect/inspection.js';

/** How far the image has been read. */
export type Scan =
  | { readonly state: 'scanning'; readonly phase: string; readonly done: number }
  | { readonly state: 'scanned'; readonly summary: ScanSummary }
  | { readonly state: 'cancelled' };
