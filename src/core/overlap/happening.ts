/** What one looks for in the opening, one after the other. */
export const OVERLAP_HAPPENINGS = ['evictions', 'conversions', 'events'] as const;
export type OverlapHappening = (typeof OVERLAP_HAPPENINGS)[number];
