import type { Curve } from '../protocol/imageService.js';

/** A whole number from 0 to 2^53 − 1. */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

export const isCurve = (value: unknown): value is Curve => value === 'hilbert' || value === 'rows';
