import { WINDOW_SIZE } from '../overlap/typeRuns.js';

/** A window on the Hilbert curve is a square of 2^6 × 2^6 cells. */
export const SQUARE_BITS = 6;

/** The first cluster of an overlap window. */
export const firstOf = (window: number): number => window * WINDOW_SIZE;

/** The window of a cluster. */
export const windowOf = (cluster: number): number => Math.floor(cluster / WINDOW_SIZE);
