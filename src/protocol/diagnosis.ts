import type { Diagnosis } from '../core/check/causes/cause.js';

/** What is wrong with the image, in words. To be asked again while it is computing. */
export type DiagnosisAnswer =
  /** Part of the whole done, 0 … 1; the scan comes first. */
  | { readonly state: 'computing'; readonly done: number }
  | { readonly state: 'diagnosed'; readonly diagnosis: Diagnosis }
  /** The scan was stopped, or has failed. */
  | { readonly state: 'failed'; readonly message: string };
