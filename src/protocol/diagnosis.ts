import type { Diagnosis } from '../core/check/causes/cause.js';

export type {
  Cause,
  CauseId,
  CauseSeverity,
  ClaimEnd,
  ClaimPicture,
  Danger,
  Diagnosis,
  GuestRange,
  HostRange,
  Step,
} from '../core/check/causes/cause.js';

/** Nothing is asked but the diagnosis itself. */
export type DiagnosisQuery = Readonly<Record<string, never>>;

/** What is wrong with the image, in words. To be asked again while it is computing. */
export type DiagnosisAnswer =
  /** Part of the whole done, 0 … 1; the scan comes first. */
  | { readonly state: 'computing'; readonly done: number }
  | { readonly state: 'diagnosed'; readonly diagnosis: Diagnosis }
  /** The scan was stopped, or has failed. */
  | { readonly state: 'failed'; readonly message: string };
