/** What becomes of a write, from good to bad: the worst of many is the greatest. */
export const FATES = [
  'unknown',
  'safe',
  /** QEMU refuses it for a reason that is no corruption. */
  'failed',
  /** QEMU finds a corruption and stops. */
  'stopped',
  'unpredictable',
  /** Other data of the guest is overwritten. */
  'overwrites',
  /** A structure of the image is overwritten, or punched out of the file. */
  'destroys',
  /** QEMU itself ends with SIGABRT. */
  'aborts',
] as const;

export type Fate = (typeof FATES)[number];

/** The number of a fate in a plane. */
export const fateNumber = (fate: Fate): number => FATES.indexOf(fate);
