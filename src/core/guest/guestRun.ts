import type { SubclusterKind } from '../qcow2/subclusters.js';

/** Kinds that have a place in the file, or in the external data file. */
export type LocatedKind = Extract<
  SubclusterKind,
  'normal' | 'zero-allocated' | 'unallocated-allocated'
>;

interface Stretch {
  /** Guest offset in bytes. */
  readonly start: number;
  /** Bytes. */
  readonly length: number;
}

/** A stretch of the guest disk that is all alike. Offsets and lengths are exact: see guestMap. */
export type GuestRun =
  | (Stretch & {
      readonly kind: LocatedKind;
      /** Where it begins in the file that holds the data; it lies there in one piece. */
      readonly hostOffset: number;
    })
  | (Stretch & { readonly kind: Exclude<SubclusterKind, LocatedKind> })
  | (Stretch & {
      /** The metadata of it is damaged, so that QEMU can neither read nor write there. */
      readonly kind: 'damaged';
      /** QEMU's words for what is wrong. */
      readonly message: string;
    });

/** The part of a run between two guest offsets that it reaches. */
export function clipped(run: GuestRun, from: number, to: number): GuestRun {
  const start = Math.max(run.start, from);
  const length = Math.min(run.start + run.length, to) - start;
  if (start === run.start && length === run.length) return run;
  return 'hostOffset' in run
    ? { ...run, start, length, hostOffset: run.hostOffset + start - run.start }
    : { ...run, start, length };
}
